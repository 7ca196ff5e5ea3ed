"""Partitions of indexes by time: a network's day is spread over several, so that none limits it."""

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

# 1,000 write units a second each. Readers look in all of them, and know by a row's id in which one
# it is: another number would have to hold from a day on that is still to come.
TIME_SHARDS = 8


def shard_of(activity_id: str) -> int:
    """The number of the partition, among those of its day."""
    return zlib.crc32(activity_id.encode()) % TIME_SHARDS


def time_shard_of(network_id: str, activity_id: str, recorded_at: datetime) -> str:
    """The partition that an activity, or what became of it, belongs to."""
    return _time_shard(network_id, recorded_at.date(), shard_of(activity_id))


def time_shards_between(network_id: str, start: datetime, end: datetime) -> Iterator[list[str]]:
    """Every partition that may hold what was recorded from `start` to `end`: those of each day."""
    day = start.date()
    while day <= end.date():
        yield [_time_shard(network_id, day, shard) for shard in range(TIME_SHARDS)]
        day += timedelta(days=1)


def _time_shard(network_id: str, day: date, shard: int) -> str:
    return f"{network_id}#{day.isoformat()}#{shard}"
