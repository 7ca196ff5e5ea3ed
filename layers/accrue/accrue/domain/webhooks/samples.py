"""Made-up events, for trying out a receiver: one of each type, as real ones look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from accrue.domain.activity import MembershipRef
from accrue.domain.event_types import EventType
from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.ids import id_of_event
from accrue.domain.program.parts import Document

SAMPLE_ACTIVITY_ID = "ik_samplesamplesamplesamplesamplesa"
_REVERSED_ACTIVITY_ID = "ik_reversedreversedreversedreversed"
SAMPLE_SEQUENCE = 7
_MEMBERSHIP = MembershipRef("sample-program", "sample-membership")
_LINE = {"rule_id": "sample-rule", "role": "member"}
_FIGURES = {"balance_after": "150", "available_after": "100", "owed_after": "0"}
_TAKEN = {
    "points": "-20",
    **_FIGURES,
    "lots": [{"points": "-20", "spendable_on": None, "last_day": "2026-12-31"}],
    "lots_left_out": 0,
}
_HOLD = {
    "hold_id": SAMPLE_ACTIVITY_ID,
    "held": "30",
    "expires_at": "2026-03-08T12:00:00.000000Z",
    **_FIGURES,
}
_DATA: Mapping[str, Mapping[str, Any]] = {
    EventType.POINTS_AWARDED: {
        "points": "50",
        **_FIGURES,
        "lots": [{"points": "50", "spendable_on": "2026-03-15", "last_day": "2027-03-31"}],
        "lots_left_out": 0,
        "lines": [{**_LINE, "points": "50"}],
        "lines_left_out": 0,
    },
    EventType.POINTS_DEDUCTED: {
        **_TAKEN,
        "lines": [{**_LINE, "points": "-20"}],
        "lines_left_out": 0,
    },
    EventType.POINTS_AVAILABLE: {"matured": "50", **_FIGURES},
    EventType.POINTS_EXPIRED: {"points": "-20", **_FIGURES},
    EventType.POINTS_REDEEMED: _TAKEN,
    EventType.POINTS_ADJUSTED: _TAKEN,
    EventType.POINTS_REVERSED: {
        **_TAKEN,
        "reverses": _REVERSED_ACTIVITY_ID,
        "debt": "30",
        "lines": [{**_LINE, "points": "-50"}],
        "lines_left_out": 0,
    },
    EventType.POINTS_COLLECTED: {"points": "-20", **_FIGURES},
    EventType.POINTS_HELD: {
        **_HOLD,
        "lots": [{"points": "-30", "spendable_on": None, "last_day": "2026-12-31"}],
        "lots_left_out": 0,
    },
    EventType.HOLD_CAPTURED: {
        **_HOLD,
        "lots": [{"points": "10", "spendable_on": None, "last_day": "2026-12-31"}],
        "lots_left_out": 0,
        "points": "-20",
        "captured_lots": [{"points": "-20", "last_day": "2026-12-31"}],
        "captured_lots_left_out": 0,
        "released": "10",
    },
    EventType.HOLD_RELEASED: _HOLD,
    EventType.HOLD_LAPSED: _HOLD,
    EventType.QUEST_PROGRESSED: {
        "quest_id": "sample-quest",
        "requirements": [
            {
                "requirement_id": "sample-requirement",
                "gained": "1",
                "progress": "3",
                "threshold": "5",
            }
        ],
    },
    EventType.QUEST_COMPLETED: {
        "quest_id": "sample-quest",
        "completions": 1,
        "first_completion": 1,
        "last_completion": 1,
    },
    EventType.QUEST_REVOKED: {
        "quest_id": "sample-quest",
        "requirements": [
            {
                "requirement_id": "sample-requirement",
                "gained": "-1",
                "progress": "2",
                "threshold": "5",
            }
        ],
        "completions": 0,
        "completions_after": 1,
    },
    EventType.TIER_CHANGED: {"before": "silver", "after": "gold"},
    EventType.ACTIVITY_REJECTED: {"reason": "the user is suspended"},
}


def _known(event_type: str) -> str:
    if event_type not in list(EventType):
        raise ValueError(f"is no type of event: send one of {', '.join(EventType)}")
    return event_type


class SamplePart(Document):
    """Which sample an admin wants."""

    event_type: Annotated[str, AfterValidator(_known)]


@dataclass(frozen=True, slots=True)
class Sample:
    """A made-up event, and what is sent of it: beside the fields of real ones, `is_sample`."""

    event: FollowUpEvent

    @property
    def body(self) -> str:
        """Compact JSON, as of real events."""
        document = {**self.event.to_document(), "is_sample": True}
        return json.dumps(document, separators=(",", ":"))


def sample_of(event_type: str, network_id: str, unique: str, now: datetime) -> Sample:
    """An event of the type that never happened. `unique` makes its id one that no other has."""
    data = _DATA.get(event_type)
    event = FollowUpEvent(
        event_id=id_of_event(network_id, unique, "", event_type, "sample"),
        type=event_type,
        occurred_at=now,
        network_id=network_id,
        activity_id=SAMPLE_ACTIVITY_ID,
        # What became of an activity as a whole concerns no membership.
        membership=None if data is None else _MEMBERSHIP,
        sequence=None if data is None else SAMPLE_SEQUENCE,
        data=data or {},
    )
    return Sample(event)
