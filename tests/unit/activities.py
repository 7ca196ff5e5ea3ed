"""Activities and programs that tests are about."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Outcome, Participant
from accrue.domain.program import (
    AmountTimesRate,
    PointsUnit,
    Program,
    ProgramVersion,
    Rounding,
    Rule,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROGRAM_ID = "coffee-club"
ANN = MembershipRef(PROGRAM_ID, "ann")
BEN = MembershipRef(PROGRAM_ID, "ben")


def rule(activity_type_id: str, role: str, rate: str, rule_id: str | None = None) -> Rule:
    """A rule that awards the amount times the rate."""
    return Rule(
        rule_id=rule_id or f"{activity_type_id}-{role}",
        activity_type_id=activity_type_id,
        role=role,
        award=AmountTimesRate(rate=Decimal(rate)),
    )


def program(*rules: Rule, scale: int = 2, rounding: Rounding = Rounding.HALF_UP) -> Program:
    """A program with these rules."""
    unit = PointsUnit(unit="points", scale=scale, rounding=rounding)
    return Program(program_id=PROGRAM_ID, name="Coffee club", points=unit, rules=rules)


def in_force(document: Program, version: int = 1) -> ProgramVersion:
    """The program as a version that has always been in force."""
    return ProgramVersion(version, datetime(1970, 1, 1, tzinfo=UTC), document)


def activity(
    amount: str | Decimal = "50",
    *,
    activity_id: str = "ik_1",
    activity_type_id: str = "sale",
    network_id: str = "demo",
    roles: Mapping[str, Iterable[MembershipRef]] | None = None,
    front_door: FrontDoor = FrontDoor.NETWORK,
    settled_outcome: Outcome | None = None,
    seconds: int = 0,
) -> Activity:
    """An activity, recorded `seconds` after noon; by default Ann's purchase."""
    return Activity(
        network_id=network_id,
        activity_id=activity_id,
        kind=Kind.ACTIVITY,
        front_door=front_door,
        activity_type_id=activity_type_id,
        amount=Decimal(amount),
        participants=tuple(
            Participant(role, f"user-of-{role}", tuple(memberships))
            for role, memberships in (roles or {"buyer": [ANN]}).items()
        ),
        occurred_at=NOON - timedelta(days=1),
        recorded_at=NOON + timedelta(seconds=seconds),
        request_id=f"request-{activity_id}",
        invocation_id=f"invocation-{activity_id}",
        key_id="partner",
        payload_form="network_activity/1",
        payload_hash=f"payload of {activity_id}",
        settled_outcome=settled_outcome,
    )


def rounded(exact: Fraction, unit: PointsUnit) -> Fraction:
    """An exact number rounded as the unit says, without a decimal anywhere."""
    scaled = abs(exact) * 10**unit.scale
    whole = floor(scaled)
    rest = scaled - whole
    half = Fraction(1, 2)
    up = {
        Rounding.HALF_UP: rest >= half,
        Rounding.HALF_EVEN: rest > half or (rest == half and whole % 2 == 1),
        Rounding.DOWN: False,
        Rounding.UP: rest > 0,
    }[unit.rounding]
    size = Fraction(whole + up, 10**unit.scale)
    return -size if exact < 0 else size
