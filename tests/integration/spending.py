"""A network whose points wait and expire, and orders about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from tests.integration.folds import assert_folds
from tests.integration.world import Answer, World

MEMBERSHIP = "/v2/program-memberships/{program_membership_id}"
REDEMPTIONS = f"POST {MEMBERSHIP}/redemptions"
HOLDS = f"POST {MEMBERSHIP}/holds"
CAPTURE = f"POST {MEMBERSHIP}/holds/{{hold_id}}/capture"
RELEASE = f"POST {MEMBERSHIP}/holds/{{hold_id}}/release"
ADJUSTMENTS = f"POST {MEMBERSHIP}/adjustments"

ROUTES = (REDEMPTIONS, HOLDS, CAPTURE, RELEASE, ADJUSTMENTS)
WITH_POINTS = (REDEMPTIONS, HOLDS, CAPTURE, ADJUSTMENTS)
TAKING = (REDEMPTIONS, HOLDS, CAPTURE)
NO_HOLD = "ik_" + "a" * 32


def spending_network(network_id: str = "demo", **points: Any) -> dict[str, Any]:
    """Points are good for 30 days, in Berlin; those of a sale can be spent a fortnight later.

    `points` are changes of the program's unit.
    """
    return {
        "network": {"network_id": network_id, "name": "Tea house"},
        "activity_types": [
            {"activity_type_id": "visit", "kind": "action", "allows_negative": True},
            {"activity_type_id": "sale", "kind": "sale", "roles": ["member"]},
            {"activity_type_id": "gift", "kind": "action"},
        ],
        "programs": [
            {
                "program_id": "tea-club",
                "name": "Tea club",
                "time_zone": "Europe/Berlin",
                "points": {
                    "unit": "leaves",
                    "scale": 2,
                    "expiry": {"kind": "after_days", "days": 30},
                    **points,
                },
                "rules": [
                    _rule("visit"),
                    _rule("sale", pending_days=14),
                    _rule("gift", expiry={"kind": "never"}),
                ],
            }
        ],
        "users": [
            {"user_id": "user-1", "email": "ann@example.com"},
            {"user_id": "user-2", "email": "ben@example.com"},
        ],
        "memberships": [
            {"program_membership_id": "ann", "program_id": "tea-club", "user_id": "user-1"},
            {"program_membership_id": "ben", "program_id": "tea-club", "user_id": "user-2"},
        ],
        "api_keys": [
            {"key_id": "partner", "role": "partner"},
            {"key_id": "admin", "role": "admin"},
        ],
    }


def _rule(activity_type_id: str, **more: Any) -> dict[str, Any]:
    return {
        "rule_id": activity_type_id,
        "activity_type_id": activity_type_id,
        "role": "member",
        "award": {"kind": "amount_times_rate", "rate": "1"},
        **more,
    }


def earn(
    world: World,
    points: str,
    activity_type: str = "gift",
    *,
    on: str = "2026-03-01",
    membership: str = "ann",
    network: str = "demo",
) -> None:
    """Points by an activity at noon of a day, applied."""
    before = {row["activity_key"] for row in world.rows("ledger")}
    occurred_at = datetime.fromisoformat(f"{on}T12:00:00+00:00")
    answer = world.post_membership_activity(
        membership,
        {
            "idempotency_key": f"activity-{len(before)}",
            "activity": {
                "activity_type_id": activity_type,
                "value": points,
                "transaction_timestamp": occurred_at.timestamp(),
            },
        },
        network=network,
    )
    assert answer.status == 200, answer
    rows = [item for item in world.items("ledger") if item["activity_key"]["S"] not in before]
    assert world.deliver(rows) == {"batchItemFailures": []}


def order(
    world: World,
    route: str,
    body: Any,
    *,
    membership: str = "ann",
    hold_id: str | None = None,
    role: str = "partner",
    **request: Any,
) -> Answer:
    """An order about a membership's points."""
    path = {"program_membership_id": membership} | ({"hold_id": hold_id} if hold_id else {})
    return world.call(route, body, path=path, role=role, **request)


def redeem(world: World, points: str, key: str = "redeem-1", **request: Any) -> Answer:
    """Redeem points."""
    return order(world, REDEMPTIONS, {"idempotency_key": key, "points": points}, **request)


def hold(
    world: World, points: str, key: str = "hold-1", seconds: int | None = None, **request: Any
) -> Answer:
    """Hold points."""
    body: dict[str, Any] = {"idempotency_key": key, "points": points}
    if seconds is not None:
        body["expires_in_seconds"] = seconds
    return order(world, HOLDS, body, **request)


def held(world: World, points: str, **request: Any) -> str:
    """The id of a hold that was made of points."""
    answer = hold(world, points, **request)
    assert answer.status == 200, answer
    hold_id: str = answer.body["hold_id"]
    return hold_id


def capture(
    world: World, hold_id: str, points: str | None = None, key: str = "capture-1", **request: Any
) -> Answer:
    """Capture a hold, or points of it."""
    body = {"idempotency_key": key} | ({"points": points} if points else {})
    return order(world, CAPTURE, body, hold_id=hold_id, **request)


def release(world: World, hold_id: str, key: str = "release-1", **request: Any) -> Answer:
    """Release a hold."""
    return order(world, RELEASE, {"idempotency_key": key}, hold_id=hold_id, **request)


def adjust(
    world: World,
    points: str,
    key: str = "adjust-1",
    reason: str = "goodwill",
    *,
    role: str = "admin",
    **request: Any,
) -> Answer:
    """Adjust points."""
    body = {"idempotency_key": key, "points": points, "reason": reason}
    return order(world, ADJUSTMENTS, body, role=role, **request)


def refused(answer: Answer) -> tuple[int, str, str, str]:
    """Status and code of a refusal, the pointer and the message of its only fault."""
    assert set(answer.body) == {"message", "code", "errors", "request_id"}
    (fault,) = answer.body["errors"]
    return answer.status, answer.body["code"], fault["pointer"], fault["message"]


@contextmanager
def nothing_written(world: World) -> Iterator[None]:
    """What runs inside leaves no trace in the tables."""
    before = {table: world.items(table) for table in ("ledger", "balance")}
    yield
    assert {table: world.items(table) for table in ("ledger", "balance")} == before


def balance_item(world: World, membership: str = "ann") -> dict[str, Any]:
    """A membership's stored balance; every posting is decided again on the way."""
    assert_folds(world)
    (item,) = (
        row
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE" and row["program_membership_id"] == membership
    )
    return item


def row_of(world: World, answer: Answer) -> dict[str, Any]:
    """The ledger row of an order."""
    activity_id = answer.headers["Accrue-Activity-Id"]
    (row,) = (row for row in world.rows("ledger") if row["activity_id"] == activity_id)
    return row


def posting_of(world: World, answer: Answer) -> dict[str, Any]:
    """The posting of an order."""
    activity_id = answer.headers["Accrue-Activity-Id"]
    (posting,) = (p for p in world.postings() if p["activity_id"] == activity_id)
    return posting


def said(item: dict[str, Any]) -> dict[str, Any]:
    """What an item says, without hashes, which follow from it, and what storage adds."""
    return {
        name: value
        for name, value in item.items()
        if not name.endswith(("_hash", "_shard")) and name not in {"invocation_id", "item_key"}
    }


def rows_of_kind(world: World, kind: str) -> list[dict[str, Any]]:
    """All ledger rows of a kind."""
    return [row for row in world.rows("ledger") if row["kind"] == kind]


def body_for(route: str, key: str = "k") -> dict[str, Any]:
    """A whole order of its kind."""
    body: dict[str, Any] = {"idempotency_key": key}
    if route in WITH_POINTS:
        body["points"] = "1"
    if route == ADJUSTMENTS:
        body["reason"] = "goodwill"
    return body


def send(world: World, route: str, body: Any, hold_id: str = NO_HOLD, **request: Any) -> Answer:
    """Send it as an admin, who may do everything."""
    hold = {"hold_id": hold_id} if "{hold_id}" in route else {}
    return order(world, route, body, role="admin", **hold, **request)
