"""What others may want to know of: points awarded, spent and expired, quests completed, tiers
changed.

Events derive from a posting, or a settled outcome, alone: whoever derives them, whenever, gets the
same events with the same ids, so that they can be delivered again and told apart by their id.
They hold no text of a partner but ids, and nothing personal.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue.domain.activity import Kind, MembershipRef, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.decision import HoldChange, HoldStatus, QuestChange, TierChange
from accrue.domain.event_types import EventType
from accrue.domain.ids import id_of_event
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.domain.shown import (
    shown_available,
    shown_line,
    shown_lots,
    shown_requirements,
    shown_spent,
)
from accrue.domain.timestamps import to_text

# A posting may have a thousand lines, and what is put on a bus or queue at most 256 KB.
MAX_LINES = 50
_POINTS_TYPES = {
    Kind.REDEMPTION: EventType.POINTS_REDEEMED,
    Kind.ADJUSTMENT: EventType.POINTS_ADJUSTED,
    Kind.DUE: EventType.POINTS_EXPIRED,
}
_HOLD_TYPES = {
    HoldStatus.HELD: EventType.POINTS_HELD,
    HoldStatus.CAPTURED: EventType.HOLD_CAPTURED,
    HoldStatus.RELEASED: EventType.HOLD_RELEASED,
    HoldStatus.LAPSED: EventType.HOLD_LAPSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpEvent:
    """Something that an activity led to. `data` is as JSON has it, numbers as decimal strings.

    `sequence` is the posting's: events of a membership happened in its order.
    """

    event_id: str
    type: str
    occurred_at: datetime
    network_id: str
    activity_id: str
    membership: MembershipRef | None
    sequence: int | None
    data: Mapping[str, Any]

    def to_document(self) -> dict[str, Any]:
        """The event as it is shown and published."""
        return {
            "event_id": self.event_id,
            "type": self.type,
            "occurred_at": to_text(self.occurred_at),
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "program_id": self.membership and self.membership.program_id,
            "program_membership_id": self.membership and self.membership.program_membership_id,
            "sequence": self.sequence,
            "data": self.data,
        }

    def to_json(self) -> str:
        """The document as it is stored and sent."""
        return json.dumps(self.to_document(), separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """An event that could not be passed on, and the exception."""

    event: FollowUpEvent
    error: Exception


def follow_up_events(posting: Posting) -> tuple[FollowUpEvent, ...]:
    """What the posting led to; nothing if it awarded, advanced and changed nothing."""
    return tuple(
        FollowUpEvent(
            event_id=id_of_event(
                posting.network_id,
                posting.activity_id,
                posting.membership.program_membership_id,
                event_type,
                part,
            ),
            type=event_type,
            occurred_at=posting.posted_at,
            network_id=posting.network_id,
            activity_id=posting.activity_id,
            membership=posting.membership,
            sequence=posting.sequence,
            data=data,
        )
        for event_type, part, data in _happened(posting)
    )


def events_of_outcome(settled: SettledOutcome) -> tuple[FollowUpEvent, ...]:
    """That the activity is held, a duplicate, of an undefined type, or concerns nobody."""
    event_type = EventType(f"activity.{settled.outcome.value}").value
    return (
        FollowUpEvent(
            event_id=id_of_event(settled.network_id, settled.activity_id, "", event_type, ""),
            type=event_type,
            occurred_at=settled.settled_at,
            network_id=settled.network_id,
            activity_id=settled.activity_id,
            membership=None,
            sequence=None,
            data={},
        ),
    )


def _happened(posting: Posting) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Type, what tells it from others of the type in the posting, and data."""
    # A hold that lapsed may be why points expired.
    for hold in posting.holds:
        yield _HOLD_TYPES[hold.status].value, hold.hold_id, _hold(hold, posting)
    if event_type := _points_type(posting):
        yield event_type.value, "", _points(posting)
    if posting.matured:
        matured = {"matured": canonical_text(posting.matured), **_figures(posting)}
        yield EventType.POINTS_AVAILABLE.value, "", matured
    for quest in posting.quests:
        if quest.requirements:
            yield EventType.QUEST_PROGRESSED.value, quest.quest_id, _progress(quest)
    for quest in posting.quests:
        if quest.completions:
            yield EventType.QUEST_COMPLETED.value, quest.quest_id, _completion(quest)
    if posting.tier is not None:
        yield EventType.TIER_CHANGED.value, "", _tier(posting.tier)
    if posting.outcome is Outcome.REJECTED:
        yield EventType.ACTIVITY_REJECTED.value, "", {"reason": posting.reason}


def _points_type(posting: Posting) -> EventType | None:
    """What the posting's points are; None if there are none, or if a hold's event tells of them."""
    if not posting.points:
        return None
    if posting.kind is Kind.ACTIVITY:
        return EventType.POINTS_AWARDED if posting.points > 0 else EventType.POINTS_DEDUCTED
    return _POINTS_TYPES.get(posting.kind)


def _points(posting: Posting) -> dict[str, Any]:
    said = {"points": canonical_text(posting.points), **_figures(posting)}
    if posting.kind is not Kind.DUE:
        # What expired may have been in no lot: of a hold that lapsed, or earned long ago.
        said |= _lots(posting)
    if posting.kind is Kind.ACTIVITY:
        said |= {
            "lines": [shown_line(line) for line in posting.lines[:MAX_LINES]],
            "lines_left_out": max(0, len(posting.lines) - MAX_LINES),
        }
    return said


def _lots(posting: Posting) -> dict[str, Any]:
    return {
        "lots": shown_lots(posting, MAX_LINES),
        "lots_left_out": max(0, len(posting.lots) - MAX_LINES),
    }


def _figures(posting: Posting) -> dict[str, Any]:
    return {
        "balance_after": canonical_text(posting.balance_after),
        **shown_available(posting.available_after),
    }


def _hold(change: HoldChange, posting: Posting) -> dict[str, Any]:
    said = {
        "hold_id": change.hold_id,
        "held": canonical_text(change.points),
        "expires_at": to_text(change.expires_at),
        **_figures(posting),
    }
    # The lots of what fell due are of all holds that lapsed, and of what expired.
    if change.status in (HoldStatus.HELD, HoldStatus.CAPTURED):
        said |= _lots(posting)
    if change.status is HoldStatus.CAPTURED:
        said |= {
            "points": canonical_text(change.captured.copy_negate()),
            "captured_lots": shown_spent(change, MAX_LINES),
            "captured_lots_left_out": max(0, len(change.spent) - MAX_LINES),
            "released": canonical_text(change.released),
        }
    return said


def _progress(quest: QuestChange) -> dict[str, Any]:
    return {"quest_id": quest.quest_id, "requirements": shown_requirements(quest)}


def _completion(quest: QuestChange) -> dict[str, Any]:
    """One event for all: what goes over a threshold may complete a quest a million times."""
    return {
        "quest_id": quest.quest_id,
        "completions": quest.completions,
        "first_completion": quest.completions_after - quest.completions + 1,
        "last_completion": quest.completions_after,
    }


def _tier(tier: TierChange) -> dict[str, Any]:
    return {"before": tier.before, "after": tier.after}
