"""When a lane's next batch goes out, and how much is in it.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    A batch goes out with BatchSize records, or when its window is over; a lane has one under way at
    a time. The same rules as in tests/event_source/shard_reader.py, worked out without waiting.
"""

from bisect import bisect_right
from collections.abc import Sequence

from benchmarks.fan_in.scenario import Arrival
from tests.event_source.settings import MappingSettings


def next_batch(
    arrivals: Sequence[Arrival],
    start: int,
    formed_before: float,
    free_at: float,
    settings: MappingSettings,
) -> tuple[float, int]:
    """When the batch that begins at `start` is formed, and where it ends.

    `formed_before` is when the one before it was: what was left over then has waited since.
    """
    window = settings.window.total_seconds()
    moment = max(arrivals[start].seen_at, formed_before) + window
    full = start + settings.batch_size - 1
    if full < len(arrivals):
        moment = min(moment, arrivals[full].seen_at)
    moment = max(moment, free_at)
    seen = bisect_right(arrivals, moment, lo=start, key=lambda arrival: arrival.seen_at)
    return moment, min(seen, start + settings.batch_size)
