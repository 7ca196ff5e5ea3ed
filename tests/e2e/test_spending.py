"""Points are spent, held and adjusted, each exactly once, whoever else does so at the same time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.examples import MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

MEMBERSHIP = "12345"


@pytest.fixture
def rich(network: LiveNetwork) -> LiveNetwork:
    """A network whose membership has 100 points."""
    activity = {**MEMBERSHIP_ACTIVITY["activity"], "value": "100"}
    network.post_membership_activity(
        MEMBERSHIP, {"idempotency_key": "earned", "activity": activity}
    )
    network.wait_for_balance(MEMBERSHIP, "100")
    return network


def redeem(network: LiveNetwork, key: str, points: str = "100") -> httpx.Response:
    body = {"idempotency_key": key, "points": points}
    return network.order(MEMBERSHIP, "redemptions", body)


def told(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def kinds(network: LiveNetwork) -> Counter[str]:
    return Counter(row["kind"]["S"] for row in network.ledger_rows())


def test_of_twenty_who_spend_all_at_once_one_does(rich: LiveNetwork) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: redeem(rich, f"order-{n}"), range(20)))

    assert Counter(map(told, answers)) == {(200, None): 1, (409, "INSUFFICIENT_POINTS"): 19}
    assert {a.headers["Accrue-Available-Points"] for a in answers if a.status_code == 409} == {"0"}
    assert kinds(rich) == {"activity": 1, "redemption": 1}
    assert rich.balance(MEMBERSHIP) == "0"
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    again = redeem(rich, f"order-{winner}")
    assert again.json() == answers[winner].json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_redemption_twenty_times_at_once_is_one(rich: LiveNetwork) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: redeem(rich, "order-1", "10"), range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert rich.balance(MEMBERSHIP) == "90"


def test_points_are_held_and_captured_or_released(rich: LiveNetwork) -> None:
    held = [
        rich.order(MEMBERSHIP, "holds", {"idempotency_key": f"basket-{n}", "points": "40"})
        for n in range(2)
    ]
    assert [answer.json()["available_after"] for answer in held] == ["60", "20"]
    first, second = (answer.json()["hold_id"] for answer in held)
    assert told(redeem(rich, "order-1", "21")) == (409, "INSUFFICIENT_POINTS")

    part = {"idempotency_key": "paid", "points": "25"}
    captured = rich.order(MEMBERSHIP, f"holds/{first}/capture", part)
    assert (captured.json()["captured"], captured.json()["released"]) == ("25", "15")
    released = rich.order(MEMBERSHIP, f"holds/{second}/release", {"idempotency_key": "cancelled"})
    assert (released.json()["captured"], released.json()["released"]) == ("0", "40")

    assert rich.balance(MEMBERSHIP) == "75"
    assert rich.order(MEMBERSHIP, f"holds/{first}/capture", part).json() == captured.json()
    closed = rich.order(MEMBERSHIP, f"holds/{second}/capture", {"idempotency_key": "late"})
    assert told(closed) == (409, "HOLD_CLOSED")
    unknown = rich.order(MEMBERSHIP, "holds/none/release", {"idempotency_key": "late"})
    assert told(unknown) == (404, "HOLD_NOT_FOUND")
    assert redeem(rich, "order-1", "75").json()["available_after"] == "0"


def test_of_a_capture_and_a_release_at_once_one_closes_the_hold(rich: LiveNetwork) -> None:
    hold_id = rich.order(MEMBERSHIP, "holds", {"idempotency_key": "basket", "points": "40"}).json()[
        "hold_id"
    ]

    def close(number: int) -> httpx.Response:
        how = "capture" if number % 2 else "release"
        return rich.order(
            MEMBERSHIP, f"holds/{hold_id}/{how}", {"idempotency_key": f"close-{number}"}
        )

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(close, range(6)))

    assert Counter(map(told, answers)) == {(200, None): 1, (409, "HOLD_CLOSED"): 5}
    captured = next(a.json()["captured"] for a in answers if a.status_code == 200)
    assert rich.balance(MEMBERSHIP) == {"40": "60", "0": "100"}[captured]


def test_only_an_administrator_adjusts_points(rich: LiveNetwork) -> None:
    body = {"idempotency_key": "ticket-1", "points": "-100", "reason": "Booked twice"}

    assert told(rich.order(MEMBERSHIP, "adjustments", body)) == (403, "ADMIN_KEY_REQUIRED")
    answer = rich.order(MEMBERSHIP, "adjustments", body, as_admin=True)

    assert answer.status_code == 200
    assert (answer.json()["reason"], answer.json()["balance_after"]) == ("Booked twice", "0")
    again = {**body, "idempotency_key": "ticket-2"}
    # Balances of this program may go below zero, but nobody may spend what is not there.
    below = rich.order(MEMBERSHIP, "adjustments", again, as_admin=True)
    assert (below.json()["available_after"], below.json()["owed_after"]) == ("0", "100")
    assert told(redeem(rich, "order-1", "1")) == (409, "INSUFFICIENT_POINTS")
    assert rich.balance(MEMBERSHIP) == "-100"


def test_spending_and_earning_at_once_lose_nothing(rich: LiveNetwork) -> None:
    def act(number: int) -> int:
        if number % 2:
            return redeem(rich, f"order-{number}", "5").status_code
        activity: dict[str, Any] = {**MEMBERSHIP_ACTIVITY["activity"], "value": "7"}
        body = {"idempotency_key": f"earned-{number}", "activity": activity}
        return rich.post_membership_activity(MEMBERSHIP, body).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(act, range(20)))

    assert statuses == [200] * 20
    wait_until(lambda: rich.balance(MEMBERSHIP) == "120")
    assert kinds(rich) == {"activity": 11, "redemption": 10}


@pytest.mark.parametrize("body", ["", "not json", "{}", '{"points": 1e2000000}'])
def test_a_bad_order_is_refused(network: LiveNetwork, body: str) -> None:
    for path in ("redemptions", "holds", "holds/x/capture", "holds/x/release", "adjustments"):
        answer = network.order(MEMBERSHIP, path, body, as_admin=True)
        assert answer.status_code == 400, answer.text
        assert set(answer.json()) == {"message", "code", "errors", "request_id"}
    assert network.ledger_rows() == []
