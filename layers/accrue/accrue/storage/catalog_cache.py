"""What was read of the catalog, believed for a short while and never for longer than is stated.

Each entry lives for a share of that time, drawn for it alone. After a deployment or a publication
many environments read the same items in the same second; with one lifetime for all they would read
them again together for ever, and an item's partition has a limit.
"""

import time
from collections.abc import Hashable
from random import SystemRandom

from cachetools import Cache, LRUCache

# Those that nobody asked for make room. Measured: a user or a membership takes less than 1 KB, a
# version of a program 34 KB once its 2.3 KB are parsed; those of 6,000 programs are 200 MB.
MAX_CACHED = 10_000
# Half of the time at least: what is believed for shorter costs more reads.
SHORTEST_SHARE = 0.5

# By the wall clock, and by the monotonic one.
type Moment = tuple[float, float]

# Environments that were restored from one snapshot would all draw the same from a seeded one.
_random = SystemRandom()


def this_moment() -> Moment:
    """By both clocks. Lambda freezes the process between invocations, and the monotonic one may
    stand still meanwhile; the wall clock may be put back. What either has seen to its end is over.
    """
    return time.time(), time.monotonic()


def share_of(cache_seconds: float) -> float:
    """For how long the next entry is believed."""
    return cache_seconds * _random.uniform(SHORTEST_SHARE, 1)


def is_over(end: Moment, moment: Moment) -> bool:
    """Whether either clock has come to the end."""
    return moment[0] >= end[0] or moment[1] >= end[1]


class CatalogCache:
    """Remembers things for `cache_seconds` at most from when they were asked for.

    Not from when the answer came: what it says was true at any moment in between. Being used does
    not make an entry live longer. What is over is cleared away: after each `put`, nothing is kept
    that was asked for two times `cache_seconds` ago.
    """

    def __init__(self, cache_seconds: float) -> None:
        self._cache_seconds = cache_seconds
        self._entries: LRUCache[Hashable, tuple[object, Moment]] = LRUCache(MAX_CACHED)
        # At the first `put`: a start, of which there may be a snapshot, reads no clock.
        self._clear_from: Moment = (0, 0)

    def get(self, key: Hashable) -> object | None:
        """What is believed, or None."""
        if (entry := self._entries.get(key)) is None:
            return None
        thing, end = entry
        if is_over(end, this_moment()):
            self.drop(key)
            return None
        return thing

    def put(self, key: Hashable, thing: object, asked_at: Moment) -> None:
        """Believe it, as of `asked_at`."""
        wall, monotonic = asked_at
        if is_over(self._clear_from, asked_at):
            self._clear(asked_at)
            self._clear_from = wall + self._cache_seconds, monotonic + self._cache_seconds
        lifetime = share_of(self._cache_seconds)
        self._entries[key] = thing, (wall + lifetime, monotonic + lifetime)

    def drop(self, key: Hashable) -> None:
        """Believe nothing of it any more."""
        self._entries.pop(key, None)

    def _clear(self, moment: Moment) -> None:
        """Drop what is over. It looks at each entry: MAX_CACHED of them took 2 to 8 ms."""
        for key in list(self._entries):
            # Past the LRU cache, for which a look is a use.
            _, end = Cache.__getitem__(self._entries, key)
            if is_over(end, moment):
                self.drop(key)
