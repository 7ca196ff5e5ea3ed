"""Memberships: what they have, what came of that, and orders about it."""

from pydantic import Field

from accrue.domain.activity import Kind, Outcome
from accrue.domain.event_documents import CapturedLot, Lot
from accrue.domain.user_standing import UserStanding
from local.openapi.answers.activities import Posted
from local.openapi.answers.part import (
    Absent,
    Count,
    DayText,
    DecimalText,
    NextCursor,
    Part,
    TimeText,
    Yes,
)


class ProgramMembershipAnswer(Part):
    """A membership."""

    program_membership_id: str
    program_id: str
    user_id: str
    standing: UserStanding


class Expiring(Part):
    """The points that expire next."""

    points: DecimalText
    last_day: DayText
    expires_at: TimeText


class Maturing(Part):
    """The points that can be spent next."""

    points: DecimalText
    spendable_on: DayText
    spendable_at: TimeText


class OpenHold(Part):
    """Points that are set aside."""

    hold_id: str
    points: DecimalText
    last_day: DayText | None
    expires_at: TimeText


class LastActivity(Part):
    """The last activity that was posted."""

    activity_id: str
    activity_type_id: str
    occurred_at: TimeText
    recorded_at: TimeText


class NextTier(Part):
    """The tier above, and from how many points on."""

    tier_id: str
    name: str
    enters_at: DecimalText


class TierAnswer(Part):
    """The tier that the membership is in; null where it is below all."""

    tier_id: str | None
    name: str | None
    benefits: list[str]
    points: DecimalText
    next: NextTier | None


class RequirementStanding(Part):
    """How far a requirement is towards the next completion."""

    requirement_id: str
    progress: DecimalText
    threshold: DecimalText


class QuestAnswer(Part):
    """How far a quest is."""

    quest_id: str
    name: str
    completions: Count
    max_completions: int | None
    requirements: list[RequirementStanding]


class ProgramOfMembership(Part):
    """The version of the program that is in force."""

    program_id: str
    name: str
    version: int
    points_unit: str
    points_scale: int


class MembershipAnswer(Part):
    """A membership as it is at this moment."""

    program_membership_id: str
    balance: DecimalText
    lifetime_points: DecimalText
    available: DecimalText
    pending: DecimalText
    held: DecimalText
    owed: DecimalText
    expiring_next: Expiring | None
    pending_next: Maturing | None
    holds: list[OpenHold]
    last_activity: LastActivity | None
    tier: TierAnswer | None
    quests: list[QuestAnswer]
    program: ProgramOfMembership


class _PostingOf(Part):
    activity_id: str
    kind: Kind
    activity_type_id: str
    occurred_at: TimeText
    recorded_at: TimeText


class HistoryEntry(_PostingOf, Posted):
    """Something that was posted to the membership."""

    reverses: str | None


class HistoryPage(Part):
    """What was posted, the newest first."""

    program_membership_id: str
    activities: list[HistoryEntry]
    next_cursor: NextCursor


class BalanceAnswer(Part):
    """The balance as of a moment, by when things were recorded and by when they occurred."""

    program_membership_id: str
    as_of: TimeText
    points_unit: str
    by_recorded_at: DecimalText
    by_occurred_at: DecimalText


class StatementLine(_PostingOf):
    """A line of a statement, and the balance after it."""

    outcome: Outcome
    points: DecimalText
    balance: DecimalText
    reasons: list[str]


class StatementAnswer(Part):
    """A page of a statement, the oldest first."""

    program_membership_id: str
    start: TimeText = Field(alias="from")
    until: TimeText
    points_unit: str
    opening_balance: DecimalText
    lines: list[StatementLine]
    closing_balance: DecimalText
    next_cursor: NextCursor


class _Order(Part):
    dry_run: Yes = Absent()
    idempotency_key: str
    program_membership_id: str
    lots: list[Lot]
    balance_after: DecimalText
    available_after: DecimalText
    owed_after: DecimalText
    recorded_at: TimeText


class RedemptionAnswer(_Order):
    """The points that were spent."""

    redemption_id: str
    points: DecimalText


class HoldAnswer(_Order):
    """The points that are set aside."""

    hold_id: str
    points: DecimalText
    expires_at: TimeText


class AdjustmentAnswer(_Order):
    """The points that were added or deducted."""

    adjustment_id: str
    points: DecimalText
    reason: str


class _Closing(_Order):
    hold_id: str
    captured: DecimalText
    captured_lots: list[CapturedLot]
    released: DecimalText


class CaptureAnswer(_Closing):
    """What of a hold was spent."""

    capture_id: str


class ReleaseAnswer(_Closing):
    """What is not held any more."""

    release_id: str
