"""Bonuses on rules that there are not, or that have nothing for them."""

from collections.abc import Iterator, Sequence

from accrue.domain.program.awards import AmountTimesRate, MatchedItems, StepTable
from accrue.domain.program.bonuses import Add, Bonus, Multiply
from accrue.domain.program.contradictions.conditions import in_conditions
from accrue.domain.program.contradictions.rules import in_points
from accrue.domain.program.contradictions.surroundings import Contradiction, Surroundings
from accrue.domain.program.parts import IDENTITY_RULE_ID
from accrue.domain.program.places import Place
from accrue.domain.program.program import Program
from accrue.domain.program.rules import Rule
from accrue.domain.roles import MEMBER_ROLE


def in_bonuses(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    """What contradicts in the bonuses."""
    if len(program.bonuses) > 1 and program.bonus_stacking is None:
        yield Contradiction(
            ("bonus_stacking",),
            "is missing: with several bonuses, say whether they add, multiply or best_only counts",
        )
    for index, bonus in enumerate(program.bonuses):
        yield from _in_bonus(bonus, ("bonuses", index), program, around)


def _in_bonus(
    bonus: Bonus, place: Place, program: Program, around: Surroundings
) -> Iterator[Contradiction]:
    other_rules = [rule_id for rule_id in bonus.rule_ids if rule_id != IDENTITY_RULE_ID]
    yield from around.unknown(around.rules, other_rules, (*place, "rule_ids"), "the rules")
    yield from in_conditions(bonus.when, (*place, "when"), around)
    match bonus.effect:
        case Add(points=points, per=per):
            yield from in_points(points, (*place, "effect", "points"), program.points, around)
            if per == "matched_item":
                yield from _without_items(bonus, place, "adding per matched_item")
        case Multiply(on="matched_items"):
            yield from _without_items(bonus, place, "multiplying on matched_items")
            if _has_no_rate(bonus, program, around):
                yield Contradiction(
                    (*place, "effect", "on"),
                    "is only for awards of an amount times a rate, and none of the bonus's rules "
                    'has one: multiply on "award", or add points',
                )


def _without_items(bonus: Bonus, place: Place, what: str) -> Iterator[Contradiction]:
    if bonus.when.line_items is None:
        yield Contradiction(
            (*place, "when", "line_items"), f"is missing: {what} needs to know which items"
        )


def _has_no_rate(bonus: Bonus, program: Program, around: Surroundings) -> bool:
    """Whether it is certain that no rule of the bonus awards an amount times a rate."""
    if around.is_unsure(("rules",)):
        return False
    ids = bonus.rule_ids or [rule.rule_id for rule in program.rules]
    aimed = [rule for rule in program.rules if rule.rule_id in ids]
    identity = (
        IDENTITY_RULE_ID in bonus.rule_ids
        if bonus.rule_ids
        else _counts_by_itself(program.rules, around)
    )
    return bool(aimed) and not identity and not any(_has_rate(rule) for rule in aimed)


def _counts_by_itself(rules: Sequence[Rule], around: Surroundings) -> bool:
    """Whether there is an activity type whose amounts count although no rule is on it."""
    ruled = {rule.activity_type_id for rule in rules if rule.role == MEMBER_ROLE}
    return around.roles is None or any(
        roles is None or (MEMBER_ROLE in roles and activity_type_id not in ruled)
        for activity_type_id, roles in around.roles.items()
    )


def _has_rate(rule: Rule) -> bool:
    match rule.award:
        case AmountTimesRate():
            return True
        case MatchedItems(rate=rate):
            return rate is not None
        case StepTable(steps=steps):
            return any(step.rate is not None for step in steps)
    return False
