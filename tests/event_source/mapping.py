"""An event source mapping: invokes a function with what is in a stream.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    A function that can't be invoked is tried until the records are too old; it uses up no retries.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    Each record is processed at least once, and may be twice. TRIM_HORIZON begins with the oldest
    record that is there, LATEST with the next one.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.event_source.answers import first_failed
from tests.event_source.batch import Batch, count_too_old, is_used_up, next_batches
from tests.event_source.destination import TOO_OLD, USED_UP, Destination, event_of
from tests.event_source.patterns import is_wanted
from tests.event_source.settings import MappingSettings
from tests.event_source.shard_reader import Lane, ShardReader
from tests.event_source.stream import Shard, Stream, StreamRecord


class FunctionFailedError(Exception):
    """The function was invoked and raised, died or took too long."""


class NotInvokedError(Exception):
    """The function could not be invoked: throttled, or Lambda is in trouble."""


def never() -> bool:
    """Nobody dies."""
    return False


@dataclass(eq=False)
class EventSourceMapping:
    """Delivers a stream to a function, a batch at each step; the seed says whose turn it is.

    `dies` is asked after each invocation, before the poller has kept its place.
    """

    settings: MappingSettings
    stream: Stream
    function: Callable[[dict[str, Any]], object]
    now: Callable[[], datetime]
    chance: random.Random
    destination: Destination
    dies: Callable[[], bool] = never
    counts: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[int] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)
    given_up: dict[int, StreamRecord] = field(default_factory=dict)
    lost: dict[int, StreamRecord] = field(default_factory=dict)
    _readers: dict[str, ShardReader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What is in the stream when the mapping is made, LATEST passes over."""
        for shard in self.stream.shards:
            if not self.settings.starts_with_the_oldest:
                last = max((r.sequence_number for r in shard.records), default=0)
                self._readers[shard.shard_id] = ShardReader(shard, self.settings, last)

    def step(self) -> bool:
        """Try one batch; False if there is none to try now."""
        self._forget()
        ready = list(self._ready())
        if ready:
            self._try(*self.chance.choice(ready))
        return bool(ready)

    def run(self) -> None:
        """Try batches while there are any."""
        while self.step():
            pass

    @property
    def filtered(self) -> int:
        """How many records reached no function because of the filters."""
        return sum(len(reader.filtered) for reader in self._readers.values())

    def _forget(self) -> None:
        for record in self.stream.trim(self.now()):
            number = record.sequence_number
            is_over = number in self.done or number in self.given_up
            if not is_over and is_wanted(record.body, self.settings.patterns):
                self.lost[number] = record

    def _ready(self) -> Iterator[tuple[ShardReader, Lane]]:
        for shard in self.stream.shards:
            if self._may_be_read(shard):
                reader = self._readers.setdefault(shard.shard_id, ShardReader(shard, self.settings))
                for lane in reader.ready_lanes(self.now()):
                    yield reader, lane

    def _may_be_read(self, shard: Shard) -> bool:
        parent = shard.parent
        return parent is None or (
            parent.shard_id in self._readers and self._readers[parent.shard_id].is_finished
        )

    def _try(self, reader: ShardReader, lane: Lane) -> None:
        batch = lane.batches[0]
        too_old = count_too_old(batch, self.now(), self.settings)
        if too_old:
            lane.batches.popleft()
            self._give_up(replace(batch, records=batch.records[:too_old]), reader, TOO_OLD)
            if too_old < len(batch.records):
                lane.batches.appendleft(replace(batch, records=batch.records[too_old:]))
            return
        try:
            failed_from = self._invoke(batch)
        except NotInvokedError:
            self.counts["not invoked"] += 1
            return
        if self.dies():
            self.counts["pollers that died"] += 1
            reader.die()
            return
        lane.batches.popleft()
        self._go_on(batch, failed_from, reader, lane)

    def _invoke(self, batch: Batch) -> int | None:
        try:
            answer = self.function(event_of(batch.records))
        except FunctionFailedError:
            failed_from = None
        else:
            failed_from = self._first_failed(answer, batch)
        self.counts["invocations"] += 1
        for record in batch.records:
            self.counts["delivered again"] += record.sequence_number in self.deliveries
            self.deliveries[record.sequence_number] += 1
        return failed_from

    def _first_failed(self, answer: object, batch: Batch) -> int | None:
        if self.settings.reports_item_failures:
            return first_failed(answer, batch.records)
        return len(batch.records)

    def _go_on(
        self, batch: Batch, failed_from: int | None, reader: ShardReader, lane: Lane
    ) -> None:
        self.done.update(r.sequence_number for r in batch.records[: failed_from or 0])
        if failed_from == len(batch.records):
            return
        left = next_batches(batch, failed_from, self.settings)
        self.counts["halved"] += len(left) > 1
        self.counts["reported"] += failed_from is not None
        for each in reversed(left):
            if is_used_up(each, self.settings):
                self._give_up(each, reader, USED_UP)
            else:
                lane.batches.appendleft(each)

    def _give_up(self, batch: Batch, reader: ShardReader, condition: str) -> None:
        self.counts["discarded"] += len(batch.records)
        self.given_up.update((record.sequence_number, record) for record in batch.records)
        self.destination.put(batch, reader.shard.shard_id, condition, self.now())
