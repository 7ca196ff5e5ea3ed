"""Activities, and what came of them."""

from typing import Literal

from accrue.domain.activity import FrontDoor, Kind, Outcome
from accrue.domain.decision import HoldStatus
from accrue.domain.event_documents import CapturedLot, EventDocument, Lot, Requirement, Tiers
from accrue.domain.user_standing import UserStanding
from local.openapi.answers.part import (
    Absent,
    Count,
    DecimalText,
    NextCursor,
    Part,
    TimeText,
    Yes,
)


class IdempotencyKeyAnswer(Part):
    """The key that was sent, and nothing else."""

    idempotency_key: str


class ActivityIdAnswer(Part):
    """The id of the activity; of a duplicate, that of the first one."""

    activity_id: str


class AnsweredLineItem(Part):
    """An item of an activity."""

    item_id: str
    value: DecimalText | None
    group_id: str | None


class Participant(Part):
    """A user in an activity, and the part played. `standing` is there if it is not active."""

    role: str
    user_id: str
    program_membership_ids: list[str]
    standing: UserStanding = Absent()


class Received(Part):
    """What was received."""

    activity_id: str
    kind: Kind
    front_door: FrontDoor
    activity_type_id: str
    amount: DecimalText
    occurred_at: TimeText
    recorded_at: TimeText
    line_items: list[AnsweredLineItem]
    metadata: dict[str, str | bool]
    reference_id: str | None
    description: str | None
    participants: list[Participant]
    duplicate_of: str | None
    reverses: str | None
    replay_of: str | None
    hold_id: str | None
    hold_expires_at: TimeText | None
    key_id: str | None
    request_id: str


class PointLine(Part):
    """Points, and what awarded them: a rule, a bonus on top of one, or a quest."""

    rule_id: str = Absent()
    bonus_id: str = Absent()
    quest_id: str = Absent()
    role: str
    points: DecimalText
    reason: str


class HoldChange(Part):
    """A hold that was opened or closed."""

    hold_id: str
    status: HoldStatus
    points: DecimalText
    captured: DecimalText
    captured_lots: list[CapturedLot]
    expires_at: TimeText


class QuestChange(Part):
    """A quest that an activity advanced or completed."""

    quest_id: str
    requirements: list[Requirement]
    completions: int
    completions_after: Count


class Posted(Part):
    """What came of an activity for a membership."""

    outcome: Outcome
    reason: str | None
    points: DecimalText
    balance_after: DecimalText
    available_after: DecimalText
    owed_after: DecimalText
    posted_at: TimeText
    sequence: int
    program_version: int
    lines: list[PointLine]
    lots: list[Lot]
    holds: list[HoldChange]
    matured: DecimalText
    quests: list[QuestChange]
    tier: Tiers | None


class Considered(Part):
    """A rule, bonus or quest that was looked at, and why it took no effect."""

    rule_id: str = Absent()
    bonus_id: str = Absent()
    quest_id: str = Absent()
    requirement_id: str = Absent()
    matched: bool
    why_not: str | None


class Concerned(Part):
    """A membership that an activity concerns."""

    program_membership_id: str
    program_id: str
    roles: list[str]


class Result(Concerned, Posted):
    """What came of it for a membership, and why."""

    considered: list[Considered]


class PendingResult(Concerned):
    """Nothing yet; it is being applied."""

    outcome: Literal["pending"]
    reason: None
    points: None
    balance_after: None
    available_after: None
    owed_after: None
    posted_at: None
    sequence: None
    program_version: None
    lines: list[PointLine]
    lots: list[Lot]
    holds: list[HoldChange]
    matured: None
    considered: list[Considered]
    quests: list[QuestChange]
    tier: None


class ResultWithEvents(Result):
    """The same with the events that it led to."""

    events: list[EventDocument]


class PendingResultWithEvents(PendingResult):
    """Nothing yet, and so no events."""

    events: list[EventDocument]


class ReversalOfActivity(Part):
    """A reversal of the activity, in whole or in part."""

    activity_id: str
    amount: DecimalText
    amount_left: DecimalText
    recorded_at: TimeText


class ActivityAnswer(Received):
    """An activity, what came of it for each membership, and why."""

    outcome: Outcome | Literal["pending"]
    settled_at: TimeText | None
    events: list[EventDocument]
    memberships: list[ResultWithEvents | PendingResultWithEvents]
    reversals: list[ReversalOfActivity]
    replays: list[str]


class TriedOutActivity(Received):
    """What would come of an activity. Its id is null where recording alone gives one."""

    activity_id: str | None  # type: ignore[assignment]
    outcome: Outcome | Literal["pending"]
    settled_at: TimeText | None
    memberships: list[Result | PendingResult]
    reversals: list[ReversalOfActivity]
    replays: list[str]


class Enrolment(Part):
    """An enrolment that recording would bring with it."""

    user_id: str
    program_id: str
    program_membership_id: str


class DryRunAnswer(Part):
    """What would come of the request; `replays` is the activity that is there already."""

    dry_run: Yes
    activity: ActivityAnswer | TriedOutActivity
    replays: str | None
    enrols: list[Enrolment]
    warnings: list[str]


class ListedResult(Concerned):
    """What came of an activity for a membership, in brief."""

    outcome: Outcome | Literal["pending"]
    reason: str | None
    points: DecimalText | None
    balance_after: DecimalText | None
    sequence: int | None


class ListedActivity(Received):
    """An activity in a list."""

    outcome: Outcome | Literal["pending"]
    memberships: list[ListedResult]


class ActivityPage(Part):
    """Activities, the newest first, and which time the list is about."""

    activities: list[ListedActivity]
    next_cursor: NextCursor
    recorded_since: TimeText | None
    recorded_until: TimeText | None


class ReversalAnswer(Part):
    """What was taken back."""

    dry_run: Yes = Absent()
    idempotency_key: str
    reversal_id: str
    activity_id: str
    amount: DecimalText
    amount_left: DecimalText
    line_items: list[AnsweredLineItem]
    reason: str | None
    memberships: list[Result]
    recorded_at: TimeText
