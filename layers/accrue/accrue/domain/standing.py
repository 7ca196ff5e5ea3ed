"""Where a membership stands in its program at a moment: its points by when they can be spent, the
tier, and how far it is in quests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.arithmetic import total
from accrue.domain.deciding.tiers import tier_at
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.program.days import day_of, start_of
from accrue.domain.program.program import Program
from accrue.domain.program.quests import Quest
from accrue.domain.program.tiers import Level
from accrue.domain.purse import Hold, Purse

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """Points of which something becomes on a day of the program's time zone, and at that moment."""

    points: Decimal
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class PointsStanding:
    """A membership's points: `balance` is `available` and `pending` and `held`, less what is owed
    in a balance below zero; what reversals took where it does not go there is owed beside it.

    `expiring_next` are those with the earliest last day, at whose end they expire; `pending_next`
    those that wait for the earliest day, at whose beginning they can be spent.
    """

    balance: Decimal
    available: Decimal
    pending: Decimal
    held: Decimal
    owed: Decimal
    expiring_next: Coming | None
    pending_next: Coming | None
    holds: Mapping[str, Hold]


@dataclass(frozen=True, slots=True)
class TierStanding:
    """The tier, if there is one, the points that it goes by, and the next tier, if there is one."""

    level: Level | None
    points: Decimal
    following: Level | None


@dataclass(frozen=True, slots=True)
class RequirementStanding:
    """How much of a requirement is done, towards the next completion; all, if there is no next."""

    requirement_id: str
    progress: Decimal
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class QuestStanding:
    """How often a quest is completed, and how far the next completion is."""

    quest: Quest
    completions: int
    requirements: tuple[RequirementStanding, ...]


def points_standing(state: MembershipState, program: Program, now: datetime) -> PointsStanding:
    """The points as of now, whether or not what fell due has been posted yet."""
    purse, _ = state.purse.brought_up_to(now, program.zone)
    return PointsStanding(
        balance=purse.total,
        available=max(purse.available, Decimal(0)),
        pending=purse.pending,
        held=purse.held,
        owed=total((purse.owed, purse.debt)),
        expiring_next=_expiring_next(purse, program.zone),
        pending_next=_pending_next(purse, program.zone),
        holds=purse.holds,
    )


def _expiring_next(purse: Purse, zone: ZoneInfo) -> Coming | None:
    day = min((lot.last_day for lot in purse.lots if lot.last_day), default=None)
    if day is None:
        return None
    points = total(points for lot, points in purse.lots.items() if lot.last_day == day)
    return Coming(points, day, start_of(day + _ONE_DAY, zone))


def _pending_next(purse: Purse, zone: ZoneInfo) -> Coming | None:
    day = min((lot.spendable_on for lot in purse.lots if lot.spendable_on), default=None)
    if day is None:
        return None
    points = total(points for lot, points in purse.lots.items() if lot.spendable_on == day)
    return Coming(points, day, start_of(day, zone))


def tier_standing(state: MembershipState, program: Program, now: datetime) -> TierStanding | None:
    """The tier as of now, which may be lower than after the last activity; None without tiers."""
    if program.tiers is None:
        return None
    today = day_of(now, program.zone)
    level, points = tier_at(today, state, program)
    higher = program.levels.index(level) + 1 if level else 0
    return TierStanding(
        level=level, points=points, following=next(iter(program.levels[higher:]), None)
    )


def quest_standings(state: MembershipState, program: Program) -> tuple[QuestStanding, ...]:
    """Every quest of the program, also one that is not begun."""
    return tuple(
        _quest_standing(quest, state.quests.get(quest.quest_id, QuestState()))
        for quest in program.quests
    )


def _quest_standing(quest: Quest, state: QuestState) -> QuestStanding:
    return QuestStanding(
        quest=quest,
        completions=state.completions,
        requirements=tuple(
            RequirementStanding(
                requirement_id=requirement.requirement_id,
                progress=requirement.threshold
                if state.completions >= quest.max_completions
                else state.progress.get(requirement.requirement_id, Decimal(0)),
                threshold=requirement.threshold,
            )
            for requirement in quest.requirements
        ),
    )
