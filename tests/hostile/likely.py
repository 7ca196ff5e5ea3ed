"""For each operation that takes a body, bodies that are likely to be accepted.

Made up from schemas alone, hardly a request names a type, a role and a user that go together.
"""

from typing import Any

from tests.integration.networks import demo_network

type Json = dict[str, Any]

# What no two requests must share.
UNIQUE: Json = {"type": "string", "pattern": "^[a-z0-9]{8,20}$"}
_DEMO = demo_network()
_EMAILS = [user["email"] for user in _DEMO["users"]]
_PROGRAM = {**_DEMO["programs"][0], "name": "Coffee club, once more"}
_ACTIVITY = {
    "activity_type_id": "activity_type_1",
    "value": "50",
    "transaction_timestamp": 1772366400,
    "line_items": [{"item_id": "espresso", "value": "30"}],
}
_ORDER = {"idempotency_key": UNIQUE}
_SALE = {
    "activity_short_id": "sale",
    "amount": "100",
    "users": {"buyer": _EMAILS[0], "seller": _EMAILS[1]},
}
_TASK = {"activity_short_id": "task", "amount": "1", "users": {"doer": _EMAILS[2]}}


def likely_bodies(webhook_url: str) -> dict[str, list[Any]]:
    """By operation: fields with their values, or with a schema of theirs; rows with values."""
    return {
        "record_membership_activity": [{**_ORDER, "activity": _ACTIVITY}],
        "record_network_activity": [
            _SALE,
            _TASK,
            {"activity_short_id": "unheard of", "amount": "1", "users": {"doer": _EMAILS[2]}},
        ],
        "record_activity_batch": [[_SALE, _TASK]],
        "create_program_membership": [
            {"program_id": "coffee-club", "user_id": "user-3"},
            {"program_id": "coffee-club", "email": _EMAILS[1]},
        ],
        "reverse_activity": [_ORDER],
        "redeem_points": [{**_ORDER, "points": "1"}],
        "hold_points": [{**_ORDER, "points": "2"}],
        "capture_hold": [_ORDER],
        "release_hold": [_ORDER],
        "adjust_points": [{**_ORDER, "points": "1000", "reason": "goodwill"}],
        "put_network": [{"name": "A network"}],
        "issue_api_key": [{"key_id": UNIQUE, "role": "partner"}],
        "import_document": [{"network": {"name": "Demo network"}}],
        "compare_document": [
            {
                "network": {"name": "Demo network"},
                "activity_types": _DEMO["activity_types"],
                "programs": [_PROGRAM],
            }
        ],
        "move_clock": [{"now": "2026-12-24T12:00:00Z"}, {"now": "2040-01-01T00:00:00Z"}],
        "put_activity_type": [{"kind": "action", "roles": ["member"]}],
        "put_program": [{"program": _PROGRAM}],
        "put_user": [{"email": "somebody@example.com", "traits": {"plan": "gold"}}],
        "suspend_user": [{"reason": "under review"}],
        "put_webhook": [{"url": webhook_url, "event_types": ["*"]}],
        "send_sample": [{"event_type": "points.awarded"}],
        "start_job": [
            {"kind": "audit", **_ORDER},
            {"kind": "replay_preview", **_ORDER},
            {
                "kind": "backtest",
                **_ORDER,
                "program_id": "coffee-club",
                "from": "2026-02-01T00:00:00Z",
                "until": "2026-02-02T00:00:00Z",
                "version": 1,
            },
        ],
    }


def as_schema(body: Any) -> Json:
    """The schema of exactly such a body."""
    if isinstance(body, list):
        return {"const": body}
    return {
        "type": "object",
        "required": list(body),
        "properties": {
            name: value if value is UNIQUE else {"const": value} for name, value in body.items()
        },
        "additionalProperties": False,
    }


def as_sent(body: Any, name: str) -> Any:
    """Such a body, unique by a name that was not used before."""
    if isinstance(body, list):
        return body
    return {key: name if value is UNIQUE else value for key, value in body.items()}
