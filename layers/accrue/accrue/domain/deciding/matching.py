"""Whether conditions hold. Each function looks at one field of `Conditions`."""

from collections.abc import Callable, Iterable

from accrue.domain.activity import ActivityLineItem
from accrue.domain.amounts import canonical_text
from accrue.domain.deciding.situation import Failure, Situation
from accrue.domain.program.conditions import Conditions
from accrue.domain.program.parts import value_text
from accrue.domain.program.times import Weekday

# No id, no value: whatever text stood for it could be somebody's id.
NONE = ""
WEEKDAYS = tuple(Weekday)


def first_failure(when: Conditions, situation: Situation) -> Failure | None:
    """The first condition that does not hold, in the order of the fields; None if all do."""
    said = when.model_fields_set
    for field, check in _CHECKS.items():
        if field in said and (failure := check(when, situation)):
            return failure
    return None


def selected_items(
    line_items: Iterable[ActivityLineItem], item_ids: tuple[str, ...], group_ids: tuple[str, ...]
) -> tuple[ActivityLineItem, ...]:
    """The line items whose id or whose group is among these."""
    return tuple(
        item for item in line_items if item.item_id in item_ids or item.group_id in group_ids
    )


def items_text(line_items: Iterable[ActivityLineItem]) -> str:
    """Which line items there were."""
    return ",".join(item.item_id for item in line_items) or NONE


def _window(when: Conditions, situation: Situation) -> Failure | None:
    if when.window is None or when.window.contains(situation.activity.occurred_at):
        return None
    return Failure("window", situation.occurred_at.isoformat(timespec="seconds"))


def _weekdays(when: Conditions, situation: Situation) -> Failure | None:
    weekday = WEEKDAYS[situation.occurred_at.weekday()]
    if not when.weekdays or weekday in when.weekdays:
        return None
    return Failure("weekdays", weekday.value)


def _hours(when: Conditions, situation: Situation) -> Failure | None:
    if when.hours is None or when.hours.contains(situation.occurred_at.time()):
        return None
    return Failure("hours", f"{situation.occurred_at:%H:%M}")


def _amount(when: Conditions, situation: Situation) -> Failure | None:
    if when.amount is None or when.amount.contains(situation.activity.amount):
        return None
    return Failure("amount", canonical_text(situation.activity.amount))


def _line_items(when: Conditions, situation: Situation) -> Failure | None:
    wanted, items = when.line_items, situation.activity.line_items
    if wanted is None:
        return None
    if wanted.match == "any":
        holds = bool(selected_items(items, wanted.item_ids, wanted.group_ids))
    else:
        holds = {item.item_id for item in items}.issuperset(wanted.item_ids) and {
            item.group_id for item in items
        }.issuperset(wanted.group_ids)
    return None if holds else Failure("line_items", items_text(items))


def _metadata(when: Conditions, situation: Situation) -> Failure | None:
    for position, condition in enumerate(when.metadata):
        value = situation.activity.metadata.get(condition.field)
        text = None if value is None else value_text(value)
        if not condition.holds_for(text):
            return Failure(f"metadata.{position}", NONE if text is None else text)
    return None


def _traits(when: Conditions, situation: Situation) -> Failure | None:
    for position, condition in enumerate(when.traits):
        if condition not in situation.traits_held:
            # What the trait is must not get into a posting.
            return Failure(f"traits.{position}")
    return None


def _tiers(when: Conditions, situation: Situation) -> Failure | None:
    if situation.has_tier_of(when.tiers):
        return None
    return Failure("tiers", situation.state.tier_id or NONE)


def _benefits(when: Conditions, situation: Situation) -> Failure | None:
    if situation.has_benefit_of(when.benefits):
        return None
    return Failure("benefits", situation.state.tier_id or NONE)


def _segments(when: Conditions, situation: Situation) -> Failure | None:
    if when.segments is None:
        return None
    any_of, none_of = when.segments.any_of, when.segments.none_of
    if any_of and not any(map(situation.is_in, any_of)):
        return Failure("segments", f"not {situation.why_outside(any_of[0])}")
    for position, segment_id in enumerate(none_of):
        if situation.is_in(segment_id):
            return Failure("segments", f"in {position}")
    return None


_CHECKS: dict[str, Callable[[Conditions, Situation], Failure | None]] = {
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
}
