"""The world is stopped at every point of what is played, and what that covered is recorded."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.integration.conditions import kept_writes
from tests.integration.faults import MOMENTS, Call, Crash, CrashPoint, Faults, Stop
from tests.integration.world import World
from tests.integration.write_units import write_units
from tests.proof.record import Figures, record
from tests.proof.seeds import is_long

# Pairs grow with the square of them.
MOST_POINTS_IN_PAIRS = 20


class Played(Protocol):
    """What came of playing something from its beginning, until nobody died any more."""

    @property
    def calls(self) -> Sequence[Call]:
        """The calls since the last crash."""

    @property
    def told(self) -> Any:
        """What it comes to, which no crash may change."""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    calls: Sequence[Call]
    told: Any


def stop_everywhere[P: Played](
    name: str,
    faults: Faults,
    play: Callable[..., P],
    *,
    in_pairs: bool = False,
    activities: int = 0,
) -> P:
    """Play it with a crash at each point, one at a time and perhaps two; gives the undisturbed.

    Each time it must come to the same. `activities` is how many it records or applies.
    """
    undisturbed = play()
    # Each of them has its condition.
    kept_writes(undisturbed.calls)
    points = every_point(undisturbed.calls) if is_long() else different_points(undisturbed.calls)
    assert points
    by_pairs = in_pairs or (is_long() and len(points) <= MOST_POINTS_IN_PAIRS)
    pairs = 0
    called, stops = faults.made, faults.stopped.copy()

    # Not the plays: each remembers whole tables.
    later = [_play_again(play, undisturbed, point).calls for point in points]
    covered = faults.stopped.total() - stops.total()
    for first, calls in zip(points, later, strict=True) if by_pairs else ():
        for second in different_points(calls):
            _play_again(play, undisturbed, first, second)
            pairs += 1

    stops = faults.stopped - stops
    # None was missed, and each pair died twice.
    assert (covered, stops.total()) == (len(points), len(points) + 2 * pairs)
    assert pairs or not by_pairs
    record(
        "crashes",
        name,
        {
            "histories": 1,
            "crash_points": covered,
            "of": len(points),
            "pairs": pairs,
            "calls": faults.made - called,
            **_by_kind(stops),
            "violations": 0,
            **_units(undisturbed.calls, activities),
        },
    )
    return undisturbed


def until_answered[T](
    world: World, act: Callable[[World], T], crashed: Callable[[], object] = lambda: None
) -> T:
    """What a client gets that asks again after each crash; after each, `crashed` looks around."""
    while True:
        try:
            return act(world)
        except Crash:
            world.restart()
            crashed()


def every_point(calls: Sequence[Call]) -> list[CrashPoint]:
    """Before and after each call."""
    return [CrashPoint(number, moment) for number in range(1, len(calls) + 1) for moment in MOMENTS]


def different_points(calls: Sequence[Call]) -> list[CrashPoint]:
    """Those but for after a read: then the world is as it is before the next call. Of the last
    call of all the answer is lost either way.
    """
    return [
        point
        for point in every_point(calls)
        if point.moment == "before" or calls[point.call - 1].is_write or point.call == len(calls)
    ]


def _play_again[P: Played](play: Callable[..., P], undisturbed: P, *points: CrashPoint) -> P:
    played = play(*points)
    at = [(point, undisturbed.calls[point.call - 1].operation) for point in points[:1]]
    assert played.told == undisturbed.told, (at, points)
    return played


def _by_kind(stops: Counter[Stop]) -> Figures:
    figures: Counter[str] = Counter()
    for stop, times in stops.items():
        figures[f"crashes_{stop.moment}"] += times
        figures[f"stopped in: {stop.function or 'services alone'}"] += times
        figures[f"stopped at: {stop.operation}"] += times
    return figures


def _units(calls: Sequence[Call], activities: int) -> Figures:
    # As text: no sum of it means anything.
    if not activities:
        return {}
    return {"write_units_per_activity": f"{write_units(calls) / activities:.2f}"}
