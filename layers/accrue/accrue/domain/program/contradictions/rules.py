"""Rules on what there is not, and awards that can't be."""

from collections.abc import Iterator
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.program.awards import Flat, MatchedItems, StepTable
from accrue.domain.program.contradictions.conditions import in_conditions
from accrue.domain.program.contradictions.surroundings import Contradiction, Surroundings
from accrue.domain.program.parts import IDENTITY_RULE_ID
from accrue.domain.program.places import Place
from accrue.domain.program.points_unit import PointsUnit
from accrue.domain.program.quests import Requirement
from accrue.domain.program.rules import Rule


def in_rule(
    rule: Rule, place: Place, unit: PointsUnit, around: Surroundings
) -> Iterator[Contradiction]:
    """What contradicts in a rule."""
    if rule.rule_id == IDENTITY_RULE_ID:
        yield Contradiction(
            (*place, "rule_id"),
            "is the name of the built-in rule that takes amounts at their word: choose another id",
        )
    yield from not_played(rule, place, around)
    yield from in_conditions(rule.when, (*place, "when"), around)
    yield from _in_award(rule, place, unit, around)
    yield from _in_limits(rule, place, unit, around)


def not_played(
    part: Rule | Requirement, place: Place, around: Surroundings
) -> Iterator[Contradiction]:
    """An activity type that there is not, or a role that it has not."""
    if around.roles is None:
        return
    types, type_id = around.activity_types, part.activity_type_id
    if types.lack(type_id):
        yield Contradiction(
            (*place, "activity_type_id"),
            f"is not among the activity types: {types.other_than(type_id)}",
        )
    roles = around.roles.get(type_id)
    if roles is not None and part.role not in roles:
        allowed = ", ".join(roles)
        yield Contradiction((*place, "role"), f"is not a role of the type; it has {allowed}")


def in_points(
    points: Decimal | None, place: Place, unit: PointsUnit, around: Surroundings
) -> Iterator[Contradiction]:
    """Points that have more decimals than the program's unit."""
    if points is None or around.is_unsure(("points", "scale")):
        return
    text = canonical_text(points)
    if len(text.partition(".")[2]) > unit.scale:
        plural = "" if unit.scale == 1 else "s"
        has = f"at most {unit.scale} decimal{plural}" if unit.scale else "whole points"
        yield Contradiction(
            place,
            f"{text} can't be awarded: the program has {has}. Round it, or raise points.scale",
        )


def _in_award(
    rule: Rule, place: Place, unit: PointsUnit, around: Surroundings
) -> Iterator[Contradiction]:
    where = (*place, "award")
    match rule.award:
        case Flat(points=points):
            yield from in_points(points, (*where, "points"), unit, around)
        case MatchedItems(points_each=points):
            yield from in_points(points, (*where, "points_each"), unit, around)
            if rule.when.line_items is None:
                yield Contradiction(
                    (*place, "when", "line_items"),
                    "is missing: say which items the award matched_items is for",
                )
        case StepTable() as table:
            yield from _in_steps(table, (*where, "steps"), unit, around)


def _in_steps(
    table: StepTable, place: Place, unit: PointsUnit, around: Surroundings
) -> Iterator[Contradiction]:
    seen: set[Decimal] = set()
    for index, step in enumerate(table.steps):
        yield from in_points(step.points, (*place, index, "points"), unit, around)
        if step.at_least in seen:
            amount = canonical_text(step.at_least)
            yield Contradiction(
                (*place, index, "at_least"),
                f"{amount} begins another step already: change or remove one of the two",
            )
        seen.add(step.at_least)


def _in_limits(
    rule: Rule, place: Place, unit: PointsUnit, around: Surroundings
) -> Iterator[Contradiction]:
    seen = set()
    for index, limit in enumerate(rule.limits):
        where = (*place, "limits", index)
        yield from in_points(limit.points, (*where, "points"), unit, around)
        kind = "points" if limit.times is None else "times"
        if (limit.per, kind) in seen:
            yield Contradiction(
                where, f"is a second limit of {kind} per {limit.per.value}: keep the lower one"
            )
        seen.add((limit.per, kind))
