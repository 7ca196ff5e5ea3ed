"""What others may want to know of: points awarded, spent and expired, quests completed, tiers
changed, and what of that was taken back.

Events derive from a posting, or a settled outcome, alone: whoever derives them, whenever, gets the
same events with the same ids, so that they can be delivered again and told apart by their id.
They hold no text of a partner but ids, and nothing personal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue.domain.activity import MembershipRef
from accrue.domain.event_types import EventType
from accrue.domain.happened import happened
from accrue.domain.ids import id_of_event
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.domain.timestamps import to_text


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
        for event_type, part, data in happened(posting)
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
