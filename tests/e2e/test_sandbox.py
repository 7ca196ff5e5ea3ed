"""A sandbox's clock on the real template: moved past their last day, points expire."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.live_stack import LiveStack
from tests.e2e.network import LiveNetwork


def clock(network: LiveNetwork, method: str = "GET", body: Any = None) -> httpx.Response:
    return network.http.request(
        method,
        f"/networks/{network.network_id}/clock",
        json=body,
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
    )


def earn(network: LiveNetwork, key: str) -> None:
    activity = {
        "activity_type_id": "activity_type_1",
        "value": "50",
        "transaction_timestamp": int(time.time()),
    }
    body = {"idempotency_key": key, "activity": activity}
    assert network.post_membership_activity("12345", body).status_code == 200


def test_a_year_passes_in_a_moment(stack: LiveStack, sandbox: LiveNetwork) -> None:
    earn(sandbox, "first")
    sandbox.wait_for_balance("12345", "50")
    next_year = datetime.now(UTC) + timedelta(days=365)

    moved = clock(sandbox, "POST", {"now": next_year.isoformat()})

    assert moved.status_code == 200, moved.text
    assert (moved.json()["due_applied"], moved.json()["is_complete"]) == (1, True)
    assert sandbox.balance("12345") == "0"
    kinds = sorted(row["kind"]["S"] for row in sandbox.ledger_rows())
    assert kinds == ["activity", "due"]
    # It has happened: nothing is left for the schedule.
    report = stack.invoke("apply_due", {})[sandbox.network_id]
    assert (report["found"], report["failed"]) == (0, 0)
    # A retry moves nothing, and time goes on from there.
    again = clock(sandbox, "POST", {"now": next_year.isoformat()})
    assert (again.status_code, again.json()["due_applied"]) == (200, 0)
    assert clock(sandbox).json()["now"] > moved.json()["now"]
    assert clock(sandbox, "POST", {"now": datetime.now(UTC).isoformat()}).status_code == 409


def test_production_goes_by_real_time(network: LiveNetwork) -> None:
    for method, body in (("GET", None), ("POST", {"now": "2030-01-01T00:00:00Z"})):
        answer = clock(network, method, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "NOT_A_SANDBOX")
