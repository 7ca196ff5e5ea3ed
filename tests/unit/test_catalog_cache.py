"""What the catalog's cache promises: nothing is believed for too long, and reads are spread."""

import random
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from accrue.storage.catalog_cache import MAX_CACHED, CatalogCache, this_moment

LIFETIME = 30
MODULE = "accrue.storage.catalog_cache"


@dataclass
class Clocks:
    """Both clocks of an execution environment."""

    wall: float = 1_000_000.0
    monotonic: float = 50.0

    def pass_by(self, seconds: float) -> None:
        """Time passes, while the process runs."""
        self.wall += seconds
        self.monotonic += seconds


class Thing:
    """Something that is seen to go away."""


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """The clocks, and entries that live as long as they may."""
    clocks = Clocks()
    monkeypatch.setattr(f"{MODULE}.time.time", lambda: clocks.wall)
    monkeypatch.setattr(f"{MODULE}.time.monotonic", lambda: clocks.monotonic)
    monkeypatch.setattr(f"{MODULE}.share_of", lambda seconds: seconds)
    return clocks


@pytest.fixture
def cache(clocks: Clocks) -> CatalogCache:
    """A cache that remembers one thing, asked for just now."""
    cache = CatalogCache(LIFETIME)
    cache.put("key", "thing", (clocks.wall, clocks.monotonic))
    return cache


def test_an_entry_is_believed_until_its_end_and_no_longer(
    cache: CatalogCache, clocks: Clocks
) -> None:
    clocks.pass_by(LIFETIME - 0.001)
    assert cache.get("key") == "thing"
    clocks.pass_by(0.001)
    assert cache.get("key") is None


def test_being_used_does_not_make_it_live_longer(cache: CatalogCache, clocks: Clocks) -> None:
    for _ in range(LIFETIME):
        assert cache.get("key") == "thing"
        clocks.pass_by(1)
    assert cache.get("key") is None


def test_it_lives_from_when_it_was_asked_for_however_slow_the_answer(clocks: Clocks) -> None:
    cache = CatalogCache(LIFETIME)
    asked_at = this_moment()
    clocks.pass_by(9)
    cache.put("key", "thing", asked_at)

    clocks.pass_by(LIFETIME - 10)
    assert cache.get("key") == "thing"
    clocks.pass_by(1)
    assert cache.get("key") is None


def test_a_process_that_was_frozen_believes_nothing_old(
    cache: CatalogCache, clocks: Clocks
) -> None:
    """Its monotonic clock stood still."""
    clocks.wall += LIFETIME
    assert cache.get("key") is None


def test_a_wall_clock_that_is_put_back_makes_nothing_live_longer(
    cache: CatalogCache, clocks: Clocks
) -> None:
    clocks.pass_by(LIFETIME - 1)
    clocks.wall -= 3600
    assert cache.get("key") == "thing"
    clocks.pass_by(1)
    assert cache.get("key") is None


def test_what_is_read_anew_lives_anew_and_what_is_dropped_not_at_all(
    cache: CatalogCache, clocks: Clocks
) -> None:
    clocks.pass_by(20)
    cache.put("key", "newer", this_moment())
    clocks.pass_by(20)
    assert cache.get("key") == "newer"
    cache.drop("key")
    assert cache.get("key") is None
    cache.drop("key")


def test_what_nobody_asked_for_makes_room(cache: CatalogCache) -> None:
    for number in range(MAX_CACHED - 1):
        cache.put(number, number, this_moment())
    assert cache.get("key") == "thing"
    cache.put("one more", 1, this_moment())

    assert (cache.get("key"), cache.get(0), cache.get("one more")) == ("thing", None, 1)


def test_what_is_over_is_gone_once_it_was_asked_for(cache: CatalogCache, clocks: Clocks) -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    cache.put("thing", thing, this_moment())
    del thing
    clocks.pass_by(LIFETIME - 1)
    assert cache.get("thing") is gone()
    clocks.pass_by(1)
    assert cache.get("thing") is None
    assert gone() is None


def test_no_more_is_kept_than_was_asked_for_in_two_lifetimes(clocks: Clocks) -> None:
    cache = CatalogCache(LIFETIME)
    put: list[tuple[float, weakref.ref[Thing]]] = []
    for number in range(4 * LIFETIME):
        thing = Thing()
        put.append((clocks.monotonic, weakref.ref(thing)))
        cache.put(number, thing, this_moment())
        del thing
        kept = [asked_at for asked_at, reference in put if reference() is not None]
        assert clocks.monotonic - min(kept) < 2 * LIFETIME
        # And not less than what is still believed.
        assert len(kept) >= min(number + 1, LIFETIME)
        clocks.pass_by(1)


@pytest.mark.parametrize("clock", ["wall", "monotonic"])
def test_it_is_cleared_by_whichever_clock_goes_on(clocks: Clocks, clock: str) -> None:
    cache = CatalogCache(LIFETIME)
    thing = Thing()
    gone = weakref.ref(thing)
    cache.put("thing", thing, this_moment())
    del thing
    setattr(clocks, clock, getattr(clocks, clock) + LIFETIME)
    cache.put("another", Thing(), this_moment())
    assert gone() is None


def test_it_is_gone_through_once_a_lifetime_and_not_at_each_write(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CatalogCache(LIFETIME)
    looks: Counter[int] = Counter()
    monkeypatch.setattr(cache, "_clear", lambda _moment: looks.update([0]))
    for number in range(10 * LIFETIME):
        cache.put(number, number, this_moment())
        clocks.pass_by(0.5)
    # The first write, and one in each of the four lifetimes after it.
    assert looks.total() == 5


def test_to_be_gone_through_is_not_to_be_used(cache: CatalogCache, clocks: Clocks) -> None:
    clocks.pass_by(LIFETIME)
    for name in ("first", "second"):
        cache.put(name, name, this_moment())
    clocks.pass_by(LIFETIME / 2)
    for name in ("first", "second"):
        cache.put(name, name, this_moment())
    assert cache.get("first") == "first"
    clocks.pass_by(LIFETIME / 2)
    for number in range(MAX_CACHED - 1):
        cache.put(number, number, this_moment())

    assert (cache.get("first"), cache.get("second")) == ("first", None)


ENVIRONMENTS = 1_000
LOOKED_FOR_SECONDS = 300
LOOKS_PER_SECOND = 4
# In the worst second after the first. The expected number is 1,000 / (30 / 2), 67; the rest is
# what chance adds to it.
MOST_READS_PER_SECOND = ENVIRONMENTS // 10


def reads_by_second(clocks: Clocks) -> Counter[int]:
    """How often an item is read by environments that all start in one second and look for it all
    the time.
    """
    environments = [CatalogCache(LIFETIME) for _ in range(ENVIRONMENTS)]
    reads: Counter[int] = Counter()
    for look in range(LOOKED_FOR_SECONDS * LOOKS_PER_SECOND):
        for cache in environments:
            if cache.get("item") is None:
                cache.put("item", "as it is", this_moment())
                reads[look // LOOKS_PER_SECOND] += 1
        clocks.pass_by(1 / LOOKS_PER_SECOND)
    return reads


def drawn(seed: int) -> Callable[[float, float], float]:
    """A draw that can be repeated."""
    return random.Random(seed).uniform  # noqa: S311 - to be repeated


@pytest.mark.parametrize("seed", range(3))
def test_environments_that_start_together_do_not_go_on_reading_together(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    clocks = Clocks()
    monkeypatch.setattr(f"{MODULE}.time.time", lambda: clocks.wall)
    monkeypatch.setattr(f"{MODULE}.time.monotonic", lambda: clocks.monotonic)
    monkeypatch.setattr(f"{MODULE}._random.uniform", drawn(seed))

    reads = reads_by_second(clocks)

    assert reads.pop(0) == ENVIRONMENTS
    assert max(reads.values()) <= MOST_READS_PER_SECOND
    # What it costs: an entry lives for three quarters of its time, in the middle.
    assert sum(reads.values()) < 1.4 * ENVIRONMENTS * LOOKED_FOR_SECONDS / LIFETIME


def test_with_one_lifetime_for_all_they_would(clocks: Clocks) -> None:
    reads = reads_by_second(clocks)

    together = range(0, LOOKED_FOR_SECONDS, LIFETIME)
    assert reads == dict.fromkeys(together, ENVIRONMENTS)


def test_no_entry_is_given_more_than_the_time_or_less_than_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks = Clocks()
    monkeypatch.setattr(f"{MODULE}.time.time", lambda: clocks.wall)
    monkeypatch.setattr(f"{MODULE}.time.monotonic", lambda: clocks.monotonic)
    cache = CatalogCache(LIFETIME)
    for number in range(1_000):
        cache.put(number, number, this_moment())

    clocks.pass_by(LIFETIME / 2 - 0.001)
    assert all(cache.get(number) is not None for number in range(1_000))
    clocks.pass_by(LIFETIME / 2 + 0.001)
    assert all(cache.get(number) is None for number in range(1_000))
