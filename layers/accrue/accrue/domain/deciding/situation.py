"""What a part of a program is held against, and how it fails."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from accrue.domain.activity import Activity
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program
from accrue.domain.program.segments import Segment
from accrue.domain.program.tiers import Level


@dataclass(frozen=True, slots=True)
class Failure:
    """The first condition that did not hold, by its place in the part, and what it met."""

    place: str
    seen: str = ""


@dataclass(frozen=True)
class Situation:
    """An activity, and the membership before it, with its tier brought up to date."""

    activity: Activity
    roles: tuple[str, ...]
    traits_held: frozenset[TraitCondition]
    state: MembershipState
    program: Program

    @cached_property
    def occurred_at(self) -> datetime:
        """When it occurred, in the program's time zone."""
        return self.activity.occurred_at.astimezone(self.program.zone)

    @property
    def day(self) -> date:
        """The day on which it occurred, in the program's time zone."""
        return self.occurred_at.date()

    @cached_property
    def level(self) -> Level | None:
        """The membership's tier."""
        return next((lv for lv in self.program.levels if lv.tier_id == self.state.tier_id), None)

    def is_in(self, segment_id: str) -> bool:
        """Whether the membership is in the segment."""
        segment = self.program.segments_by_id.get(segment_id)
        return segment is not None and self._fulfils(segment)

    def _fulfils(self, segment: Segment) -> bool:
        when, state = segment.when, self.state
        return (
            self.traits_held.issuperset(when.traits)
            and self.has_tier_of(when.tiers)
            and self.has_benefit_of(when.benefits)
            and (when.points is None or when.points.contains(state.points))
            and (
                when.lifetime_points is None or when.lifetime_points.contains(state.lifetime_points)
            )
            and all(
                quest_id in state.quests and state.quests[quest_id].completions
                for quest_id in when.completed_quests
            )
        )

    def has_tier_of(self, tiers: tuple[str, ...]) -> bool:
        """Whether the membership has one of the tiers; of none, it has."""
        return not tiers or (self.level is not None and self.level.tier_id in tiers)

    def has_benefit_of(self, benefits: tuple[str, ...]) -> bool:
        """Whether the membership's tier has one of the benefits; of none, it has."""
        return not benefits or (
            self.level is not None and not set(benefits).isdisjoint(self.level.benefits)
        )
