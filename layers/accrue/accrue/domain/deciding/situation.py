"""What a part of a program is held against, and how it fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from accrue.domain.activity import Activity
from accrue.domain.amounts import canonical_text
from accrue.domain.decision import Considered, Part
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program
from accrue.domain.program.segments import SegmentConditions
from accrue.domain.program.tiers import Level


@dataclass(frozen=True, slots=True)
class Failure:
    """The first condition that did not hold, by its place in the part, and what it met."""

    place: str
    seen: str = ""


def considered(
    part: Part, position: int, failure: Failure | None, requirement: int | None = None
) -> Considered:
    """What is said of a part that was held against the activity; without a failure, it held."""
    if failure is None:
        return Considered(part, position, requirement)
    return Considered(part, position, requirement, failure.place, failure.seen)


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
        return self.program.level(self.state.tier_id)

    def is_in(self, segment_id: str) -> bool:
        """Whether the membership is in the segment."""
        return self.why_outside(segment_id) is None

    def why_outside(self, segment_id: str) -> str | None:
        """The first condition of the segment that does not hold, with the value that it met."""
        segment = self.program.segments_by_id.get(segment_id)
        return "unknown" if segment is None else next(self._failing(segment.when), None)

    def _failing(self, when: SegmentConditions) -> Iterator[str]:
        for position, condition in enumerate(when.traits):
            if condition not in self.traits_held:
                # What the trait is must not get into a posting.
                yield f"traits.{position}"
        state, tier_id = self.state, self.state.tier_id or ""
        if not self.has_tier_of(when.tiers):
            yield f"tiers {tier_id}".rstrip()
        if not self.has_benefit_of(when.benefits):
            yield f"benefits {tier_id}".rstrip()
        if when.points and not when.points.contains(state.points):
            yield f"points {canonical_text(state.points)}"
        if when.lifetime_points and not when.lifetime_points.contains(state.lifetime_points):
            yield f"lifetime_points {canonical_text(state.lifetime_points)}"
        for position, quest_id in enumerate(when.completed_quests):
            if not self._has_completed(quest_id):
                yield f"completed_quests.{position}"

    def _has_completed(self, quest_id: str) -> bool:
        return quest_id in self.state.quests and self.state.quests[quest_id].completions > 0

    def has_tier_of(self, tiers: tuple[str, ...]) -> bool:
        """Whether the membership has one of the tiers; of none, it has."""
        return not tiers or (self.level is not None and self.level.tier_id in tiers)

    def has_benefit_of(self, benefits: tuple[str, ...]) -> bool:
        """Whether the membership's tier has one of the benefits; of none, it has."""
        return not benefits or (
            self.level is not None and not set(benefits).isdisjoint(self.level.benefits)
        )
