"""Conditions that name what there is not, or that nothing can fulfil."""

from collections.abc import Iterator

from accrue.domain.amounts import canonical_text
from accrue.domain.program.conditions import (
    Conditions,
    Range,
    SegmentsCondition,
    ValueCondition,
)
from accrue.domain.program.contradictions.surroundings import Contradiction, Surroundings
from accrue.domain.program.places import Place
from accrue.domain.program.segments import Segment, SegmentConditions


def in_conditions(when: Conditions, place: Place, around: Surroundings) -> Iterator[Contradiction]:
    """What contradicts in the conditions of a rule, bonus, quest or requirement."""
    yield from _in_range(when.amount, (*place, "amount"))
    for index, on in enumerate(when.metadata):
        where = (*place, "metadata", index)
        if around.metadata_fields.lack(on.field):
            yield Contradiction(
                (*where, "field"),
                "is not kept by the network: add it to /network/metadata_fields",
            )
        yield from _in_value(on, where)
    for index, trait in enumerate(when.traits):
        yield from _in_value(trait, (*place, "traits", index))
    yield from _in_membership(when, place, around)
    if when.segments:
        yield from _in_segments(when.segments, (*place, "segments"), around)


def in_segment(segment: Segment, index: int, around: Surroundings) -> Iterator[Contradiction]:
    """What contradicts in a segment."""
    when, place = segment.when, ("segments", index, "when")
    if when == SegmentConditions():
        yield Contradiction(place, "is empty, so everybody is in the segment: add a condition")
    for number, trait in enumerate(when.traits):
        yield from _in_value(trait, (*place, "traits", number))
    yield from _in_membership(when, place, around)
    yield from _in_range(when.points, (*place, "points"))
    yield from _in_range(when.lifetime_points, (*place, "lifetime_points"))
    yield from around.unknown(
        around.quests, when.completed_quests, (*place, "completed_quests"), "the quests"
    )


def _in_membership(
    when: Conditions | SegmentConditions, place: Place, around: Surroundings
) -> Iterator[Contradiction]:
    yield from around.unknown(around.tiers, when.tiers, (*place, "tiers"), "the tiers")
    yield from around.unknown(
        around.benefits, when.benefits, (*place, "benefits"), "the tiers' benefits"
    )


def _in_segments(
    segments: SegmentsCondition, place: Place, around: Surroundings
) -> Iterator[Contradiction]:
    for name in ("any_of", "none_of"):
        ids = getattr(segments, name)
        yield from around.unknown(around.segments, ids, (*place, name), "the segments")
    if segments.any_of and set(segments.any_of) <= set(segments.none_of):
        yield Contradiction(
            place, "nobody is in a segment and not in it: take it out of any_of or of none_of"
        )


def _in_value(value: ValueCondition, place: Place) -> Iterator[Contradiction]:
    yield from _in_range(value.in_range, (*place, "in_range"))


def _in_range(numbers: Range | None, place: Place) -> Iterator[Contradiction]:
    if numbers is not None and nothing_is_in(numbers):
        yield Contradiction(place, f"has nothing in it: {_spelt(numbers)} can't both be")


def nothing_is_in(*ranges: Range) -> bool:
    """Whether no number is in all of the ranges."""
    lowest = [(r.at_least, False) for r in ranges if r.at_least is not None]
    lowest += [(r.more_than, True) for r in ranges if r.more_than is not None]
    highest = [(r.at_most, False) for r in ranges if r.at_most is not None]
    highest += [(r.less_than, True) for r in ranges if r.less_than is not None]
    return any(
        low > high or (low == high and (low_is_out or high_is_out))
        for low, low_is_out in lowest
        for high, high_is_out in highest
    )


def _spelt(numbers: Range) -> str:
    ends = numbers.model_dump(exclude_none=True)
    return " and ".join(f"{name} {canonical_text(end)}" for name, end in ends.items())
