"""A version for next month is back-tested over what was paid, and the books are audited."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from tests.e2e.network import STARTING_SECONDS, LiveNetwork, wait_until

MEMBERSHIP = "12345"
VALUES = ("50", "30", "20")


def call(network: LiveNetwork, method: str, path: str, body: Any = None) -> httpx.Response:
    return network.http.request(
        method,
        f"/networks/{network.network_id}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
        timeout=STARTING_SECONDS,
    )


def got(network: LiveNetwork, path: str) -> dict[str, Any]:
    answer = call(network, "GET", path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def done(network: LiveNetwork, **body: Any) -> dict[str, Any]:
    """The job at its end. What it is about must be over for some seconds."""
    deadline = time.monotonic() + STARTING_SECONDS
    answer = call(network, "POST", "jobs", body)
    while answer.status_code == 422 and time.monotonic() < deadline:
        assert "/until" in answer.text
        time.sleep(1)
        answer = call(network, "POST", "jobs", body)
    assert answer.status_code == 202, answer.text
    path = f"jobs/{answer.json()['job_id']}"
    wait_until(lambda: got(network, path)["status"] not in {"queued", "running"})
    job = got(network, path)
    assert job["status"] == "completed", job
    return job


def statement(network: LiveNetwork, start: datetime, until: datetime) -> dict[str, Any]:
    answer = network.http.get(
        f"/v2/program-memberships/{MEMBERSHIP}/statement",
        params={"from": start.isoformat(), "until": until.isoformat()},
        headers={"X-API-Key": network.partner_api_key},
        timeout=STARTING_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_scheduled_version_is_back_tested_and_the_books_are_right(network: LiveNetwork) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    for number, value in enumerate(VALUES):
        activity = {
            "activity_type_id": "activity_type_1",
            "value": value,
            "transaction_timestamp": int(time.time()),
        }
        body = {"idempotency_key": f"key-{number}", "activity": activity}
        assert network.post_membership_activity(MEMBERSHIP, body).status_code == 200
    network.wait_for_balance(MEMBERSHIP, "100")
    spent = network.order(MEMBERSHIP, "redemptions", {"idempotency_key": "tea", "points": "25"})
    assert spent.status_code == 200, spent.text
    until = datetime.now(UTC) + timedelta(milliseconds=1)

    latest = call(network, "GET", "programs/coffee-club")
    program = latest.json()["program"]
    program["rules"].append(
        {
            "rule_id": "double",
            "activity_type_id": "activity_type_1",
            "role": "member",
            "award": {"kind": "amount_times_rate", "rate": "2"},
        }
    )
    next_month = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    published = network.http.put(
        f"/networks/{network.network_id}/programs/coffee-club",
        json={"program": program, "effective_at": next_month},
        headers={
            "Authorization": f"Bearer {network.admin_api_key}",
            "If-Match": latest.headers["ETag"],
        },
    )
    assert published.status_code == 200, published.text

    period = {"from": start.isoformat(), "until": until.isoformat()}
    about = {"kind": "backtest", "program_id": "coffee-club", **period}
    scheduled = done(network, idempotency_key="scheduled", version=2, **about)["report"]
    in_force = done(network, idempotency_key="in-force", version=1, **about)["report"]

    told = statement(network, start, until)
    lines = [Decimal(line["points"]) for line in told["lines"]]
    earned = str(sum(points for points in lines if points > 0))
    assert scheduled["points"]["earned"] == {
        "paid": earned,
        "candidate": "200",
        "difference": "100",
    }
    assert scheduled["points"]["spent"]["paid"] == str(sum(p for p in lines if p < 0))
    assert scheduled["liability"]["balance"]["paid"] == network.balance(MEMBERSHIP) == "75"
    assert scheduled["liability"]["balance"]["candidate"] == "175"
    (gain,) = scheduled["largest_gains"]
    assert (gain["program_membership_id"], gain["difference"]) == (MEMBERSHIP, "100")
    assert {
        pair["difference"]
        for group in in_force.values()
        if isinstance(group, dict)
        for pair in group.values()
    } == {"0"}

    audit = done(network, kind="audit", idempotency_key="audit-1")
    assert (audit["counts"]["differences"], audit["counts"]["unapplied"]) == (0, 0)
    assert audit["report"] == {"points_stored": "75", "points_recomputed": "75"}
    assert network.balance(MEMBERSHIP) == "75"
