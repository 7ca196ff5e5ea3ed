"""Tiers that overlap, or that nobody can be in."""

from collections.abc import Iterator
from itertools import pairwise

from accrue.domain.amounts import canonical_text
from accrue.domain.program.contradictions.surroundings import Contradiction
from accrue.domain.program.places import Place
from accrue.domain.program.tiers import Level, LifetimePoints, Tiers


def in_tiers(tiers: Tiers) -> Iterator[Contradiction]:
    """What contradicts in the tiers."""
    for index, level in enumerate(tiers.levels):
        yield from _in_level(level, ("tiers", "levels", index), tiers)
    for index, (below, level) in enumerate(pairwise(tiers.levels), start=1):
        yield from _between(below, level, ("tiers", "levels", index))


def _in_level(level: Level, place: Place, tiers: Tiers) -> Iterator[Contradiction]:
    if level.enters_at < 0:
        yield Contradiction((*place, "enters_at"), "is negative: nobody ever had fewer than 0")
    if level.stays_at is None:
        return
    where = (*place, "stays_at")
    if isinstance(tiers.by, LifetimePoints):
        yield Contradiction(where, "has no effect: lifetime points never become fewer. Remove it")
    elif level.stays_at > level.enters_at:
        yield Contradiction(
            where,
            f"is above enters_at, {canonical_text(level.enters_at)}: who enters would leave at "
            "once. Make it lower",
        )
    elif level.stays_at < 0:
        yield Contradiction(where, "is negative: nobody would ever leave")


def _between(below: Level, level: Level, place: Place) -> Iterator[Contradiction]:
    least = canonical_text(below.enters_at)
    if level.enters_at <= below.enters_at:
        yield Contradiction(
            (*place, "enters_at"),
            f"is not above the {least} of {below.tier_id}, so the tiers overlap: raise it, and "
            "write the lowest tier first",
        )
    elif level.stays_at is not None and level.stays_at < below.enters_at:
        yield Contradiction(
            (*place, "stays_at"),
            f"is below the {least} at which {below.tier_id} is entered, so the tiers overlap: "
            "raise it",
        )
