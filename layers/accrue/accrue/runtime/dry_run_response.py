"""How an activity is answered that was only tried out."""

from collections.abc import Mapping, Sequence
from typing import Any

from accrue.domain.catalog import Membership
from accrue.domain.ids import is_fresh_id
from accrue.runtime.activity_view import ActivityView, activity_view
from accrue.runtime.http import Response, warnings_header


def dry_run_response(
    view: ActivityView,
    *,
    replayed: bool,
    enrols: Sequence[Membership],
    headers: Mapping[str, str],
    warnings: tuple[str, ...],
) -> Response:
    """200 with what would come of the activity, or, if it is there already, what came of it."""
    shown = activity_view(view)
    body = {
        "dry_run": True,
        "activity": shown if replayed else _as_tried_out(shown),
        "replays": view.activity.activity_id if replayed else None,
        "enrols": [_enrolled(membership) for membership in enrols],
        "warnings": list(warnings),
    }
    return Response(200, body, {**headers, **warnings_header(warnings)})


def _as_tried_out(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Without what comes of recording alone: an id that only this one would have, and events."""
    activity_id = shown["activity_id"]
    return {
        **_without_events(shown),
        "activity_id": None if is_fresh_id(activity_id) else activity_id,
        "memberships": [_without_events(each) for each in shown["memberships"]],
    }


def _without_events(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "events"}


def _enrolled(membership: Membership) -> dict[str, Any]:
    return {
        "user_id": membership.user_id,
        "program_id": membership.program_id,
        "program_membership_id": membership.program_membership_id,
    }
