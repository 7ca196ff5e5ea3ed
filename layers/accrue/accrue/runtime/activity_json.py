"""Activities and postings as answers have them: numbers as decimal strings, times as UTC text."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from accrue.domain.activity import (
    Activity,
    ActivityLineItem,
    Kind,
    MetadataValue,
    Participant,
)
from accrue.domain.amounts import canonical_text
from accrue.domain.decision import PointLine, QuestChange
from accrue.domain.explanation import Explanation
from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.posting import Posting
from accrue.domain.shown import (
    shown_available,
    shown_holds,
    shown_line,
    shown_lots,
    shown_requirements,
)
from accrue.domain.timestamps import to_text
from accrue.domain.user_standing import UserStanding

PENDING = "pending"


def received(activity: Activity) -> dict[str, Any]:
    """What was received, and by whom it was sent."""
    return {
        "activity_id": activity.activity_id,
        "kind": activity.kind.value,
        "front_door": activity.front_door.value,
        "activity_type_id": activity.activity_type_id,
        "amount": canonical_text(activity.amount),
        "occurred_at": to_text(activity.occurred_at),
        "recorded_at": to_text(activity.recorded_at),
        "line_items": [line_item(item) for item in activity.line_items],
        "metadata": {name: _metadata_value(v) for name, v in activity.metadata.items()},
        "reference_id": activity.reference_id,
        "description": activity.description,
        "participants": [_participant(each) for each in activity.participants],
        "duplicate_of": activity.of if activity.kind is Kind.DUPLICATE else None,
        "reverses": activity.of if activity.kind is Kind.REVERSAL else None,
        "replay_of": activity.of if activity.kind is Kind.REPLAY else None,
        "hold_id": _hold_id(activity),
        "hold_expires_at": activity.hold_expires_at and to_text(activity.hold_expires_at),
        # What came with a day was sent by nobody.
        "key_id": activity.key_id or None,
        "request_id": activity.request_id,
    }


def result(posting: Posting | None, explanations: Iterable[Explanation]) -> dict[str, Any]:
    """What came of an activity for a membership; the same fields while it is pending."""
    if posting is None:
        return _PENDING_RESULT
    return {**posted(posting), "considered": [_explanation(each) for each in explanations]}


def posting_of(posting: Posting) -> dict[str, Any]:
    """What a posting is of."""
    return {
        "activity_id": posting.activity_id,
        "kind": posting.kind.value,
        "activity_type_id": posting.activity_type_id,
        "occurred_at": to_text(posting.occurred_at),
        "recorded_at": to_text(posting.recorded_at),
    }


def posted(posting: Posting) -> dict[str, Any]:
    """What came of an activity for a membership, as the posting alone says it."""
    return {
        "outcome": posting.outcome.value,
        "reason": posting.reason,
        "points": canonical_text(posting.points),
        "balance_after": canonical_text(posting.balance_after),
        **shown_available(posting),
        "posted_at": to_text(posting.posted_at),
        "sequence": posting.sequence,
        "program_version": posting.program_version,
        "lines": [_point_line(line) for line in posting.lines],
        "lots": shown_lots(posting),
        "holds": shown_holds(posting.holds),
        "matured": canonical_text(posting.matured),
        "quests": [_quest_change(q) for q in posting.quests],
        "tier": posting.tier and {"before": posting.tier.before, "after": posting.tier.after},
    }


_PENDING_RESULT: dict[str, Any] = {
    "outcome": PENDING,
    "reason": None,
    "points": None,
    "balance_after": None,
    "available_after": None,
    "owed_after": None,
    "posted_at": None,
    "sequence": None,
    "program_version": None,
    "lines": [],
    "lots": [],
    "holds": [],
    "matured": None,
    "considered": [],
    "quests": [],
    "tier": None,
}


def listed(events: Iterable[FollowUpEvent]) -> list[dict[str, Any]]:
    """Follow-up events."""
    return [event.to_document() for event in events]


def _hold_id(activity: Activity) -> str | None:
    """The hold that the row opened, or speaks of."""
    if activity.kind is Kind.HOLD:
        return activity.activity_id
    return activity.of if activity.kind in (Kind.CAPTURE, Kind.RELEASE) else None


def line_item(item: ActivityLineItem) -> dict[str, Any]:
    """An item of an activity."""
    value = None if item.value is None else canonical_text(item.value)
    return {"item_id": item.item_id, "value": value, "group_id": item.group_id}


def _metadata_value(value: MetadataValue) -> str | bool:
    return canonical_text(value) if isinstance(value, Decimal) else value


def _participant(participant: Participant) -> dict[str, Any]:
    shown = {
        "role": participant.role,
        "user_id": participant.user_id,
        "program_membership_ids": [m.program_membership_id for m in participant.memberships],
    }
    if participant.standing is not UserStanding.ACTIVE:
        shown["standing"] = participant.standing.value
    return shown


def _point_line(line: PointLine) -> dict[str, Any]:
    return {**shown_line(line), "reason": line.reason}


def _explanation(each: Explanation) -> dict[str, Any]:
    return {
        **_ids(
            rule_id=each.rule_id,
            bonus_id=each.bonus_id,
            quest_id=each.quest_id,
            requirement_id=each.requirement_id,
        ),
        "matched": each.matched,
        "why_not": each.why_not,
    }


def _ids(**ids: str | None) -> dict[str, str]:
    """Only those that there are: they tell what it is."""
    return {name: value for name, value in ids.items() if value is not None}


def _quest_change(change: QuestChange) -> dict[str, Any]:
    return {
        "quest_id": change.quest_id,
        "requirements": shown_requirements(change),
        "completions": change.completions,
        "completions_after": change.completions_after,
    }
