"""Reversals of what was recorded."""

from datetime import datetime
from typing import Any

from tests.integration.world import Answer, World

REVERSAL = "POST /networks/{network_id}/activities/{activity_id}/reversal"


def reverse(
    world: World,
    activity_id: str,
    key: str = "reversal-1",
    *,
    role: str = "partner",
    network: str = "demo",
    query: dict[str, str] | None = None,
    **body: Any,
) -> Answer:
    """Reverse an activity: all that is left, unless the body says `amount` or `line_items`."""
    return world.call(
        REVERSAL,
        {"idempotency_key": key, **body},
        path={"network_id": network, "activity_id": activity_id},
        network=network,
        role=role,
        query=query,
    )


def buy(
    world: World,
    points: str,
    activity_type: str = "gift",
    *,
    key: str = "purchase-1",
    membership: str = "ann",
    line_items: list[dict[str, Any]] | None = None,
    occurred_on: str = "2026-03-01",
    is_applied: bool = True,
) -> str:
    """The id of a purchase at noon of a day, in Hang's form."""
    occurred_at = datetime.fromisoformat(f"{occurred_on}T12:00:00+00:00")
    activity: dict[str, Any] = {
        "activity_type_id": activity_type,
        "value": points,
        "transaction_timestamp": int(occurred_at.timestamp()),
    }
    if line_items is not None:
        activity["line_items"] = line_items
    answer = world.post_membership_activity(
        membership, {"idempotency_key": key, "activity": activity}
    )
    assert answer.status == 200, answer
    activity_id = answer.headers["Accrue-Activity-Id"]
    if is_applied:
        rows = [i for i in world.items("ledger") if i["activity_key"]["S"].endswith(activity_id)]
        assert world.deliver(rows) == {"batchItemFailures": []}
    return activity_id
