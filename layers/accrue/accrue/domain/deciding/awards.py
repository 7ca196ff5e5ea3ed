"""What a rule's award comes to, before it is rounded and limited."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from accrue.domain.activity import Activity, ActivityLineItem
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.deciding.matching import items_text, selected_items
from accrue.domain.deciding.situation import Failure, Situation
from accrue.domain.program.awards import AmountTimesRate, Flat, MatchedItems, StepTable
from accrue.domain.program.rules import Rule


@dataclass(frozen=True, slots=True)
class Earning:
    """An award, exactly. With a `rate`, it is that rate of the values of `items`, or of the amount
    if `items` is None; without, it has no parts.
    """

    exact: Decimal
    reason: str
    rate: Decimal | None = None
    items: tuple[ActivityLineItem, ...] | None = None


def earning_of(rule: Rule, situation: Situation) -> Earning | Failure:
    """What the award is for this activity."""
    activity = situation.activity
    match rule.award:
        case AmountTimesRate(rate=rate):
            return _times_rate(activity.amount, rate)
        case Flat(points=points):
            return _flat(points, f"{canonical_text(points)} flat", activity)
        case MatchedItems():
            return _matched_items(rule, rule.award, activity)
        case StepTable():
            return _step(rule.award, activity)


def items_value(items: Iterable[ActivityLineItem], activity: Activity) -> Decimal:
    """The sum of the items' values; the activity's amount, if one of them has none."""
    values = [item.value for item in items]
    known = [value for value in values if value is not None]
    return activity.amount if len(known) < len(values) else total(known)


def _times_rate(amount: Decimal, rate: Decimal) -> Earning:
    reason = f"{canonical_text(amount)} x {canonical_text(rate)}"
    return Earning(EXACT.multiply(amount, rate), reason, rate)


def _flat(points: Decimal, reason: str, activity: Activity) -> Earning | Failure:
    # Taking something back must not earn what doing it did.
    if activity.amount < 0:
        return Failure("award", canonical_text(activity.amount))
    return Earning(points, reason)


def _matched_items(rule: Rule, award: MatchedItems, activity: Activity) -> Earning | Failure:
    wanted = rule.when.line_items
    items = selected_items(activity.line_items, wanted.item_ids, wanted.group_ids) if wanted else ()
    if not items:
        return Failure("award", items_text(activity.line_items))
    if award.points_each is not None:
        points = EXACT.multiply(award.points_each, Decimal(len(items)))
        return _flat(points, f"{len(items)} x {canonical_text(award.points_each)}", activity)
    assert award.rate is not None
    value = items_value(items, activity)
    reason = f"{canonical_text(value)} x {canonical_text(award.rate)}"
    return Earning(EXACT.multiply(value, award.rate), reason, award.rate, items)


def _step(award: StepTable, activity: Activity) -> Earning | Failure:
    step = award.step_for(activity.amount)
    if step is None:
        return Failure("award", canonical_text(activity.amount))
    start = f"from {canonical_text(step.at_least)} on"
    if step.points is not None:
        return _flat(step.points, f"{canonical_text(step.points)} {start}", activity)
    assert step.rate is not None
    earning = _times_rate(activity.amount, step.rate)
    return replace(earning, reason=f"{earning.reason}, {start}")
