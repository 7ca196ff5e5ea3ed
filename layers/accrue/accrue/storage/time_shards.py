"""Partitions of indexes by time: a network's day is spread over several, so that none limits it."""

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

# 1,000 write units a second each. May grow (readers look in all of them), must never shrink.
TIME_SHARDS = 8


def time_shard_of(network_id: str, activity_id: str, recorded_at: datetime) -> str:
    """The partition that an activity, or what became of it, belongs to."""
    shard = zlib.crc32(activity_id.encode()) % TIME_SHARDS
    return _time_shard(network_id, recorded_at.date(), shard)


def time_shards_between(network_id: str, start: datetime, end: datetime) -> Iterator[list[str]]:
    """Every partition that may hold what was recorded from `start` to `end`: those of each day."""
    day = start.date()
    while day <= end.date():
        yield [_time_shard(network_id, day, shard) for shard in range(TIME_SHARDS)]
        day += timedelta(days=1)


def _time_shard(network_id: str, day: date, shard: int) -> str:
    return f"{network_id}#{day.isoformat()}#{shard}"
