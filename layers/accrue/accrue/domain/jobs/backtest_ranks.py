"""Memberships by what they earned: the largest differences, quantiles, and sums by tenths."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from accrue.domain.arithmetic import EXACT
from accrue.domain.jobs.backtest_figures import Figures, Side, side_by_side
from accrue.domain.jobs.job import Attributes

LARGEST = 10
TENTHS = 10
PERCENTS: Mapping[str, int] = {
    "p10": 10,
    "p25": 25,
    "p50": 50,
    "p75": 75,
    "p90": 90,
    "p99": 99,
    "max": 100,
}
# Above all that a membership can earn, and with room for six decimals: then no sign is needed, and
# the text sorts as the points do.
_OFFSET = Decimal(10) ** 30
_DECIMALS = 6
_KEY_CHARS = 38


def sort_key(points: Decimal, membership_id: str) -> str:
    """Text that sorts as the points do, and is the membership's own."""
    whole = EXACT.add(points, _OFFSET).scaleb(_DECIMALS, EXACT)
    return f"{int(whole):0{_KEY_CHARS}d}#{membership_id}"


def points_in(key: str) -> Decimal:
    """The points that a key was made of."""
    whole = Decimal(key.partition("#")[0]).scaleb(-_DECIMALS, EXACT)
    return EXACT.subtract(whole, _OFFSET)


def add_rank(figures: Figures, side: Side, rank: int, count: int, points: Decimal) -> None:
    """Count the membership with this rank, from 1, among so many: the quantiles are those of the
    nearest rank, so that each is what some membership earned.
    """
    for name, percent in PERCENTS.items():
        if rank == -(-percent * count // 100):
            figures.add(side, "quantiles", name, points)
    tenth = (rank - 1) * TENTHS // count + 1
    figures.add(side, "tenths", f"{tenth:02d}", points)


def with_largest(
    report: Attributes, earned: Iterable[tuple[str, Decimal, Decimal]]
) -> dict[str, list[dict[str, Any]]]:
    """The largest differences up and down, with these memberships too: each with what it was paid
    and what it would have been.
    """
    known = [
        (each["program_membership_id"], Decimal(each["paid"]), Decimal(each["candidate"]))
        for name in ("largest_gains", "largest_losses")
        for each in report.get(name, ())
    ]
    by_difference = sorted(
        ((EXACT.subtract(each[2], each[1]), each) for each in {*known, *earned}),
        key=lambda pair: (pair[0], pair[1][0]),
    )
    losses = [each for difference, each in by_difference if difference < 0]
    gains = sorted(
        ((difference, each) for difference, each in by_difference if difference > 0),
        key=lambda pair: (-pair[0], pair[1][0]),
    )
    return {
        "largest_gains": [_shown(*each) for _, each in gains[:LARGEST]],
        "largest_losses": [_shown(*each) for each in losses[:LARGEST]],
    }


def _shown(membership_id: str, paid: Decimal, candidate: Decimal) -> dict[str, Any]:
    return {"program_membership_id": membership_id, **side_by_side(paid, candidate)}
