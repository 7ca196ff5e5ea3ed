"""Parsers of what our own tables, streams and queues bring back: whatever is in them by now."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from accrue.domain.balance import Balance
from accrue.domain.errors import UnreadableRowError, UnreadableSealError
from accrue.domain.ledger_row import ledger_row_from_attributes
from accrue.domain.posting import Posting
from accrue.domain.seal import Seal
from accrue.domain.settled_outcome import SettledOutcome
from accrue.runtime import balance_stream, ledger_stream
from accrue.runtime.delivery_queue import order_from_text
from accrue.runtime.job_queue import job_order_from_text
from tests.unit.fuzzing.inputs import attributes, json_texts
from tests.unit.fuzzing.json_text import written
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.recorded import images_of, messages_of
from tests.unit.postings import EVERYTHING
from tests.unit.purse_postings import AWARDED, HELD, REDEEMED
from tests.unit.seals import FIRST, FULL

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
ROWS = images_of("apply_rules")
ITEMS = images_of("publish_events")
POSTINGS = [
    *(item for item in ITEMS if item["item_key"].startswith("POSTING#")),
    *(posting.to_attributes() for posting in (EVERYTHING, AWARDED, REDEEMED, HELD)),
]
OUTCOMES = [item for item in ITEMS if item["item_key"] == "OUTCOME"]
BALANCES = [item for item in ITEMS if item["item_key"] == "BALANCE"]
# Its points are in lots, and some of them in a hold.
PURSE = {
    **BALANCES[0],
    "points": Decimal(50),
    "lots": {"never": Decimal(20), "2026-03-15>2026-12-31": Decimal(20)},
    "holds": {
        "ik_1": {"expires_at": "2026-03-08T12:00:00.000000Z", "parts": {"never": Decimal(10)}}
    },
}
SEALS = [json.loads(seal.to_text()) for seal in (FULL, FIRST)]

type Attributes = Mapping[str, Any]


def _item(name: str, samples: Sequence[Any], read: Callable[[Attributes], Any]) -> Parser:
    """A parser of items. A hash over another content is found in any of them that has one."""
    return Parser(
        name=name,
        make=attributes(samples),
        parse=read,
        refusals=(UnreadableRowError,),
        most_work=4000,
        most_work_per_byte=40,
        share=12,
    )


def _stream_event(item: Attributes, keys: Sequence[str]) -> dict[str, Any]:
    image = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    change = {
        "ApproximateCreationDateTime": NOW.timestamp(),
        "Keys": {name: image[name] for name in keys if name in image},
        "NewImage": image,
        "SequenceNumber": "1",
        "StreamViewType": "NEW_IMAGE",
    }
    return {"Records": [{"eventName": "INSERT", "dynamodb": change}]}


class _Notes:
    """Notes nothing: what is unreadable so early is tried again."""

    def note(self, keys: Mapping[str, Any], sequence_number: str) -> None:
        raise AssertionError(f"{keys} {sequence_number}: a deployment may be under way")


def _ledger_batch(item: Attributes) -> list[str]:
    batch = ledger_stream.read_stream(_stream_event(item, ["activity_key"]))
    assert batch.size == 1
    return [*batch.failed]


def _balance_batch(item: Attributes) -> list[str]:
    event = _stream_event(item, ["membership_key", "item_key"])
    batch = balance_stream.read_stream(event, _Notes(), NOW)
    assert batch.size == 1
    return [*batch.failed]


def _seal_texts(rng: Random) -> str:
    """Seals that say something else, many with the right hash over it."""
    if rng.random() < 0.2:
        return json_texts(SEALS)(rng)
    return written(attributes(SEALS)(rng))


def _order(name: str, operation: str, read: Callable[[str], object]) -> Parser:
    return Parser(
        name=name,
        make=json_texts(messages_of(operation)),
        parse=read,
        refusals=(ValueError,),
        most_work=300,
        most_work_per_byte=20,
        share=8,
    )


STORED_PARSERS = (
    _item("ledger row", ROWS, ledger_row_from_attributes),
    _item("posting", POSTINGS, Posting.from_attributes),
    _item("outcome", OUTCOMES, SettledOutcome.from_attributes),
    _item("balance", [*BALANCES, PURSE], Balance.from_attributes),
    _item("stream of the ledger", ROWS, _ledger_batch),
    _item("stream of balances", ITEMS, _balance_batch),
    Parser(
        name="seal",
        make=_seal_texts,
        parse=Seal.from_text,
        refusals=(UnreadableSealError,),
        most_work=2000,
        most_work_per_byte=20,
        is_stable=lambda seal: Seal.from_text(seal.to_text()) == seal,
        share=12,
    ),
    _order("order for a step", "run_job", job_order_from_text),
    _order("order for an attempt", "deliver_webhook", order_from_text),
)
