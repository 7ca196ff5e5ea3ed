"""The stack's EventBridge bus."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import boto3

from accrue.domain.follow_up_events import FailedEvent, FollowUpEvent
from accrue.storage.client_config import client_config

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "accrue"
# EventBridge's limits for a call. Its measure of an entry: 14 bytes for the time, and the bytes of
# source, detail-type and detail.
MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024 - 1
TIME_BYTES = 14
# Entries that EventBridge throttles are put again after these. Whole calls the SDK makes again.
WAITS_SECONDS = (0.1, 0.4)

type Entry = PutEventsRequestEntryTypeDef


class EntryRefusedError(Exception):
    """EventBridge took the call and not the entry."""


def event_bridge_client() -> "EventBridgeClient":
    """A client of EventBridge."""
    return boto3.client("events", config=client_config())


class EventBridgeBus:
    """A bus, seen through one client."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def put(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        """Put the events on the bus; gives those that it did not take."""
        failures: list[FailedEvent] = []
        entries = [self._entry(event) for event in events]
        first = 0
        for chunk in _chunks(entries):
            try:
                refused = self._put_chunk(chunk)
                failures.extend(FailedEvent(events[first + n], e) for n, e in refused.items())
            except Exception as error:  # noqa: BLE001 - reported by the caller
                # An outage: each further call would take its time to fail.
                return failures + [FailedEvent(event, error) for event in events[first:]]
            first += len(chunk)
        return failures

    def _put_chunk(self, entries: Sequence["Entry"]) -> dict[int, EntryRefusedError]:
        """Those that were refused to the last, by their position."""
        refused = self._put_once(dict(enumerate(entries)))
        for wait in WAITS_SECONDS:
            if not refused:
                break
            time.sleep(wait)
            refused = self._put_once({number: entries[number] for number in refused})
        return refused

    def _put_once(self, entries: Mapping[int, "Entry"]) -> dict[int, EntryRefusedError]:
        answer = self._client.put_events(Entries=list(entries.values()))
        return {
            number: EntryRefusedError(result["ErrorCode"])
            for number, result in zip(entries, answer["Entries"], strict=True)
            if "ErrorCode" in result
        }

    def _entry(self, event: FollowUpEvent) -> "Entry":
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": event.to_json(),
            "Time": event.occurred_at,
        }


def _chunks(entries: Sequence["Entry"]) -> Iterator[Sequence["Entry"]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        entry_size = size_of(entry)
        if chunk and (len(chunk) == MAX_ENTRIES or size + entry_size > MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry_size
    if chunk:
        yield chunk


def size_of(entry: "Entry") -> int:
    """The bytes that EventBridge counts."""
    texts = (entry["Source"], entry["DetailType"], entry["Detail"])
    return TIME_BYTES + sum(len(text.encode()) for text in texts)
