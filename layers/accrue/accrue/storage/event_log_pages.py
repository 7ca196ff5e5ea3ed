"""Pages of a network's log of events (`storage.event_log`), put together from its shards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from typing import TYPE_CHECKING, Any

from accrue.domain.event_log import EventPage
from accrue.domain.event_types import EventType
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.event_log import log_of
from accrue.storage.time_shards import time_shards_between

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

# What one page may cost: this many days, in each of their shards.
MAX_DAYS_A_PAGE = 7
# And of each shard this many events, where most may be of other types.
MOST_SIFTED = 500
# Sorts behind a position and before whatever follows it.
BEHIND = "!"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """At most so many events of a day, between two positions."""

    after: str
    end: str
    limit: int
    event_type: EventType | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Documents by item key, in order, all that there are up to `complete_to`."""

    items: Sequence[tuple[str, str]]
    complete_to: str
    is_cut: bool


class EventLogPages:
    """The logs of all networks, seen through one client."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(
        self,
        network_id: str,
        after: str,
        until: datetime,
        limit: int,
        event_type: EventType | None = None,
    ) -> EventPage:
        """The events behind the position that were published before `until`, read consistently."""
        documents: list[str] = []
        position, end = after, to_text(until)
        for day_end in _day_ends(after, end):
            wanted = _Wanted(position, day_end, limit - len(documents), event_type)
            stretch = self._read_day(network_id, wanted)
            documents.extend(document for _, document in stretch.items)
            position = stretch.complete_to
            if stretch.is_cut or len(documents) == limit:
                break
        return EventPage(tuple(documents), position, has_more=position < end)

    def _read_day(self, network_id: str, wanted: _Wanted) -> _Stretch:
        day = from_text(wanted.after[: len(wanted.end)])
        shards = [
            self._read_shard(shard, wanted)
            for shards_of_day in time_shards_between(log_of(network_id), day, day)
            for shard in shards_of_day
        ]
        # Behind where the shard ends that was read least far, it may hold what comes next.
        complete_to = min(shard.complete_to for shard in shards)
        in_order = merge(*(shard.items for shard in shards))
        known = [item for item in in_order if item[0] <= complete_to]
        if len(known) > wanted.limit:
            last_shown, _ = known[wanted.limit - 1]
            return _Stretch(known[: wanted.limit], last_shown, is_cut=True)
        return _Stretch(known, complete_to, is_cut=any(shard.is_cut for shard in shards))

    def _read_shard(self, shard: str, wanted: _Wanted) -> _Stretch:
        answer = self._client.query(**self._query(shard, wanted))
        items = [(item["item_key"]["S"], item["document"]["S"]) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        complete_to = last["item_key"]["S"] if last else wanted.end
        return _Stretch(items, complete_to, is_cut=last is not None)

    def _query(self, shard: str, wanted: _Wanted) -> "QueryInputTypeDef":
        values: dict[str, Any] = {
            ":shard": {"S": shard},
            ":first": {"S": wanted.after + BEHIND},
            ":end": {"S": wanted.end},
        }
        query: QueryInputTypeDef = {
            "TableName": self._table_name,
            "ConsistentRead": True,
            "KeyConditionExpression": "event_key = :shard AND item_key BETWEEN :first AND :end",
            "ExpressionAttributeValues": values,
            # One more than are shown tells whether there are more.
            "Limit": wanted.limit + 1,
        }
        if wanted.event_type is not None:
            values[":type"] = {"S": wanted.event_type.value}
            query["Limit"] = MOST_SIFTED
            query["FilterExpression"] = "#type = :type"
            query["ExpressionAttributeNames"] = {"#type": "type"}
        return query


def _day_ends(after: str, end: str) -> Iterator[str]:
    """Where each day ends that a page may look into, from the position on; at most `end`."""
    day = date.fromisoformat(after[:10])
    for _ in range(MAX_DAYS_A_PAGE):
        if after >= end:
            return
        day += timedelta(days=1)
        after = min(to_text(datetime.combine(day, time.min, UTC)), end)
        yield after
