"""Inputs that once did to a parser what none may, by its name: they are tried ever after."""

from typing import Any

from accrue.domain.canonical import content_hash
from tests.unit.fuzzing.stored_parsers import BALANCES, POSTINGS, ROWS


def _said(item: dict[str, Any], **changes: object) -> dict[str, Any]:
    """The item with changes, as if it had been written so."""
    places = {"content_hash", "activity_key", "reference_key", "time_shard", "membership_key"}
    said = {n: v for n, v in item.items() if n not in places | {"item_key"}} | changes
    return {**item, **changes, "content_hash": content_hash(said)}


KEPT: dict[str, tuple[Any, ...]] = {
    # A field of that name was taken for what pydantic says after a wrong key: IndexError, a 500.
    "suspension": ('{"[key]": "chargeback"}',),
    "network": ('{"name": "n", "[key]": 1}',),
    "program": ('{"program": {}, "[key]": 1}', '{"program": {"[key]": {"[key]": 1}}}'),
    # AttributeError, which is no UnreadableRowError: a whole audit, or batch, failed by one item.
    "posting": (
        _said(POSTINGS[0], quests=[["visit"]]),
        _said(POSTINGS[0], considered=[{"rule": 1}]),
    ),
    "balance": (
        {**BALANCES[0], "quests": "visit"},
        {**BALANCES[0], "quests": {"visit": 5}},
    ),
    # TypeError, beside the row that it was raised for: the whole batch came again.
    "stream of the ledger": (_said(ROWS[0], network_id={"S": "demo"}),),
    # RecursionError.
    "seal": ("[" * 100_000,),
    # OverflowError and RecursionError.
    "order for a step": ('{"network_id": "demo", "job_id": "j", "step": Infinity}', "[" * 100_000),
    "order for an attempt": (
        '{"network_id": "demo", "webhook_id": "w", "event_id": "e", "attempt": -Infinity}',
        '{"a":' * 100_000,
    ),
}
