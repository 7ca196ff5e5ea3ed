"""How an activity advances quests, and what their completion awards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, within_limit
from accrue.domain.deciding.matching import first_failure
from accrue.domain.deciding.requirements import Standing, gain_of
from accrue.domain.deciding.situation import Failure, Situation, considered
from accrue.domain.deciding.standing_completions import with_what_completions_took
from accrue.domain.decision import (
    Considered,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
)
from accrue.domain.membership_state import QuestState
from accrue.domain.program.quests import Quest, Requirement

ZERO = Decimal(0)

type Amounts = Mapping[str, Decimal]
"""By requirement."""


@dataclass(frozen=True, slots=True)
class QuestResult:
    """What an activity did to quests."""

    lines: list[PointLine] = field(default_factory=list)
    changes: list[QuestChange] = field(default_factory=list)
    considered: list[Considered] = field(default_factory=list)
    states: dict[str, QuestState] = field(default_factory=dict)


def advance_quests(situation: Situation) -> QuestResult:
    """Hold the activity against every quest that has a requirement on it."""
    result = QuestResult()
    type_id = situation.activity.activity_type_id
    for position, quest in situation.program.quests_on(type_id):
        concerned = [
            (number, requirement)
            for number, requirement in enumerate(quest.requirements)
            if requirement.activity_type_id == type_id and requirement.role in situation.roles
        ]
        if not concerned:
            continue
        state = situation.state.quests.get(quest.quest_id, QuestState())
        if failure := _quest_failure(quest, state, situation):
            result.considered.append(considered(Part.QUEST, position, failure))
            continue
        gained: dict[str, Decimal] = {}
        role = concerned[-1][1].role
        standing = Standing(quest, state)
        for number, requirement in concerned:
            gain = gain_of(requirement, standing, situation)
            if isinstance(gain, Failure):
                result.considered.append(considered(Part.QUEST, position, gain, number))
                continue
            result.considered.append(considered(Part.QUEST, position, None, number))
            gained[requirement.requirement_id] = gain
            role = requirement.role
        _advance(standing, gained, role, situation, result)
    return result


def _quest_failure(quest: Quest, state: QuestState, situation: Situation) -> Failure | None:
    if failure := first_failure(quest.when, situation):
        return failure
    if state.completions >= quest.max_completions:
        return Failure("max_completions", str(state.completions))
    return None


def _advance(
    standing: Standing, gained: Amounts, role: str, situation: Situation, result: QuestResult
) -> None:
    """Add what was gained, and complete the quest as often as it is fulfilled.

    It may be without anything gained: a later version may have lowered what must be reached.
    """
    quest, state = standing.quest, standing.state
    # With what other versions' requirements have: an activity of theirs may still come.
    reached = {
        **state.progress,
        **{each.requirement_id: _reached(standing, each, gained) for each in quest.requirements},
    }
    times = _times_fulfilled(quest, reached, quest.max_completions - state.completions)
    if not gained and not times:
        return
    after = state.completions + times
    # Also when no further one is possible: what is left keeps the last one, if some is taken back,
    # and if that is revoked, the next may check in no earlier than it could have.
    progress = _left_over(quest, reached, times)
    is_over = after == quest.max_completions
    checked_in = _checked_in(standing, gained, situation)
    if times:
        reward = _reward(quest, times, role)
        state = _completed(standing, times, reward.points, situation)
        result.lines.append(reward)
    result.states[quest.quest_id] = replace(
        state,
        progress={name: number for name, number in progress.items() if number},
        checked_in=checked_in,
    )
    shown = {} if is_over else progress
    result.changes.append(
        QuestChange(quest.quest_id, _progress(quest, gained, shown), times, after)
    )


def _reached(standing: Standing, requirement: Requirement, gained: Amounts) -> Decimal:
    more = gained.get(requirement.requirement_id, ZERO)
    what = f"the progress of {standing.quest.quest_id}"
    return within_limit(EXACT.add(standing.reached(requirement), more), what)


def _times_fulfilled(quest: Quest, reached: Amounts, cap: int) -> int:
    return min(cap, *(_times_reached(quest, each, reached) for each in quest.requirements))


def _times_reached(quest: Quest, requirement: Requirement, reached: Amounts) -> int:
    amount = reached[requirement.requirement_id]
    if quest.overshoot == "dropped":
        return int(amount >= requirement.threshold)
    return int(EXACT.divide_int(amount, requirement.threshold))


def _left_over(quest: Quest, reached: Amounts, times: int) -> Amounts:
    """What counts towards the next completion."""
    if not times:
        return reached
    if quest.overshoot == "dropped":
        return {}
    used = _used(quest, times)
    return {name: EXACT.subtract(number, used.get(name, ZERO)) for name, number in reached.items()}


def _used(quest: Quest, times: int) -> Amounts:
    """What so many completions take."""
    return {
        each.requirement_id: EXACT.multiply(Decimal(times), each.threshold)
        for each in quest.requirements
    }


def _completed(standing: Standing, times: int, reward: Decimal, situation: Situation) -> QuestState:
    """With the completions, what they took and what they were worth: by this version, while
    those from before may have been by others.
    """
    quest = standing.quest
    before = with_what_completions_took(quest, standing.state)
    what = f"what completions of {quest.quest_id} took"
    taken = dict(before.taken)
    for name, number in _used(quest, times).items():
        taken[name] = within_limit(EXACT.add(taken.get(name, ZERO), number), what)
    return replace(
        before,
        completions=before.completions + times,
        awarded=EXACT.add(before.awarded, reward),
        taken=taken,
        rewarded_on=_rewarded_on(before, situation),
    )


def _rewarded_on(before: QuestState, situation: Situation) -> date | None:
    """The latest day of a reward; without a window, rewards count on none."""
    if situation.state.as_of is None:
        return before.rewarded_on
    return max(before.rewarded_on or situation.day, situation.day)


def _checked_in(standing: Standing, gained: Amounts, situation: Situation) -> dict[str, date]:
    counted = {
        each.requirement_id: situation.day
        for each in standing.quest.requirements
        if each.check_in_interval_days is not None and each.requirement_id in gained
    }
    return {**standing.state.checked_in, **counted}


def _progress(quest: Quest, gained: Amounts, progress: Amounts) -> tuple[RequirementProgress, ...]:
    return tuple(
        RequirementProgress(
            each.requirement_id,
            gained[each.requirement_id],
            progress.get(each.requirement_id, ZERO),
            each.threshold,
        )
        for each in quest.requirements
        if each.requirement_id in gained
    )


def _reward(quest: Quest, times: int, role: str) -> PointLine:
    points = EXACT.multiply(quest.reward.points, Decimal(times))
    return PointLine(
        role=role,
        points=within_limit(points, f"the reward of {quest.quest_id}"),
        reason=f"{times} x {canonical_text(quest.reward.points)}",
        quest_id=quest.quest_id,
    )
