"""A table's stream: shards that split and roll over, and forget after a day.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    A record appears once. Those of one item are in the order of its changes; nothing is said about
    different items. A shard may have children, which must be read after it. Records are removed
    after 24 hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zlib import crc32

RETENTION = timedelta(hours=24)
PLACES = 2**32


@dataclass(frozen=True)
class StreamRecord:
    """A change of an item; `body` is what a function gets to see of it."""

    sequence_number: int
    written_at: datetime
    partition: str
    item: str
    body: Mapping[str, Any]
    size: int = 1000


@dataclass(eq=False)
class Shard:
    """The changes of the items whose partitions hash to its places, while it is open."""

    shard_id: str
    places: range
    parent: "Shard | None" = None
    records: list[StreamRecord] = field(default_factory=list)
    is_open: bool = True


@dataclass(eq=False)
class Stream:
    """A stream with a few shards to begin with, of which some are closed and forgotten later."""

    shards: list[Shard] = field(default_factory=list)
    splits: int = 0
    _made: int = 0

    def open(self, count: int) -> None:
        """Have `count` shards, as many as the table has partitions."""
        self._make(range(PLACES), count, None)

    def put(self, record: StreamRecord) -> None:
        """A change arrives in the shard of its partition."""
        place = crc32(record.partition.encode())
        (shard,) = (s for s in self.shards if s.is_open and place in s.places)
        shard.records.append(record)

    def split(self, shard: Shard, children: int) -> None:
        """Close a shard. With one child it has only got too old; with two, its table has grown."""
        assert shard.is_open
        shard.is_open = False
        self.splits += 1
        self._make(shard.places, children, shard)

    def trim(self, now: datetime) -> list[StreamRecord]:
        """Forget what is older than a day; gives what was forgotten."""
        trimmed: list[StreamRecord] = []
        for shard in self.shards:
            old = [r for r in shard.records if now - r.written_at > RETENTION]
            shard.records = shard.records[len(old) :]
            trimmed += old
        return trimmed

    def _make(self, places: range, count: int, parent: Shard | None) -> None:
        bounds = [places.start + len(places) * part // count for part in range(count + 1)]
        for start, stop in pairwise(bounds):
            self._made += 1
            shard_id = f"shardId-{self._made:020d}"
            self.shards.append(Shard(shard_id, range(start, stop), parent))
