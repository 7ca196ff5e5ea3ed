"""Everybody at once, in an order that a seed decides, while processes die, writes conflict, calls
are throttled and answers get lost: nothing is lost, and nothing comes twice.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
import time_machine

from tests.integration.mishaps import Mishap
from tests.integration.race_track import Track
from tests.integration.world import World
from tests.proof.record import record
from tests.proof.seeds import how_many, seeds

SEEDS = seeds(6, 60)
# All that must be seen: nothing of it happens by itself.
HAPPENS = (
    "acknowledged",
    "refused",
    "replayed",
    "duplicates",
    "answers lost on the way to a client",
    "server errors",
    "rows delivered",
    "batches delivered again",
    "rows reconciled",
    *Mishap,
)


@pytest.fixture
def track(
    empty_world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> Track:
    """Where races are run."""
    return Track.prepare(empty_world, clock, monkeypatch)


def hands(of: Sequence[int]) -> Iterator[Sequence[int]]:
    """Dealt to several tests, which may run at the same time."""
    number = min(how_many(1, 8), len(of))
    return (of[first::number] for first in range(number))


@pytest.mark.parametrize("hand", list(hands(SEEDS)), ids=lambda hand: f"from {hand[0]}")
def test_whoever_comes_first_everything_counts_once(track: Track, hand: Sequence[int]) -> None:
    counts = Counter[str]()
    ends = set()
    for seed in hand:
        race = track.run(seed)
        counts += race.counts + race.acknowledged.counts
        counts["refused"] += len(race.acknowledged.refused)
        ends.add(tuple(sorted(race.acknowledged.refused)))
    counts += Counter({str(mishap): times for mishap, times in track.turns.seen.items()})

    if len(hand) > 1:
        assert len(ends) > 1, "it was seen that the order matters"
        assert counts["turns"] > 500 * len(hand)
        assert [each for each in HAPPENS if not counts[each]] == []
    name = f"whole handlers, from seed {hand[0]}"
    record("races", name, {"seeds": len(hand), **counts, "violations": 0})


def test_a_seed_makes_the_same_calls_again_one_by_one(track: Track) -> None:
    first, again = track.trace_of(0), track.trace_of(0)

    assert len(first) > 200
    assert any(step.mishap for step in first)
    assert first == again
