"""What an activity adds to a requirement of a quest, or why it adds nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from accrue.domain.activity import Activity, ActivityLineItem
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.deciding.awards import items_value
from accrue.domain.deciding.matching import first_failure, items_text, selected_items
from accrue.domain.deciding.situation import Failure, Situation
from accrue.domain.membership_state import QuestState
from accrue.domain.program.quests import Progress, Quest, Requirement


@dataclass(frozen=True, slots=True)
class Standing:
    """A quest, and how far a membership was in it before the activity."""

    quest: Quest
    state: QuestState

    def reached(self, requirement: Requirement) -> Decimal:
        """What counts towards the requirement."""
        return self.state.progress.get(requirement.requirement_id, Decimal(0))

    def is_fulfilled(self, requirement: Requirement) -> bool:
        """Whether the threshold is reached."""
        return self.reached(requirement) >= requirement.threshold

    def next_open(self) -> Requirement | None:
        """The first requirement that is not fulfilled."""
        return next((r for r in self.quest.requirements if not self.is_fulfilled(r)), None)


def gain_of(
    requirement: Requirement, standing: Standing, situation: Situation
) -> Decimal | Failure:
    """What the activity adds; of what goes beyond the threshold nothing, if it is dropped."""
    activity = situation.activity
    items = _restricted_items(requirement, activity)
    gain = reported_by(requirement, activity)
    failure = (
        first_failure(requirement.when, situation)
        or _restriction_failure(requirement, items, activity)
        or _threshold_failure(requirement, standing)
        or _order_failure(requirement, standing)
        or _progress_failure(gain, activity)
        or _check_in_failure(requirement, standing, situation)
    )
    if failure:
        return failure
    if standing.quest.overshoot == "carries_over":
        return gain
    return min(gain, EXACT.subtract(requirement.threshold, standing.reached(requirement)))


def reported_by(requirement: Requirement, activity: Activity) -> Decimal:
    """What the activity says that it adds, if all conditions hold."""
    if requirement.progress_by is Progress.COUNT:
        return Decimal(1)
    if requirement.progress_by is Progress.ACTIVITY_VALUE:
        return activity.amount
    return items_value(_restricted_items(requirement, activity), activity)


def _restricted_items(requirement: Requirement, activity: Activity) -> tuple[ActivityLineItem, ...]:
    return selected_items(
        activity.line_items,
        requirement.restricted_to_item_ids,
        requirement.restricted_to_group_ids,
    )


def _restriction_failure(
    requirement: Requirement, items: Sequence[ActivityLineItem], activity: Activity
) -> Failure | None:
    if items or not requirement.is_restricted:
        return None
    return Failure("restricted_to", items_text(activity.line_items))


def _threshold_failure(requirement: Requirement, standing: Standing) -> Failure | None:
    if standing.quest.overshoot == "carries_over" or not standing.is_fulfilled(requirement):
        return None
    return Failure("threshold", canonical_text(standing.reached(requirement)))


def _order_failure(requirement: Requirement, standing: Standing) -> Failure | None:
    """An ordered quest moves on by one requirement at most: the one that was open before."""
    opened = standing.next_open()
    if not standing.quest.ordered or opened is None or opened == requirement:
        return None
    return Failure("ordered", opened.requirement_id)


def _progress_failure(gain: Decimal, activity: Activity) -> Failure | None:
    # What is taken back is undone by a reversal; it is no step forward.
    least = min(gain, activity.amount)
    return Failure("progress", canonical_text(least)) if gain <= 0 or least < 0 else None


def _check_in_failure(
    requirement: Requirement, standing: Standing, situation: Situation
) -> Failure | None:
    last = standing.state.checked_in.get(requirement.requirement_id)
    interval = requirement.check_in_interval_days
    if last is None or interval is None:
        return None
    if situation.day >= last + timedelta(days=interval):
        return None
    return Failure("check_in_interval_days", last.isoformat())
