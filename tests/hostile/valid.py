"""One call of each operation that must succeed: else nobody looks at what it answers then."""

from collections.abc import Mapping, Sequence

from tests.hostile.attack import Made
from tests.hostile.known import EXPENDABLE_USER

# Values of parameters, by name.
type Values = Mapping[str, str]

MEMBERSHIP = {"program_membership_id": "12345"}
_THERE = {"If-Match": "*"}
_COFFEE_CLUB = {"program_id": "coffee-club"}
_USER, _EXPENDABLE = {"user_id": "user-1"}, {"user_id": EXPENDABLE_USER}
WEBHOOK = {"webhook_id": "hook-1"}


def valid_calls(made: Made) -> Sequence[tuple[str, Values]]:
    """Of every operation, in an order in which they succeed once these things are made."""
    activity, key = {"activity_id": made["activity_id"][0]}, {"key_id": made["key_id"][0]}
    captured, released = ({"hold_id": hold_id} for hold_id in made["hold_id"])
    done, waiting = ({"job_id": job_id} for job_id in made["job_id"])
    event = {"event_id": made["event_id"][0]}
    return [
        *_of_the_network(),
        *_of_its_catalog(),
        *_of_users(),
        ("list_activities", {}),
        ("record_network_activity", {}),
        ("record_activity_batch", {}),
        ("get_activity", activity),
        ("reverse_activity", activity),
        ("issue_api_key", {}),
        ("list_api_keys", {}),
        ("revoke_api_key", key),
        ("list_events", {}),
        ("start_job", {}),
        ("list_jobs", {}),
        ("get_job", done),
        ("list_findings", done),
        ("cancel_job", waiting),
        ("put_webhook", {**WEBHOOK, **_THERE}),
        ("list_webhooks", {}),
        ("get_webhook", WEBHOOK),
        ("rotate_secret", WEBHOOK),
        ("send_sample", WEBHOOK),
        ("list_deliveries", WEBHOOK),
        ("redeliver", {**WEBHOOK, **event}),
        ("create_program_membership", {}),
        ("get_membership", MEMBERSHIP),
        ("record_membership_activity", MEMBERSHIP),
        ("list_membership_activities", MEMBERSHIP),
        ("adjust_points", MEMBERSHIP),
        ("redeem_points", MEMBERSHIP),
        ("hold_points", MEMBERSHIP),
        ("capture_hold", {**MEMBERSHIP, **captured}),
        ("release_hold", {**MEMBERSHIP, **released}),
        ("get_balance", {**MEMBERSHIP, "as_of": "2026-02-01T12:00:00Z"}),
        ("get_statement", {**MEMBERSHIP, "from": "2026-02-01T12:00:00Z"}),
    ]


def _of_the_network() -> Sequence[tuple[str, Values]]:
    return [
        ("list_networks", {}),
        ("get_network", {}),
        ("put_network", _THERE),
        ("get_clock", {}),
        ("move_clock", {}),
        ("export_document", {}),
        ("import_document", {}),
        ("compare_document", {}),
    ]


def _of_its_catalog() -> Sequence[tuple[str, Values]]:
    return [
        ("list_activity_types", {}),
        ("get_activity_type", {"activity_type_id": "sale"}),
        ("put_activity_type", {"activity_type_id": "new_type"}),
        ("list_programs", {}),
        ("get_program", _COFFEE_CLUB),
        ("put_program", {**_COFFEE_CLUB, **_THERE}),
        ("list_versions", _COFFEE_CLUB),
        ("get_version", {**_COFFEE_CLUB, "version": "1"}),
        ("compare_versions", {**_COFFEE_CLUB, "from": "1", "to": "2"}),
    ]


def _of_users() -> Sequence[tuple[str, Values]]:
    return [
        ("list_users", {}),
        ("get_user", _USER),
        ("put_user", {"user_id": "new-user-1"}),
        ("suspend_user", _EXPENDABLE),
        ("reinstate_user", _EXPENDABLE),
        ("forget_user", _EXPENDABLE),
    ]
