"""What was logged before its type was defined counts afterwards, and is taken back again."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.e2e.network import STARTING_SECONDS, LiveNetwork

SELLER, BUYER = "12347", "12348"
ACTIVITIES = 200


def wait_until(holds: Callable[[], bool]) -> None:
    """Jobs take their time."""
    deadline = time.monotonic() + STARTING_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(1)


def call(network: LiveNetwork, method: str, path: str, body: Any = None) -> httpx.Response:
    return network.http.request(
        method,
        f"/networks/{network.network_id}/{path}",
        json=body,
        headers={"Authorization": f"Bearer {network.admin_api_key}", "If-Match": "*"},
        timeout=STARTING_SECONDS,
    )


def job(network: LiveNetwork, job_id: str) -> dict[str, Any]:
    answer = call(network, "GET", f"jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def done(network: LiveNetwork, kind: str, **body: Any) -> dict[str, Any]:
    """The job at its end."""
    answer = call(network, "POST", "jobs", {"kind": f"replay_{kind}", **body})
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["job_id"]
    wait_until(lambda: job(network, job_id)["status"] not in {"queued", "running"})
    found = job(network, job_id)
    assert found["status"] == "completed", found
    return found


def set_archived(network: LiveNetwork, *, archived: bool) -> None:
    kept = {"kind": "sale", "roles": ["buyer", "seller"], "is_archived": archived}
    assert call(network, "PUT", "activity-types/S1-A", kept).status_code == 200


def log(network: LiveNetwork) -> None:
    """So many sales, of 1.00, 2.00, ..."""
    rows = [
        {
            "activity_short_id": "S1-A",
            "amount": f"{number}",
            "users": {
                "seller": "john.buyer@villagelabs.co",
                "buyer": "jane.seller@villagelabs.co",
            },
            "idempotency_key": f"late-{number}",
        }
        for number in range(1, ACTIVITIES + 1)
    ]
    answer = network.post_batch(rows)
    assert answer.status_code == 200, answer.text


def test_activities_count_that_were_logged_before_their_type_was_defined(
    network: LiveNetwork,
) -> None:
    set_archived(network, archived=True)
    log(network)
    logged = network.ledger_rows()
    assert len(logged) == ACTIVITIES
    assert {row["settled_outcome"]["S"] for row in logged} == {"undefined_type"}
    set_archived(network, archived=False)
    # So long ago a list ends, and a preview.
    last = max(row["recorded_at"]["S"] for row in logged)

    def preview() -> dict[str, Any]:
        key = f"preview-{time.monotonic_ns()}"
        return done(network, "preview", idempotency_key=key, recorded_from=last[:10] + "T00:00:00Z")

    previews: list[dict[str, Any]] = []

    def sees_all() -> bool:
        previews.append(preview())
        return bool(previews[-1]["definition"]["recorded_until"] > last)

    wait_until(sees_all)
    shown = previews[-1]
    assert shown["counts"] == {"activities": ACTIVITIES, "memberships": 2, "skipped": 0}
    # 1 % and 5 % of 1 + 2 + ... + 200.
    assert shown["report"]["points"] == "1206"
    assert network.balance(SELLER) == network.balance(BUYER) == "0"

    commit = done(network, "commit", of=shown["job_id"])

    assert commit["counts"]["applied"] == ACTIVITIES
    assert (network.balance(SELLER), network.balance(BUYER)) == ("1005", "201")
    again = done(network, "commit", of=shown["job_id"])
    assert again == commit

    reversal = done(network, "reversal", of=commit["job_id"])

    assert reversal["counts"]["reversed"] == ACTIVITIES
    assert (network.balance(SELLER), network.balance(BUYER)) == ("0", "0")
