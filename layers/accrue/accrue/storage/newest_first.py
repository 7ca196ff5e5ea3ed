"""Indexes by time, read newest first in stretches, all partitions of a time together.

Things of one moment are in the order of their partitions, and in a partition in that of the index:
DynamoDB does not say which that is, but a query that starts behind a thing's key goes on with what
comes next. So a position, which names a thing, needs no more than that thing to go on from, however
many share its moment.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from accrue.domain.ledger_pages import (
    MOST_ROWS_A_PAGE,
    TIME_CHARS,
    Allowance,
    Span,
    Stretch,
    id_in,
    position_of,
    time_in,
)
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.dynamo import to_attributes
from accrue.storage.time_shards import TIME_SHARDS, shard_of, time_shards_between

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

# Of one partition in one query, so that a page that finds what it wants reads few in vain.
FEWEST_ROWS = 8
MOST_ROWS = 125
# Shards are not filled evenly.
SPREAD = 2
_MICROSECOND = timedelta(microseconds=1)
# Sorts behind whatever follows a time in a position.
_BEHIND_IDS = "~"

type Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """An index whose range key is `recorded_at`, or a position that is made of it.

    Where it is `recorded_at`, each partition must be the one of the things' `shard_of`, and
    `key_of` gives the table's key of the thing with an id.
    """

    name: str
    partition: str
    range: str = "recorded_at"
    key_of: Callable[[str, str], Mapping[str, Any]] | None = None

    def place_of(self, thing: Attributes) -> str:
        """The position below it."""
        if self.key_of is None:
            place: str = thing[self.range]
            return place
        return position_of(thing["recorded_at"], thing["activity_id"])


@dataclass
class _Partition:
    """What was read of a partition and not passed on yet, and the query for more."""

    query: "QueryInputTypeDef"
    things: deque[Attributes] = field(default_factory=deque)
    is_read: bool = False

    @property
    def is_dry(self) -> bool:
        """Whether it may have what comes next."""
        return not self.things and not self.is_read


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """Reads an index on a table. `wanted` is how many things the page shall have: so many are read
    at first, and where others are sifted out, more and more.
    """

    client: "DynamoDBClient"
    table_name: str
    index: Index
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
            for stretch in self.of_partitions(network_id, shards, of_the_day, allowance):
                yield stretch
                span = Span(span.since, stretch.down_to)

    def of_partitions(
        self, network_id: str, partitions: Sequence[str], span: Span, allowance: Allowance
    ) -> Iterator[Stretch[Attributes]]:
        """What is in the span in these partitions, in their order; as far as is allowed."""
        if span.is_empty:
            yield Stretch((), span.since)
            return
        queries = [self._query(network_id, n, each, span) for n, each in enumerate(partitions)]
        parts = [_Partition(query) for query in queries if query is not None]
        while True:
            self._read_on(parts, self._limit(len(partitions), allowance), allowance)
            things = tuple(self._in_order(parts))
            is_over = not any(part.is_dry for part in parts)
            down_to = span.since if is_over else self.index.place_of(things[-1])
            yield Stretch(things, down_to)
            if is_over or allowance.is_used_up_by_rows:
                return

    def _limit(self, partitions: int, allowance: Allowance) -> int:
        looked_at = MOST_ROWS_A_PAGE - allowance.rows
        rows = min(allowance.rows, max(SPREAD * self.wanted, looked_at))
        return min(max(rows // partitions, FEWEST_ROWS), MOST_ROWS)

    def _read_on(self, parts: Sequence[_Partition], limit: int, allowance: Allowance) -> None:
        """So that none is dry; what would be dry soon is read on with those that are."""
        for part in parts:
            while not part.is_read and len(part.things) < FEWEST_ROWS:
                part.query["Limit"] = limit
                answer = self.client.query(**part.query)
                allowance.rows -= answer["Count"]
                part.things.extend(map(to_attributes, answer["Items"]))
                part.is_read = "LastEvaluatedKey" not in answer
                part.query["ExclusiveStartKey"] = answer.get("LastEvaluatedKey", {})

    def _in_order(self, parts: Sequence[_Partition]) -> Iterator[Attributes]:
        """What comes next, until that may be something that was not read yet."""
        while not any(part.is_dry for part in parts):
            there = [part for part in parts if part.things]
            if not there:
                return
            # The first of several with the same: that is the order of partitions.
            newest = max(there, key=lambda part: part.things[0][self.index.range])
            yield newest.things.popleft()

    def _query(
        self, network_id: str, number: int, partition: str, span: Span
    ) -> "QueryInputTypeDef | None":
        """All of the span in the partition with this number; None if it can have nothing."""
        last, behind = self._start(network_id, number, partition, span)
        if last < span.since:
            return None
        query: QueryInputTypeDef = {
            "TableName": self.table_name,
            "IndexName": self.index.name,
            "KeyConditionExpression": "#partition = :partition AND #range BETWEEN :since AND :last",
            "ExpressionAttributeNames": {
                "#partition": self.index.partition,
                "#range": self.index.range,
            },
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":since": {"S": span.since},
                ":last": {"S": last},
            },
            "ScanIndexForward": False,
        }
        return {**query, "ExclusiveStartKey": behind} if behind else query

    def _start(
        self, network_id: str, number: int, partition: str, span: Span
    ) -> tuple[str, dict[str, Any]]:
        """The last range key that something in the span can have, and behind which key it is."""
        recorded_at, activity_id = time_in(span.before), id_in(span.before)
        if self.index.key_of is None:
            return _last_below(span.before), {}
        # Of the position's moment, there is left what comes behind its thing in the same partition,
        # and all that is in those that follow.
        if not activity_id or number < shard_of(activity_id):
            return _newest_below(recorded_at), {}
        if number > shard_of(activity_id):
            return recorded_at, {}
        index_key = {self.index.partition: {"S": partition}, self.index.range: {"S": recorded_at}}
        return recorded_at, {**self.index.key_of(network_id, activity_id), **index_key}


def _newest_in(span: Span) -> str:
    """The last time that something in the span can have."""
    has_id = bool(id_in(span.before))
    return time_in(span.before) if has_id else _newest_below(time_in(span.before))


def _newest_below(time: str) -> str:
    """The time before it; what stands behind all times stays what it is."""
    return to_text(from_text(time) - _MICROSECOND) if len(time) == TIME_CHARS else time


def _last_below(position: str) -> str:
    """Sorts behind all positions below this one, and before it: ids have one length."""
    if not id_in(position):
        return _newest_below(position) + _BEHIND_IDS
    return position[:-1] + chr(ord(position[-1]) - 1) + _BEHIND_IDS


def _start_of(day: datetime) -> str:
    return to_text(datetime.combine(day.date(), time.min, UTC))


assert FEWEST_ROWS * TIME_SHARDS <= MOST_ROWS, "a page with little left reads little more"
