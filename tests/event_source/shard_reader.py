"""Who reads a shard: a poller with as many lanes as batches may be under way at once.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    Records of one item (partition and sort key) stay in order, however many batches of a shard are
    processed at once. While one is retried, what is behind it waits.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    Filters are applied to each record before it is added to a batch.

How far a poller that dies has kept its place is not documented. Unfavourably, a shard has one
checkpoint for all lanes: what comes after the first record that is not done is read again, and so
are retries counted.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from zlib import crc32

from tests.event_source.batch import Batch, full_length
from tests.event_source.patterns import is_wanted
from tests.event_source.settings import MappingSettings
from tests.event_source.stream import RETENTION, Shard, StreamRecord


@dataclass(eq=False)
class Lane:
    """Batches that are tried one after the other, and what is gathered for the next."""

    gathered: list[StreamRecord] = field(default_factory=list)
    since: datetime | None = None
    batches: deque[Batch] = field(default_factory=deque)

    def outstanding(self) -> Iterator[StreamRecord]:
        """What is neither done nor given up."""
        for batch in self.batches:
            yield from batch.records
        yield from self.gathered

    def form_batch(self, now: datetime, settings: MappingSettings, *, is_last: bool) -> None:
        """Make a batch of what is gathered, if it is time and none is being tried."""
        if self.batches or not self.gathered or self.since is None:
            return
        length = full_length(self.gathered, settings)
        if length is None:
            if now - self.since < settings.window and not is_last:
                return
            length = len(self.gathered)
        self.batches.append(Batch(tuple(self.gathered[:length])))
        self.gathered = self.gathered[length:]
        self.since = now

    def forget(self, now: datetime) -> None:
        """Let go of what the stream has forgotten."""
        kept = [
            replace(b, records=tuple(r for r in b.records if now - r.written_at <= RETENTION))
            for b in self.batches
        ]
        self.batches = deque(batch for batch in kept if batch.records)
        self.gathered = [r for r in self.gathered if now - r.written_at <= RETENTION]


class ShardReader:
    """The poller of one shard. `position` is up to where it has read."""

    def __init__(self, shard: Shard, settings: MappingSettings, position: int = 0) -> None:
        self.shard = shard
        self.position = position
        self.filtered: set[int] = set()
        self._settings = settings
        self.lanes = [Lane() for _ in range(settings.concurrent_batches)]

    @property
    def checkpoint(self) -> int:
        """Up to here everything is done or given up."""
        left = [record.sequence_number for lane in self.lanes for record in lane.outstanding()]
        return min(left) - 1 if left else self.position

    @property
    def is_finished(self) -> bool:
        """Whether nothing of the shard is left: only then are its children read."""
        unread = any(r.sequence_number > self.position for r in self.shard.records)
        return not (self.shard.is_open or unread or any(any(L.outstanding()) for L in self.lanes))

    def ready_lanes(self, now: datetime) -> list[Lane]:
        """Read on, and give the lanes that have a batch to try."""
        for lane in self.lanes:
            lane.forget(now)
        for record in self.shard.records:
            if record.sequence_number > self.position:
                self._take(record, now)
        for lane in self.lanes:
            lane.form_batch(now, self._settings, is_last=not self.shard.is_open)
        return [lane for lane in self.lanes if lane.batches]

    def die(self) -> None:
        """Its successor knows the checkpoint, and no more."""
        self.position = self.checkpoint
        self.lanes = [Lane() for _ in self.lanes]

    def _take(self, record: StreamRecord, now: datetime) -> None:
        self.position = record.sequence_number
        if not is_wanted(record.body, self._settings.patterns):
            self.filtered.add(record.sequence_number)
            return
        lane = self.lanes[crc32(record.item.encode()) % len(self.lanes)]
        if not lane.gathered:
            lane.since = now
        lane.gathered.append(record)
