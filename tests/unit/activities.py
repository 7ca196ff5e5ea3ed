"""Activities and programs that tests are about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from accrue.domain.activity import (
    Activity,
    ActivityLineItem,
    FrontDoor,
    Kind,
    MembershipRef,
    MetadataValue,
    Outcome,
    Participant,
)
from accrue.domain.decide import decide
from accrue.domain.decision import Decision, Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.awards import AmountTimesRate
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.points_unit import PointsUnit
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.program.rules import Rule
from accrue.domain.rounding import Rounding

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROGRAM_ID = "coffee-club"
ANN = MembershipRef(PROGRAM_ID, "ann")
BEN = MembershipRef(PROGRAM_ID, "ben")

type Json = dict[str, Any]


def rule(activity_type_id: str, role: str, rate: str, rule_id: str | None = None) -> Rule:
    """A rule that awards the amount times the rate."""
    return Rule(
        rule_id=rule_id or f"{activity_type_id}-{role}",
        activity_type_id=activity_type_id,
        role=role,
        award=AmountTimesRate(rate=Decimal(rate)),
    )


def program(*rules: Rule, scale: int = 2, rounding: Rounding = Rounding.HALF_UP) -> Program:
    """A program with these rules; balances may go below zero."""
    unit = PointsUnit(unit="points", scale=scale, rounding=rounding, may_go_below_zero=True)
    return Program(program_id=PROGRAM_ID, name="Coffee club", points=unit, rules=rules)


def written(**parts: Any) -> Program:
    """A program as an admin writes it; in whole points that may go below zero, unless it says
    otherwise.
    """
    return Program.model_validate(
        {
            "program_id": PROGRAM_ID,
            "name": "Coffee club",
            "points": {"unit": "points", "may_go_below_zero": True},
            **parts,
        }
    )


def earn(rate: str = "1", **parts: Any) -> Json:
    """A rule as an admin writes it: on the buyer's purchase, the amount times a rate."""
    return {
        "rule_id": "earn",
        "activity_type_id": "sale",
        "role": "buyer",
        "award": {"kind": "amount_times_rate", "rate": rate},
        **parts,
    }


def flat(points: str) -> Json:
    """An award of always the same points."""
    return {"kind": "flat", "points": points}


def require(threshold: str, **parts: Any) -> Json:
    """A requirement as an admin writes it: on the buyer's purchases."""
    return {
        "requirement_id": "buy",
        "activity_type_id": "sale",
        "role": "buyer",
        "threshold": threshold,
        **parts,
    }


def quest(*requirements: Json, points: str = "100", **parts: Any) -> Json:
    """A quest as an admin writes it, for a reward of 100 points."""
    return {
        "quest_id": "quest",
        "name": "Quest",
        "requirements": requirements,
        "reward": {"points": points},
        **parts,
    }


def lifetime_tiers(**entries: str) -> Json:
    """Tiers by lifetime points: `silver="100"`."""
    levels = [{"tier_id": t, "name": t, "enters_at": at} for t, at in entries.items()]
    return {"by": {"kind": "lifetime_points"}, "levels": levels}


def in_force(document: Program, version: int = 1) -> ProgramVersion:
    """The program as a version that has always been in force."""
    return ProgramVersion(version, datetime(1970, 1, 1, tzinfo=UTC), document)


def items(text: str) -> tuple[ActivityLineItem, ...]:
    """Line items as `id[@group][:value]`: "tea@drinks:5 cake"."""
    return tuple(_item(part) for part in text.split())


def _item(text: str) -> ActivityLineItem:
    name, _, value = text.partition(":")
    item_id, _, group_id = name.partition("@")
    return ActivityLineItem(item_id, Decimal(value) if value else None, group_id or None)


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
    occurred_at: datetime = NOON - timedelta(days=1),
    recorded_at: datetime | None = None,
    line_items: Sequence[ActivityLineItem] = (),
    metadata: Mapping[str, MetadataValue] | None = None,
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
            _participant(role, tuple(memberships))
            for role, memberships in (roles or {"buyer": [ANN]}).items()
        ),
        occurred_at=occurred_at,
        recorded_at=recorded_at or NOON + timedelta(seconds=seconds),
        request_id=f"request-{activity_id}",
        invocation_id=f"invocation-{activity_id}",
        key_id="partner",
        payload_form="network_activity/1",
        payload_hash=f"payload of {activity_id}",
        line_items=tuple(line_items),
        metadata=metadata or {},
        settled_outcome=settled_outcome,
    )


def _participant(role: str, memberships: tuple[MembershipRef, ...]) -> Participant:
    """Who has the membership `ann` is the user `user-ann`, whatever the role."""
    names = "-".join(membership.program_membership_id for membership in memberships)
    return Participant(role, f"user-{names or role}", memberships)


def at(text: str) -> datetime:
    """A moment, in UTC unless it says otherwise: "2026-03-02", "2026-03-02T23:30"."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass
class Story:
    """What happens to Ann's membership, one activity after the other."""

    document: Program
    state: MembershipState = field(default_factory=MembershipState)
    traits_held: frozenset[TraitCondition] = frozenset()

    def report(
        self,
        amount: str = "10",
        when: str = "2026-03-02T12:00",
        *,
        recorded: str | None = None,
        roles: Sequence[str] = ("buyer",),
        things: str = "",
        **more: Any,
    ) -> Decision:
        """Decide an activity that occurred `when`, recorded at once unless it says otherwise.

        Ann plays the roles; `things` are line items (`items`).
        """
        reported = activity(
            amount,
            roles={role: [ANN] for role in roles},
            occurred_at=at(when),
            recorded_at=at(recorded or when),
            line_items=items(things),
            **more,
        )
        decision = decide(
            reported, Facts(tuple(roles), self.traits_held), self.state, in_force(self.document)
        )
        self.state = decision.after
        return decision


def why(decision: Decision, part: str = "") -> list[str]:
    """What was considered, packed; only that of one kind (`r`, `b`, `q`) if it is said."""
    packed = [considered.packed() for considered in decision.considered]
    return [text for text in packed if text.startswith(part)]


def failures(decision: Decision, part: str = "") -> list[str | None]:
    """The first place that failed in each that was considered; None for what took effect."""
    return [each.failed for each in decision.considered if each.part.value.startswith(part)]


def lines_of(decision: Decision) -> list[tuple[str, str]]:
    """Each line as the id of what awarded it (a bonus's before its rule's), and the points."""
    return [
        (line.quest_id or line.bonus_id or line.rule_id or "nothing", str(line.points))
        for line in decision.lines
    ]


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
