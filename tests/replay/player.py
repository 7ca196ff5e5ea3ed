"""Plays recorded events through the real handlers, always with the same outcome.

An event is played at the time that it carries, or an hour after the one before it if it carries
none. Ids and secrets are made from the event's name, so that an event leaves the same rows behind
whatever was played before it.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched, count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import time_machine

from tests.integration.seal_bucket import (
    NO_SEALS,
    restore_seals,
    sealed_since,
    snapshot_of_seals,
)
from tests.integration.world import World
from tests.replay.shelf import Expectation, read_event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

FIRST_PLAYED_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_NAMESPACE = uuid.UUID(int=0)
_KEYS = {
    "ledger": ("activity_key",),
    "balance": ("membership_key", "item_key"),
    "catalog": ("catalog_key", "item_key"),
    "events": ("event_key", "item_key"),
    "jobs": ("job_key", "item_key"),
}
# DynamoDB's limit.
MAX_BATCH_WRITES = 25


type Items = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Played:
    """What is there once some events were played: the time, the items by table and key, and the
    seals.
    """

    now: datetime
    items: Items
    seals: Any = NO_SEALS


class Memory:
    """What was there after events that were played before: most cases begin alike."""

    def __init__(self) -> None:
        nothing = Played(FIRST_PLAYED_AT, {table: {} for table in _KEYS})
        self._played: dict[tuple[str, ...], Played] = {(): nothing}

    def longest_beginning(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """As many of the first events as have been played in this order."""
        return next(
            names[:length] for length in range(len(names), -1, -1) if names[:length] in self._played
        )

    def __getitem__(self, names: tuple[str, ...]) -> Played:
        return self._played[names]

    def __setitem__(self, names: tuple[str, ...], played: Played) -> None:
        self._played[names] = played


@dataclass
class Player:
    """Plays events into a world, whatever was played into it before."""

    world: World
    memory: Memory = field(default_factory=Memory)
    _now: datetime = field(default=FIRST_PLAYED_AT)
    # None while nobody has looked.
    _present: Items | None = None

    def perform(self, name: str, after: tuple[str, ...]) -> Expectation:
        """Play the events in `after`, then the named one: what it answers and writes."""
        known = self.memory.longest_beginning(after)
        self._return_to(self.memory[known])
        for index in range(len(known), len(after)):
            self.play(after[index])
            played = Played(self._now, self._look(), snapshot_of_seals())
            self.memory[after[: index + 1]] = played
        response = self.play(name)
        before = self.memory[after]
        writes = _writes(before.items, self._look())
        if sealed := sealed_since(before.seals):
            writes["seals"] = sealed
        return Expectation(after, response, writes)

    def play(self, name: str) -> Any:
        """Invoke the event's function; the body of an HTTP answer comes parsed."""
        event = read_event(name)
        self._now = _time_of(event) or self._now + timedelta(hours=1)
        self._present = None
        # As after a pause: no case is about what a function remembers.
        self.world.restart()
        request_id = str(uuid.uuid5(_NAMESPACE, name))
        with time_machine.travel(self._now, tick=False), _ids_made_from(name):
            response = self.world.invoke(name.partition("/")[0], event, request_id)
        # As Lambda does it: what is not JSON does not leave the function.
        response = json.loads(json.dumps(response))
        if response is not None and "statusCode" in response:
            response["body"] = json.loads(response["body"])
        return response

    def _return_to(self, played: Played) -> None:
        restore_seals(played.seals)
        present = self._present or self._look()
        for table, wanted in played.items.items():
            requests: list[WriteRequestTypeDef] = [
                {"DeleteRequest": {"Key": {n: item[n] for n in _KEYS[table]}}}
                for key, item in present[table].items()
                if key not in wanted
            ]
            requests += [
                {"PutRequest": {"Item": item}}
                for key, item in wanted.items()
                if present[table].get(key) != item
            ]
            for some in batched(requests, MAX_BATCH_WRITES, strict=False):
                self.world.client.batch_write_item(RequestItems={table: some})
        self._now, self._present = played.now, played.items

    def _look(self) -> Items:
        self._present = {
            table: {_key(names, item): item for item in self.world.items(table)}
            for table, names in _KEYS.items()
        }
        return self._present


def body_of(event: dict[str, Any]) -> str | None:
    """The body of a request as it was sent."""
    body: str | None = event["body"]
    return base64.b64decode(body).decode() if body and event["isBase64Encoded"] else body


@contextmanager
def _ids_made_from(name: str) -> Iterator[None]:
    uniques = (uuid.uuid5(_NAMESPACE, f"{name} {number}").hex for number in count(1))
    secrets = (made_up_secret(number) for number in count(1))
    with (
        patch("accrue.runtime.http.new_unique", lambda: next(uniques)),
        patch("secrets.token_bytes", lambda _: next(secrets)),
    ):
        yield


def made_up_secret(number: int) -> bytes:
    """32 bytes whose base64 says that they are no secret.

    A network's own comes first when it is imported, its keys' follow.
    """
    return base64.urlsafe_b64decode(f"made-up-secret-of-recorded-events-number{number:02d}A=")


def _time_of(event: dict[str, Any]) -> datetime | None:
    match event:
        case {"requestContext": {"requestTimeEpoch": int(milliseconds)}}:
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
        case {"Records": [{"eventSource": "aws:sqs", "attributes": attributes}, *_]}:
            return datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
        case {"Records": [*records]}:
            seconds = max(record["dynamodb"]["ApproximateCreationDateTime"] for record in records)
            return datetime.fromtimestamp(seconds, UTC)
        case {"detail-type": "Scheduled Event", "time": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return None


def _key(names: tuple[str, ...], item: dict[str, Any]) -> str:
    return " ".join(item[name]["S"] for name in names)


def _writes(before: Items, after: Items) -> dict[str, Any]:
    """What was put, as whole items in DynamoDB's form, and the keys of what was deleted."""
    writes: dict[str, Any] = {}
    for table in _KEYS:
        put = [item for key, item in after[table].items() if before[table].get(key) != item]
        deleted = [key for key in before[table] if key not in after[table]]
        if put:
            writes[table] = put
        if deleted:
            writes[f"deleted from {table}"] = deleted
    return writes
