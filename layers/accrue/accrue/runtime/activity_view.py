"""How an activity is answered with what came of it, be it in the ledger or only tried out."""

from collections.abc import Sequence
from typing import Any, Protocol

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.explanation import Explanation
from accrue.domain.follow_up_events import events_of_outcome, follow_up_events
from accrue.domain.ledger_row import ReversalMarker
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.domain.timestamps import to_text
from accrue.domain.undone import worth_of
from accrue.runtime.activity_json import PENDING, listed, received, result


class MembershipResult(Protocol):
    """What came of an activity for a membership; `posting` is None until it is applied."""

    @property
    def membership(self) -> MembershipRef: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def posting(self) -> Posting | None: ...
    @property
    def explanations(self) -> tuple[Explanation, ...]: ...


class ActivityView(Protocol):
    """An activity and what came of it; `outcome` is None while a membership waits for its own."""

    @property
    def activity(self) -> Activity: ...
    @property
    def results(self) -> Sequence[MembershipResult]: ...
    @property
    def settled(self) -> SettledOutcome | None: ...
    @property
    def reversals(self) -> Sequence[ReversalMarker]: ...
    @property
    def replays(self) -> Sequence[Activity]: ...
    @property
    def outcome(self) -> Outcome | None: ...


def activity_view(view: ActivityView) -> dict[str, Any]:
    """The activity, its results, and the events that they led to."""
    return {
        **received(view.activity),
        "outcome": view.outcome.value if view.outcome else PENDING,
        "settled_at": to_text(view.settled.settled_at) if view.settled else None,
        "events": listed(events_of_outcome(view.settled)) if view.settled else [],
        "memberships": [_membership(each) for each in view.results],
        "reversals": [_reversal(each, view.activity) for each in view.reversals],
        "replays": [each.activity_id for each in view.replays],
    }


def _reversal(marker: ReversalMarker, original: Activity) -> dict[str, Any]:
    return {
        "activity_id": marker.of,
        "amount": canonical_text(marker.amount),
        "amount_left": canonical_text(worth_of(original).left(marker.after)),
        "recorded_at": to_text(marker.recorded_at),
    }


def _membership(each: MembershipResult) -> dict[str, Any]:
    return {
        "program_membership_id": each.membership.program_membership_id,
        "program_id": each.membership.program_id,
        "roles": list(each.roles),
        **result(each.posting, each.explanations),
        "events": listed(follow_up_events(each.posting)) if each.posting else [],
    }
