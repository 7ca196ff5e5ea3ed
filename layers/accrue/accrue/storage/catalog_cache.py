"""What was read of the catalog, believed for a short while and never for longer than is stated.

Each entry lives for a share of that time, drawn for it alone. After a deployment or a publication
many environments read the same items in the same second; with one lifetime for all they would read
them again together for ever, and an item's partition has a limit.
"""

import time
from collections.abc import Hashable
from random import SystemRandom

from cachetools import LRUCache

# A few hundred bytes each; those that nobody asked for make room.
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


class CatalogCache:
    """Remembers things for `cache_seconds` at most from when they were asked for.

    Not from when the answer came: what it says was true at any moment in between. Being used does
    not make an entry live longer.
    """

    def __init__(self, cache_seconds: float) -> None:
        self._cache_seconds = cache_seconds
        self._entries: LRUCache[Hashable, tuple[object, Moment]] = LRUCache(MAX_CACHED)

    def get(self, key: Hashable) -> object | None:
        """What is believed, or None."""
        if (entry := self._entries.get(key)) is None:
            return None
        thing, (wall_end, monotonic_end) = entry
        wall, monotonic = this_moment()
        return thing if wall < wall_end and monotonic < monotonic_end else None

    def put(self, key: Hashable, thing: object, asked_at: Moment) -> None:
        """Believe it, as of `asked_at`."""
        wall, monotonic = asked_at
        lifetime = share_of(self._cache_seconds)
        self._entries[key] = thing, (wall + lifetime, monotonic + lifetime)

    def drop(self, key: Hashable) -> None:
        """Believe nothing of it any more."""
        self._entries.pop(key, None)
