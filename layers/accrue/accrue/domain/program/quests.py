"""Quests: requirements to fulfil over several activities, then a reward."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from accrue.domain.program.conditions import Choices, Conditions
from accrue.domain.program.parts import (
    ActivityTypeId,
    CatalogId,
    Document,
    PartnerId,
    PositiveAmount,
    PositivePoints,
    Role,
    Truth,
)


class Progress(StrEnum):
    """What an activity adds to a requirement.

    `matched_items`: the sum of the values of the restricted items, or the activity's amount if one
    of them has no value. `activity_value`: the activity's amount. `count`: one. A negative amount
    adds nothing, whatever it is.
    """

    MATCHED_ITEMS = "matched_items"
    ACTIVITY_VALUE = "activity_value"
    COUNT = "count"


class Requirement(Document):
    """What has to be reached. Restricted to items or groups, an activity with one of them counts.

    `check_in_interval_days`: a further activity counts only so many calendar days after the day of
    the last one that counted. Without `progress` it is `matched_items` if the requirement is
    restricted, else `activity_value`.
    """

    requirement_id: CatalogId
    activity_type_id: ActivityTypeId
    role: Role
    restricted_to_item_ids: Choices[PartnerId] = ()
    restricted_to_group_ids: Choices[PartnerId] = ()
    when: Conditions = Conditions()
    progress: Progress | None = None
    threshold: PositiveAmount
    check_in_interval_days: int | None = Field(default=None, ge=1, le=366)

    @property
    def is_restricted(self) -> bool:
        """Whether only certain items count."""
        return bool(self.restricted_to_item_ids or self.restricted_to_group_ids)

    @property
    def progress_by(self) -> Progress:
        """What an activity adds, the default applied."""
        default = Progress.MATCHED_ITEMS if self.is_restricted else Progress.ACTIVITY_VALUE
        return self.progress or default


class Reward(Document):
    """What a completion awards."""

    points: PositivePoints


class Quest(Document):
    """Requirements, all of which have to be fulfilled, for a reward, up to `max_completions` times.

    `ordered`: an activity advances only the first requirement that is not fulfilled yet. What goes
    beyond a threshold is `dropped`, or `carries_over` to the next completion.
    """

    quest_id: CatalogId
    name: str = Field(min_length=1, max_length=128)
    when: Conditions = Conditions()
    requirements: tuple[Requirement, ...] = Field(min_length=1, max_length=10)
    ordered: Truth = False
    overshoot: Literal["dropped", "carries_over"] = "dropped"
    max_completions: int = Field(default=1, ge=1, le=10**6)
    reward: Reward
