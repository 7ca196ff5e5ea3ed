"""What bonuses add to the awards of rules."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from accrue.domain.activity import ActivityLineItem
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, rounded, rounding_note, total, within_limit
from accrue.domain.deciding.awards import items_value
from accrue.domain.deciding.matching import first_failure, selected_items
from accrue.domain.deciding.rules import RuleAward
from accrue.domain.deciding.situation import Failure, Situation, considered
from accrue.domain.decision import Considered, Part, PointLine
from accrue.domain.program.bonuses import Add, Bonus, Multiply, Stacking


def add_bonuses(
    awards: Sequence[RuleAward], situation: Situation
) -> tuple[list[PointLine], list[Considered]]:
    """A line for each bonus on each award, and why the other bonuses are not given."""
    failed: dict[str, Failure] = {}
    holding: list[Bonus] = []
    on_awards = [
        (position, bonus)
        for position, bonus in enumerate(situation.program.bonuses)
        if any(_is_on(bonus, award) for award in awards)
    ]
    for _, bonus in on_awards:
        if failure := first_failure(bonus.when, situation):
            failed[bonus.bonus_id] = failure
        else:
            holding.append(bonus)
    lines = [line for award in awards for line in _lines(award, holding, situation, failed)]
    given = {line.bonus_id for line in lines}
    for bonus in holding:
        if bonus.bonus_id in given:
            # It may have lost on one award and be given on another.
            failed.pop(bonus.bonus_id, None)
        else:
            failed.setdefault(bonus.bonus_id, Failure("effect", "0"))
    return lines, [
        considered(Part.BONUS, position, failed.get(bonus.bonus_id))
        for position, bonus in on_awards
    ]


def _is_on(bonus: Bonus, award: RuleAward) -> bool:
    return not bonus.rule_ids or award.rule.rule_id in bonus.rule_ids


def _lines(
    award: RuleAward,
    holding: Iterable[Bonus],
    situation: Situation,
    failed: dict[str, Failure],
) -> list[PointLine]:
    bonuses = [bonus for bonus in holding if _is_on(bonus, award)]
    lines: list[PointLine] = []
    running = award.line.points
    stacking = situation.program.bonus_stacking
    for bonus in bonuses:
        base = running if stacking is Stacking.MULTIPLY else award.line.points
        line = _line(bonus, award, base, situation)
        if line is None:
            continue
        lines.append(line)
        if isinstance(bonus.effect, Multiply):
            running = total([running, line.points])
    if stacking is not Stacking.BEST_ONLY or not lines:
        return lines
    best = max(lines, key=lambda line: abs(line.points))
    assert best.bonus_id is not None
    for line in lines:
        if line is not best and line.bonus_id is not None:
            failed[line.bonus_id] = Failure("stacking", best.bonus_id)
    return [best]


def _line(bonus: Bonus, award: RuleAward, base: Decimal, situation: Situation) -> PointLine | None:
    if isinstance(bonus.effect, Multiply):
        exact, reason = _multiplied(bonus, bonus.effect, award, base, situation)
    else:
        exact, reason = _added(bonus, bonus.effect, award, situation)
    unit = situation.program.points
    points = within_limit(rounded(exact, unit), f"what {bonus.bonus_id} adds")
    if not points:
        return None
    return PointLine(
        role=award.line.role,
        points=points,
        reason=reason + rounding_note(exact, points, unit),
        rule_id=award.rule.rule_id,
        bonus_id=bonus.bonus_id,
    )


def _multiplied(
    bonus: Bonus, effect: Multiply, award: RuleAward, base: Decimal, situation: Situation
) -> tuple[Decimal, str]:
    reason = canonical_text(base)
    if effect.on == "matched_items":
        base, reason = _part_of_items(bonus, award, situation)
    more = EXACT.subtract(effect.factor, Decimal(1))
    return EXACT.multiply(base, more), f"{reason} x ({canonical_text(effect.factor)} - 1)"


def _part_of_items(bonus: Bonus, award: RuleAward, situation: Situation) -> tuple[Decimal, str]:
    """The part of the award that comes from the bonus's items; never more than the award."""
    rate, points = award.earning.rate, award.line.points
    items = _items(bonus, award, situation)
    if rate is None or not items:
        return Decimal(0), "0"
    value = items_value(items, situation.activity)
    part = EXACT.multiply(value, rate)
    least, most = min(points, Decimal(0)), max(points, Decimal(0))
    bounded = min(max(part, least), most)
    if bounded != part:
        return bounded, canonical_text(bounded)
    return part, f"{canonical_text(value)} x {canonical_text(rate)}"


def _added(
    bonus: Bonus, effect: Add, award: RuleAward, situation: Situation
) -> tuple[Decimal, str]:
    points = canonical_text(effect.points)
    if award.line.points <= 0:
        return Decimal(0), points
    if effect.per == "activity":
        return effect.points, f"{points} added"
    number = len(_items(bonus, award, situation))
    return EXACT.multiply(effect.points, Decimal(number)), f"{number} x {points}"


def _items(bonus: Bonus, award: RuleAward, situation: Situation) -> tuple[ActivityLineItem, ...]:
    """The bonus's items, of those that the award is for."""
    wanted = bonus.when.line_items
    earned = award.earning.items
    candidates = situation.activity.line_items if earned is None else earned
    return selected_items(candidates, wanted.item_ids, wanted.group_ids) if wanted else ()
