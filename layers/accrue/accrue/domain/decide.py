"""decide(): what an activity means for one membership. Pure: no clock, no storage, no randomness.

Arithmetic is exact: the product of an amount and a rate fits the context below to the last digit
(an inexact product is a bug and raises), and only the award is rounded, once, as the program's
points unit says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from accrue.domain.activity import Activity, FrontDoor, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.program import (
    MEMBER_ROLE,
    AmountTimesRate,
    PointsUnit,
    Program,
    ProgramVersion,
    Rule,
)

# 26 digits of amount (domain.amounts) times 12 of rate (domain.program), with room to add.
EXACT = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
ROUNDED = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow])

# Six decimals below, this leaves a stored balance at 31 of DynamoDB's 38 digits.
BALANCE_LIMIT = Decimal(10) ** 24

IDENTITY_AWARD = AmountTimesRate(rate=Decimal(1))


@dataclass(frozen=True, slots=True)
class Facts:
    """What else decide() may look at: the roles that this membership's user played, in the row's
    order.
    """

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MembershipPoints:
    """A membership's figures before or after an activity; `lifetime_points` counts only what was
    awarded.
    """

    points: Decimal = Decimal(0)
    lifetime_points: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PointLine:
    """Points for one role by one rule, with the arithmetic that led to them."""

    rule_id: str
    role: str
    points: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What an activity means for a membership: the outcome, its lines, the figures after it."""

    outcome: Outcome
    lines: tuple[PointLine, ...]
    after: MembershipPoints
    reason: str | None = None

    @property
    def points(self) -> Decimal:
        """The sum of the lines."""
        return total(line.points for line in self.lines)


def decide(
    activity: Activity, facts: Facts, before: MembershipPoints, version: ProgramVersion
) -> Decision:
    """What `activity` means for a membership whose figures are `before`, under `version`."""
    program = version.program
    lines = tuple(
        _award(rule, activity, program.points)
        for role in facts.roles
        for rule in _rules_for(role, activity, program)
    )
    if not lines:
        reason = f"no rule of {program.program_id} is on {activity.activity_type_id}"
        return Decision(Outcome.NO_RULE, (), before, reason)
    after = MembershipPoints(
        points=total([before.points, *(line.points for line in lines)]),
        lifetime_points=total(
            [before.lifetime_points, *(line.points for line in lines if line.points > 0)]
        ),
    )
    if abs(after.points) > BALANCE_LIMIT or after.lifetime_points > BALANCE_LIMIT:
        reason = f"the balance would pass {BALANCE_LIMIT:.0e}"
        return Decision(Outcome.REJECTED, (), before, reason)
    return Decision(Outcome.APPLIED, lines, after)


def _rules_for(role: str, activity: Activity, program: Program) -> tuple[Rule, ...]:
    rules = tuple(
        rule
        for rule in program.rules
        if rule.activity_type_id == activity.activity_type_id and rule.role == role
    )
    # Hang: "value: the value of the activity in points". A program without a rule takes it at its
    # word.
    if not rules and activity.front_door is FrontDoor.MEMBERSHIP and role == MEMBER_ROLE:
        return (_identity_rule(activity.activity_type_id),)
    return rules


def _identity_rule(activity_type_id: str) -> Rule:
    return Rule.model_construct(
        rule_id="identity",
        activity_type_id=activity_type_id,
        role=MEMBER_ROLE,
        award=IDENTITY_AWARD,
    )


def _award(rule: Rule, activity: Activity, unit: PointsUnit) -> PointLine:
    exact = EXACT.multiply(activity.amount, rule.award.rate)
    points = exact.quantize(
        Decimal(1).scaleb(-unit.scale), rounding=unit.rounding.mode, context=ROUNDED
    )
    reason = f"{canonical_text(activity.amount)} x {canonical_text(rule.award.rate)}"
    if points != exact:
        reason += f" = {canonical_text(exact)}, rounded {unit.rounding.value}"
    return PointLine(rule.rule_id, rule.role, points, reason)


def total(points: Iterable[Decimal]) -> Decimal:
    """The exact sum; raises decimal.Inexact rather than lose a digit."""
    result = Decimal(0)
    for part in points:
        result = EXACT.add(result, part)
    return result
