"""The types of follow-up events."""

from enum import StrEnum


class EventType(StrEnum):
    """Part of the contract: a type never changes its meaning, and a name is never reused."""

    POINTS_AWARDED = "points.awarded"
    POINTS_DEDUCTED = "points.deducted"
    POINTS_AVAILABLE = "points.available"
    POINTS_EXPIRED = "points.expired"
    POINTS_REDEEMED = "points.redeemed"
    POINTS_ADJUSTED = "points.adjusted"
    POINTS_REVERSED = "points.reversed"
    POINTS_COLLECTED = "points.collected"
    POINTS_HELD = "points.held"
    HOLD_CAPTURED = "hold.captured"
    HOLD_RELEASED = "hold.released"
    HOLD_LAPSED = "hold.lapsed"
    QUEST_PROGRESSED = "quest.progressed"
    QUEST_COMPLETED = "quest.completed"
    QUEST_REVOKED = "quest.revoked"
    TIER_CHANGED = "tier.changed"
    ACTIVITY_REJECTED = "activity.rejected"
    ACTIVITY_UNDEFINED_TYPE = "activity.undefined_type"
    ACTIVITY_HELD = "activity.held"
    ACTIVITY_NOBODY_ENROLLED = "activity.nobody_enrolled"
    ACTIVITY_DUPLICATE = "activity.duplicate"
