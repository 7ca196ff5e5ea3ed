"""A batch of the balance table's stream: from records to events, and from failures to records."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
    StreamRecord,
)

from accrue.domain.errors import UnreadableRowError
from accrue.domain.follow_up_events import FollowUpEvent, events_of_outcome, follow_up_events
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome

logger = Logger()
# While functions are replaced one by one, an old one may meet what a new one has written.
LONGEST_DEPLOYMENT = timedelta(minutes=15)


class Notes(Protocol):
    """Where a record is noted that nobody can read, so that it is found again."""

    def note(self, keys: Mapping[str, Any], sequence_number: str) -> None: ...


class BalanceBatch:
    """The records of one invocation; an event that came twice stands for both its records."""

    def __init__(self, notes: Notes, now: datetime) -> None:
        self.size = 0
        self._notes = notes
        self._now = now
        self.failed: dict[str, None] = {}
        self._records: dict[str, list[str]] = {}
        self._events: dict[str, FollowUpEvent] = {}

    @property
    def events(self) -> list[FollowUpEvent]:
        """What the records led to, in their order."""
        return list(self._events.values())

    def add(self, record: DynamoDBRecord) -> None:
        """Take a record in. What is no new posting or outcome needs nothing done.

        What can't be read is noted and passed over, once a deployment would be over: no retry
        makes it better, and each would publish what is behind it in its shard again.
        """
        self.size += 1
        change = record.dynamodb
        sequence_number = change.sequence_number if change else None
        if change is None or sequence_number is None:
            raise UnreadableRowError("a stream record without a sequence number")
        if record.event_name is not DynamoDBRecordEventName.INSERT:
            return
        try:
            events = _events_of(change)
        except Exception as error:  # noqa: BLE001 - it must not keep others from being published
            if _age(change, self._now) < LONGEST_DEPLOYMENT:
                self._fail([sequence_number], error, _ids(change))
            else:
                self._pass_over(change, sequence_number, error)
            return
        for event in events:
            self._events[event.event_id] = event
            self._records.setdefault(event.event_id, []).append(sequence_number)

    def fail(self, event: FollowUpEvent, error: Exception) -> None:
        """Have the event's records delivered again; logged with its ids."""
        ids = {"event_id": event.event_id, "activity_id": event.activity_id}
        self._fail(self._records[event.event_id], error, {**ids, "network_id": event.network_id})

    def _pass_over(self, change: StreamRecord, sequence_number: str, error: Exception) -> None:
        try:
            self._notes.note(change.get("Keys") or {}, sequence_number)
        except Exception as outage:  # noqa: BLE001 - it must not keep others from being published
            self._fail([sequence_number], outage, _ids(change))
            return
        extra = {**_ids(change), "sequence_numbers": [sequence_number]}
        logger.error("record can't be read; noted as unpublished", exc_info=error, extra=extra)

    def _fail(
        self, sequence_numbers: list[str], error: Exception, ids: Mapping[str, object]
    ) -> None:
        # The other events of a record, and its other failures, say nothing new.
        if not set(sequence_numbers) <= self.failed.keys():
            extra = {**ids, "sequence_numbers": sequence_numbers}
            logger.error("event not published", exc_info=error, extra=extra)
        self.failed.update(dict.fromkeys(sequence_numbers))

    def response(self) -> PartialItemFailureResponse:
        """What the event source mapping understands: everything from the earliest of these comes
        again.
        """
        return {"batchItemFailures": [{"itemIdentifier": number} for number in self.failed]}


def read_stream(event: dict[str, Any], notes: Notes, now: datetime) -> BalanceBatch:
    """The batch in a Lambda event."""
    batch = BalanceBatch(notes, now)
    for record in DynamoDBStreamEvent(event).records:
        batch.add(record)
    return batch


def _events_of(change: StreamRecord) -> tuple[FollowUpEvent, ...]:
    item_key = str((change.keys or {}).get("item_key", ""))
    if item_key.startswith("POSTING#"):
        return follow_up_events(Posting.from_attributes(change.new_image or {}))
    if item_key == "OUTCOME":
        return events_of_outcome(SettledOutcome.from_attributes(change.new_image or {}))
    return ()


def _age(change: StreamRecord, now: datetime) -> timedelta:
    """How long ago the item was written; very long ago, if the record does not say."""
    written = change.get("ApproximateCreationDateTime")
    return timedelta.max if written is None else now - datetime.fromtimestamp(written, UTC)


def _ids(change: StreamRecord) -> dict[str, object]:
    """Which item it is, though it can't be read. Its keys are made of ids."""
    keys = change.get("Keys") or {}
    return {name: value.get("S") for name, value in keys.items()}
