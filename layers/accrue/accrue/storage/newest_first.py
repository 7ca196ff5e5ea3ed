"""Indexes whose range key is `recorded_at`, read newest first in stretches.

An index does not say in which order it holds things that share `recorded_at`. So a stretch ends
above the last time that was met unless all of that time was read, and ids decide in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from accrue.domain.ledger_pages import (
    MOST_ROWS_A_PAGE,
    TIME_CHARS,
    Allowance,
    Span,
    Stretch,
    position_of,
    time_in,
)
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.dynamo import to_attributes
from accrue.storage.time_shards import TIME_SHARDS, time_shards_between

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

# Of one partition in one query, so that a page that finds what it wants reads few in vain.
FEWEST_ROWS = 8
MOST_ROWS = 125
# Shards are not filled evenly.
SPREAD = 2
_MICROSECOND = timedelta(microseconds=1)

type Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """Things of one partition, the newest first: all that it has down to the position."""

    things: Sequence[Attributes]
    down_to: str


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """An index on a table; `partition` is its hash key's name. Things in it have an `activity_id`.

    `wanted` is how many things the page shall have: so many are read at first, and where others are
    sifted out, more and more.
    """

    client: "DynamoDBClient"
    table_name: str
    index: str
    partition: str
    wanted: int

    def of_network(
        self, network_id: str, span: Span, allowance: Allowance
    ) -> Iterator[Stretch[Attributes]]:
        """What is in the span, from an index that is sharded by time; as far as is allowed."""
        while not span.is_empty and not allowance.is_used_up:
            day = from_text(_newest_in(span))
            (shards,) = time_shards_between(network_id, day, day)
            of_the_day = Span(max(span.since, _start_of(day)), span.before)
            allowance.days -= 1
            for stretch in self._of_partitions(shards, of_the_day, allowance):
                yield stretch
                span = Span(span.since, stretch.down_to)

    def of_partition(
        self, partition: str, span: Span, allowance: Allowance
    ) -> Iterator[Stretch[Attributes]]:
        """What is in the span of one partition; as far as is allowed."""
        return self._of_partitions([partition], span, allowance)

    def _of_partitions(
        self, partitions: Sequence[str], span: Span, allowance: Allowance
    ) -> Iterator[Stretch[Attributes]]:
        while not span.is_empty:
            limit = self._limit(len(partitions), allowance)
            parts = [self._read(each, span, limit, allowance) for each in partitions]
            # Below where the part ends that was read least far, it may hold what comes next.
            down_to = max(part.down_to for part in parts)
            span, read = Span(span.since, down_to), Span(down_to, span.before)
            things = [each for part in parts for each in part.things if read.contains(_place(each))]
            yield Stretch(tuple(sorted(things, key=_place, reverse=True)), down_to)
            if allowance.rows <= 0:
                return

    def _limit(self, partitions: int, allowance: Allowance) -> int:
        looked_at = MOST_ROWS_A_PAGE - allowance.rows
        rows = min(allowance.rows, max(SPREAD * self.wanted, looked_at))
        return min(max(rows // partitions, FEWEST_ROWS), MOST_ROWS)

    def _read(self, partition: str, span: Span, limit: int, allowance: Allowance) -> _Part:
        query = self._query(partition, span, limit)
        things: list[Attributes] = []
        while True:
            answer = self.client.query(**query)
            allowance.rows -= answer["Count"]
            things += map(to_attributes, answer["Items"])
            last = answer.get("LastEvaluatedKey")
            if last is None:
                return _Part(things, span.since)
            # All that was read may be of one time: then nothing of it is known to be in order.
            if things and things[0]["recorded_at"] != things[-1]["recorded_at"]:
                return _Part(things, _above(things[-1]["recorded_at"]))
            query["ExclusiveStartKey"] = last

    def _query(self, partition: str, span: Span, limit: int) -> "QueryInputTypeDef":
        return {
            "TableName": self.table_name,
            "IndexName": self.index,
            "KeyConditionExpression": "#partition = :partition"
            " AND recorded_at BETWEEN :since AND :last",
            "ExpressionAttributeNames": {"#partition": self.partition},
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":since": {"S": span.since},
                ":last": {"S": _newest_in(span)},
            },
            "ScanIndexForward": False,
            "Limit": limit,
        }


def _place(thing: Attributes) -> str:
    return position_of(thing["recorded_at"], thing["activity_id"])


def _above(recorded_at: str) -> str:
    """The position above whatever was recorded then."""
    return to_text(from_text(recorded_at) + _MICROSECOND)


def _newest_in(span: Span) -> str:
    """The last time that something in the span can have."""
    time = time_in(span.before)
    is_below_a_time = span.before == time and len(time) == TIME_CHARS
    return to_text(from_text(time) - _MICROSECOND) if is_below_a_time else time


def _start_of(day: datetime) -> str:
    return to_text(datetime.combine(day.date(), time.min, UTC))


assert FEWEST_ROWS * TIME_SHARDS <= MOST_ROWS, "a page with little left reads little more"
