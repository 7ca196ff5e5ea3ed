"""A network with some of everything, all of it under names that no other network has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.access.door import Door, Question, Reply

NETWORK = "/networks/{network_id}"
MEMBERSHIP = "/v2/program-memberships/{program_membership_id}"
# What neighbours may have in common.
SHARED = {"version", "mark", "since", "from", "until"}
# How many activities are recorded before anything is ordered.
RECORDED = 2
# Lists, with a query that gives a page of one thing out of two.
LISTS: dict[str, dict[str, str]] = {
    f"GET {NETWORK}/activities": {},
    f"GET {NETWORK}/events": {"since": "{since}"},
    f"GET {NETWORK}/users": {},
    f"GET {NETWORK}/api-keys": {},
    f"GET {NETWORK}/activity-types": {},
    f"GET {NETWORK}/programs": {},
    f"GET {NETWORK}/jobs": {},
    f"GET {NETWORK}/webhooks": {},
    f"GET {NETWORK}/webhooks/{{webhook_id}}/deliveries": {"status": "pending"},
    f"GET {MEMBERSHIP}/activities": {},
}


@dataclass(frozen=True)
class Neighbour:
    """A network: its ids by name, its keys by role, and a cursor of each of its lists.

    `personal` are texts that no log may have; `canaries` these and the others that nobody outside
    of the network may see.
    """

    ids: Mapping[str, str]
    keys: Mapping[str, str]
    cursors: Mapping[str, str]
    personal: frozenset[str]
    canaries: frozenset[str]


def network_document(mark: str) -> dict[str, Any]:
    """Whatever can have a name has one with the mark in it."""
    return {
        "network": {
            "network_id": f"{mark}-network",
            "name": f"Name of network {mark}",
            "is_sandbox": True,
            "metadata_fields": [f"{mark}_field"],
        },
        "activity_types": [
            {"activity_type_id": f"{mark}-type", "kind": "action"},
            {"activity_type_id": f"{mark}-sale", "kind": "sale", "roles": ["buyer"]},
        ],
        "programs": [_program(mark, "program"), _program(mark, "spare-program")],
        "users": [
            {
                "user_id": f"{mark}-user",
                "email": f"{mark}.person@example.com",
                "traits": {f"{mark}-trait": f"{mark}-trait-value"},
            },
            {"user_id": f"{mark}-spare-user", "email": f"{mark}.spare@example.com"},
        ],
        "memberships": [
            {
                "program_membership_id": f"{mark}-membership",
                "program_id": f"{mark}-program",
                "user_id": f"{mark}-user",
            }
        ],
        "api_keys": [
            {"key_id": key_id, "role": role}
            for key_id, role in (
                ("partner", "partner"),
                ("admin", "admin"),
                (f"{mark}-revoked-partner", "partner"),
                (f"{mark}-revoked-admin", "admin"),
                (f"{mark}-spare", "partner"),
            )
        ],
    }


def _program(mark: str, name: str) -> dict[str, Any]:
    return {
        "program_id": f"{mark}-{name}",
        "name": f"Name of {name} {mark}",
        "points": {"unit": f"unit-{mark}"},
    }


class _Builder:
    """Fills a network by its admin's requests."""

    def __init__(self, door: Door, mark: str) -> None:
        self._door = door
        self.mark = mark
        report = door.import_network(network_document(mark))
        self.keys = {key["key_id"]: key["api_key"] for key in report["api_keys"]}
        self.ids = {
            "network_id": f"{mark}-network",
            "program_membership_id": f"{mark}-membership",
            "user_id": f"{mark}-user",
            "email": f"{mark}.person@example.com",
            "program_id": f"{mark}-program",
            "activity_type_id": f"{mark}-type",
            "metadata_field": f"{mark}_field",
            "key_id": f"{mark}-spare",
            "webhook_id": f"{mark}-webhook",
            "version": "1",
            "mark": mark,
            "since": door.since,
            "from": door.period[0],
            "until": door.period[1],
            "used_key": f"{mark}-key-1",
            "reference_id": f"{mark}-reference",
        }

    def do(self, route: str, body: Any = None, query: dict[str, str] | None = None) -> Reply:
        """Ask as the network's admin; it must work."""
        headers = {name: scheme + self.keys["admin"] for name, scheme in HEADERS.values()}
        reply = self._door.ask(Question(route, self.ids, body, query), headers)
        assert reply.status < 300, (route, reply)
        return reply


# Where each authorizer looks for the key.
HEADERS = {"ApiKeyAuthorizer": ("X-API-Key", ""), "BearerAuthorizer": ("Authorization", "Bearer ")}


def settle_in(door: Door, mark: str) -> Neighbour:
    """Make a network with this mark, in which everything has happened once."""
    network = _Builder(door, mark)
    secrets = _define(network)
    _record(network)
    door.settle()
    _order(network)
    door.settle()
    keys = {
        "partner": network.keys["partner"],
        "admin": network.keys["admin"],
        "revoked partner": network.keys[f"{mark}-revoked-partner"],
        "revoked admin": network.keys[f"{mark}-revoked-admin"],
    }
    personal = {
        *secrets,
        *(secret.removeprefix("whsec_") for secret in secrets),
        *network.keys.values(),
        *(text.rpartition(".")[2] for text in network.keys.values()),
        *(f"{mark}.person@example.com", f"{mark}.spare@example.com", f"{mark}.person"),
        *(f"{mark}-user", f"{mark}-spare-user", f"{mark}-membership", f"{mark}-item"),
        *(f"Name of network {mark}", f"Name of program {mark}", f"unit-{mark}"),
        *(f"{mark}-trait", f"{mark}-trait-value", f"{mark}-metadata-value", f"{mark}_field"),
        *(f"{mark}-reference", f"{mark}-key-1", f"Description {mark}", f"Reason {mark}"),
        f"https://127.0.0.1:9/{mark}-hook",
    }
    opaque = {value for name, value in network.ids.items() if name not in SHARED}
    cursors = {route: _cursor(network, route, query) for route, query in LISTS.items()}
    cursors = {route: cursor for route, cursor in cursors.items() if cursor}
    return Neighbour(
        network.ids, keys, cursors, frozenset(personal), frozenset({*personal, *opaque})
    )


def _define(network: _Builder) -> list[str]:
    """The secrets of its webhooks."""
    mark = network.mark
    for key in (f"{mark}-revoked-partner", f"{mark}-revoked-admin"):
        network.ids["key_id"] = key
        network.do(f"POST {NETWORK}/api-keys/{{key_id}}/revoke")
    network.ids["key_id"] = f"{mark}-spare"
    secrets = []
    # The first counts at once; of the second, what publishes hears when its cache is over.
    for name in (f"{mark}-webhook", f"{mark}-spare-webhook"):
        network.ids["webhook_id"] = name
        hook = {"url": f"https://127.0.0.1:9/{mark}-hook", "event_types": ["*"]}
        made = network.do(f"PUT {NETWORK}/webhooks/{{webhook_id}}", hook)
        secrets.append(str(made.body["signing_secret"]))
    network.ids["webhook_id"] = f"{mark}-webhook"
    return secrets


def _record(network: _Builder) -> None:
    """Two activities, in either form."""
    mark = network.mark
    kept = {f"{mark}_field": f"{mark}-metadata-value"}
    sent = network.do(
        f"POST {NETWORK}/activity",
        {
            "activity_short_id": f"{mark}-type",
            "amount": "100",
            "users": {"member": f"{mark}.person@example.com"},
            "metadata": {
                "reference_id": f"{mark}-reference",
                "description": f"Description {mark}",
                **kept,
            },
            "line_items": [{"item_id": f"{mark}-item"}],
        },
    )
    network.ids["activity_id"] = sent.body["activity_id"]
    activity = {
        "activity_type_id": f"{mark}-type",
        "value": "100",
        "transaction_timestamp": 1,
        "metadata": kept,
    }
    network.do(
        f"POST {MEMBERSHIP}/activities",
        {"idempotency_key": f"{mark}-key-1", "activity": activity},
    )


def _order(network: _Builder) -> None:
    """A hold, a job of each kind that others can go on from, and what can be delivered again."""
    held = network.do(
        f"POST {MEMBERSHIP}/holds", {"idempotency_key": f"{network.mark}-key-2", "points": "1"}
    )
    network.ids["hold_id"] = held.body["hold_id"]
    audit = {"kind": "audit", "idempotency_key": f"{network.mark}-key-3"}
    network.ids["job_id"] = network.do(f"POST {NETWORK}/jobs", audit).body["job_id"]
    preview = {
        "kind": "replay_preview",
        "idempotency_key": f"{network.mark}-key-4",
        "recorded_from": network.ids["since"],
    }
    network.ids["preview_id"] = network.do(f"POST {NETWORK}/jobs", preview).body["job_id"]
    page = network.do(f"GET {NETWORK}/events", query={"since": network.ids["since"]})
    network.ids["event_id"] = page.body["events"][0]["event_id"]


def _cursor(network: _Builder, route: str, query: dict[str, str]) -> str:
    """Empty, if there is only one thing: how deliveries stand is a matter of time."""
    filled = {name: value.format_map(network.ids) for name, value in query.items()}
    page = network.do(route, query={**filled, "limit": "1"})
    return str(page.body["next_cursor"] or "")
