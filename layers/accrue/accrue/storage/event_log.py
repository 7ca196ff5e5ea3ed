"""EventTable: what is published (read by `storage.event_log_pages`).

| partition `event_key`         | sort `item_key`                      | what                   |
|-------------------------------|--------------------------------------|------------------------|
| `<network>#LOG#<day>#<shard>` | `<published_at>#<number>#<event_id>` | an event as it is sent |

A network's log is sharded by time, see `storage.time_shards`, and put together by its sort key. An
event that was published more than once is in it as often.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from accrue.domain.event_log import KEPT_FOR, VISIBLE_WITHIN
from accrue.domain.follow_up_events import FailedEvent, FollowUpEvent
from accrue.domain.timestamps import to_text
from accrue.storage.dynamo import conflict_waits
from accrue.storage.time_shards import time_shard_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

# DynamoDB's limit.
MAX_WRITES_AT_ONCE = 25
# How often a write that took too long, or was not done in full, is begun anew.
MAX_STAMPS = 3


class LogBusyError(Exception):
    """DynamoDB went on leaving events unwritten, or answered too late each time."""


class EventLogTable:
    """The logs of all networks, seen through one client."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def append(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        """Append the events in their order; gives those that are not certainly there.

        Once one could not be appended, none behind it is: they would come before it for ever.
        """
        numbered = list(enumerate(events))
        for chunk in batched(numbered, MAX_WRITES_AT_ONCE, strict=False):
            try:
                self._append_chunk(chunk)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                first, _ = chunk[0]
                return [FailedEvent(event, error) for event in events[first:]]
        return []

    def _append_chunk(self, chunk: Sequence[tuple[int, FollowUpEvent]]) -> None:
        for _ in range(MAX_STAMPS):
            published_at = self._now()
            if self._write(chunk, published_at):
                return
        raise LogBusyError(f"{len(chunk)} events, {MAX_STAMPS} times")

    def _write(self, chunk: Sequence[tuple[int, FollowUpEvent]], published_at: datetime) -> bool:
        """Write them under this time; whether all were there before a reader could pass it."""
        left: Sequence[Any] = [_put_request(event, number, published_at) for number, event in chunk]
        for wait in conflict_waits():
            answer = self._client.batch_write_item(RequestItems={self._table_name: left})
            if self._now() - published_at > VISIBLE_WITHIN:
                return False
            if not answer["UnprocessedItems"]:
                return True
            left = answer["UnprocessedItems"][self._table_name]
            time.sleep(wait)
        return False


def _put_request(
    event: FollowUpEvent, number: int, published_at: datetime
) -> "WriteRequestTypeDef":
    stamp = to_text(published_at)
    expires_at = int((published_at + KEPT_FOR).timestamp())
    item: Mapping[str, Any] = {
        "event_key": {"S": time_shard_of(log_of(event.network_id), event.event_id, published_at)},
        "item_key": {"S": f"{stamp}#{number:06d}#{event.event_id}"},
        "type": {"S": event.type},
        "document": {"S": event.to_json()},
        "expires_at": {"N": str(expires_at)},
    }
    return {"PutRequest": {"Item": item}}


def log_of(network_id: str) -> str:
    """What the partitions of a network's log begin with."""
    return f"{network_id}#LOG"
