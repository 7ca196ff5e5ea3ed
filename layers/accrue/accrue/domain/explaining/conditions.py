"""Why a condition did not hold, one sentence each."""

from collections.abc import Callable, Mapping

from accrue.domain.deciding.matching import NONE
from accrue.domain.explaining.failed_place import FailedPlace
from accrue.domain.explaining.wording import (
    counted_with,
    demand,
    items_text,
    listed,
    moment_text,
    one_of,
    ordinal,
    range_text,
)
from accrue.domain.program.conditions import (
    Conditions,
    Nth,
    RuleConditions,
    TraitCondition,
)
from accrue.domain.program.period import Period
from accrue.domain.program.segments import SegmentConditions

type Sentence[Where] = Callable[[Where, FailedPlace], str]


def _window(when: Conditions, failure: FailedPlace) -> str:
    assert when.window is not None
    starts, ends = when.window.starts_at, when.window.ends_at
    bounds = [
        *([f"at {moment_text(starts, failure.program.zone)} or later"] if starts else []),
        *([f"before {moment_text(ends, failure.program.zone)}"] if ends else []),
    ]
    return f"it occurred at {failure.seen}, and must have occurred {' and '.join(bounds)}"


def _weekdays(when: Conditions, failure: FailedPlace) -> str:
    days = one_of([day.value.capitalize() for day in when.weekdays])
    return f"it occurred on {failure.seen.capitalize()}, and must have occurred on {days}"


def _hours(when: Conditions, failure: FailedPlace) -> str:
    assert when.hours is not None
    hours = f"from {when.hours.starts:%H:%M} until {when.hours.ends:%H:%M}"
    return f"it occurred at {failure.seen}, and must have occurred {hours}"


def _amount(when: Conditions, failure: FailedPlace) -> str:
    assert when.amount is not None
    return f"amount is {failure.seen}, and must be {range_text(when.amount)}"


def _line_items(when: Conditions, failure: FailedPlace) -> str:
    assert when.line_items is not None
    wanted = items_text(when.line_items.item_ids, when.line_items.group_ids)
    if failure.met == NONE:
        return f"there are no line items, and there must be {when.line_items.match} of {wanted}"
    if when.line_items.match == "any":
        return f"no line item is among {wanted}"
    return f"the line items are {failure.seen}, and there must be all of {wanted}"


def _metadata(when: Conditions, failure: FailedPlace) -> str:
    condition = when.metadata[failure.index]
    seen = failure.seen or "absent"
    return f"metadata {condition.field} is {seen}, and must be {demand(condition)}"


def _traits(when: Conditions, failure: FailedPlace) -> str:
    return trait_failure(when.traits[failure.index])


def trait_failure(condition: TraitCondition) -> str:
    """Made of the document alone: what the person's trait is, is nobody's business."""
    trait = f"the trait {condition.trait}"
    return f"{trait} must be {demand(condition)}"


def _tiers(when: Conditions, failure: FailedPlace) -> str:
    return f"tier is {failure.seen or 'none'}, and must be {one_of(when.tiers)}"


def _benefits(when: Conditions, failure: FailedPlace) -> str:
    return f"tier is {failure.seen or 'none'}, and must have the benefit {one_of(when.benefits)}"


def _segments(when: Conditions, failure: FailedPlace) -> str:
    assert when.segments is not None
    membership, place, *met = failure.words
    if membership == "in":
        return f"the member is in segment {when.segments.none_of[int(place)]}, and must not be"
    any_of = when.segments.any_of
    segment = failure.program.segments_by_id[any_of[0]]
    why = _why_outside(segment.when, place, met[0] if met else "none")
    if len(any_of) == 1:
        return f"the member is not in segment {any_of[0]}: {why}"
    return f"the member is in none of the segments {listed(any_of)}: of {any_of[0]}, {why}"


def _why_outside(when: SegmentConditions, failed: str, met: str) -> str:
    place, _, index = failed.partition(".")
    match place:
        case "traits":
            return trait_failure(when.traits[int(index)])
        case "completed_quests":
            return f"quest {when.completed_quests[int(index)]} is not completed"
        case "tiers" | "benefits":
            return f"tier is {met}"
        case "points":
            return f"the balance is {met}"
        case "lifetime_points":
            return f"lifetime points are {met}"
        case _:
            raise ValueError(f"no condition of a segment: {place}")


def _nth(when: Conditions, failure: FailedPlace) -> str:
    assert isinstance(when, RuleConditions)
    assert when.nth is not None
    period = "" if when.nth.per is Period.LIFETIME else f" of the {when.nth.per.value}"
    number, *later = failure.words
    occurrence = f"{ordinal(int(number))} occurrence{period}{counted_with(later)}"
    return f"it is the {occurrence}, and only {_which_count(when.nth)}"


def _which_count(nth: Nth) -> str:
    if nth.every is not None:
        return f"every {ordinal(nth.every)} counts"
    if nth.first is not None:
        return "the first counts" if nth.first == 1 else f"the first {nth.first} count"
    numbers = [ordinal(number) for number in nth.exactly]
    return f"the {listed(numbers)} {'counts' if len(numbers) == 1 else 'count'}"


CONDITIONS: Mapping[str, Sentence[Conditions]] = {
    "window": _window,
    "weekdays": _weekdays,
    "hours": _hours,
    "amount": _amount,
    "line_items": _line_items,
    "metadata": _metadata,
    "traits": _traits,
    "tiers": _tiers,
    "benefits": _benefits,
    "segments": _segments,
    "nth": _nth,
}
