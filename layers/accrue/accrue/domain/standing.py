"""Where a membership stands in its program at a moment: the tier, and how far it is in quests."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accrue.domain.deciding.tiers import tier_at
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.program.program import Program
from accrue.domain.program.quests import Quest
from accrue.domain.program.tiers import Level


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


def tier_standing(state: MembershipState, program: Program, now: datetime) -> TierStanding | None:
    """The tier as of now, which may be lower than after the last activity; None without tiers."""
    if program.tiers is None:
        return None
    today = now.astimezone(program.zone).date()
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
