"""Segments: named conditions over a user's traits and a membership's state."""

from pydantic import Field

from accrue.domain.program.conditions import Choices, Range, TraitCondition
from accrue.domain.program.parts import CatalogId, Document


class SegmentConditions(Document):
    """What must hold of a member before the activity. All that is said must hold.

    Of `completed_quests`, all must have been completed once at least.
    """

    traits: tuple[TraitCondition, ...] = Field(default=(), max_length=20)
    tiers: Choices[CatalogId] = ()
    benefits: Choices[CatalogId] = ()
    points: Range | None = None
    lifetime_points: Range | None = None
    completed_quests: Choices[CatalogId] = ()


class Segment(Document):
    """Members for whom the conditions hold, whenever somebody asks."""

    segment_id: CatalogId
    when: SegmentConditions
