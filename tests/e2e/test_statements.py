"""What a membership's history, statement and balance as of a moment say of a year that is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from tests.e2e.network import STARTING_SECONDS, LiveNetwork, wait_until

MEMBERSHIP = "12345"
YEAR = timedelta(days=365)


def asked(
    network: LiveNetwork, about: str, membership: str = MEMBERSHIP, **query: str
) -> httpx.Response:
    return network.http.get(
        f"/v2/program-memberships/{membership}/{about}",
        params=query,
        headers={"X-API-Key": network.partner_api_key},
        timeout=STARTING_SECONDS,
    )


def told(network: LiveNetwork, about: str, **query: str) -> dict[str, Any]:
    answer = asked(network, about, **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def pages(network: LiveNetwork, about: str, **query: str) -> Iterator[dict[str, Any]]:
    while True:
        page = told(network, about, **query)
        yield page
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def earn(network: LiveNetwork, key: str, occurred_at: datetime, value: str = "50") -> None:
    activity = {
        "activity_type_id": "activity_type_1",
        "value": value,
        "transaction_timestamp": int(occurred_at.timestamp()),
    }
    body = {"idempotency_key": key, "activity": activity}
    assert network.post_membership_activity(MEMBERSHIP, body).status_code == 200


def move(network: LiveNetwork, now: datetime) -> None:
    moved = network.http.post(
        f"/networks/{network.network_id}/clock",
        json={"now": now.isoformat()},
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
    )
    assert moved.status_code == 200, moved.text


def test_a_statement_of_what_was_earned_spent_and_expired_adds_up(sandbox: LiveNetwork) -> None:
    start = datetime.now(UTC)
    earn(sandbox, "first", start)
    sandbox.wait_for_balance(MEMBERSHIP, "50")
    spent = sandbox.order(MEMBERSHIP, "redemptions", {"idempotency_key": "tea", "points": "20"})
    assert spent.status_code == 200, spent.text
    after_spending = datetime.now(UTC)
    move(sandbox, start + YEAR)
    earn(sandbox, "second", start + YEAR, "7")
    sandbox.wait_for_balance(MEMBERSHIP, "7")

    beginning = (start - timedelta(hours=1)).isoformat()
    whole = told(sandbox, "statement", **{"from": beginning})

    assert (whole["opening_balance"], whole["closing_balance"]) == ("0", "7")
    assert [line["kind"] for line in whole["lines"]] == [
        *("activity", "redemption", "due", "activity"),
    ]
    assert [line["points"] for line in whole["lines"]] == ["50", "-20", "-30", "7"]
    assert [line["balance"] for line in whole["lines"]] == ["50", "30", "0", "7"]
    late = told(
        sandbox,
        "statement",
        **{"from": after_spending.isoformat(), "until": (start + YEAR / 2).isoformat()},
    )
    assert (late["opening_balance"], late["lines"], late["closing_balance"]) == ("30", [], "30")

    def as_of(moment: datetime) -> tuple[str, str]:
        body = told(sandbox, "balance", as_of=moment.isoformat())
        return body["by_recorded_at"], body["by_occurred_at"]

    assert as_of(start - timedelta(minutes=1)) == ("0", "0")
    assert as_of(after_spending) == ("30", "30")
    assert as_of(start + timedelta(days=29)) == ("30", "30")
    # It had expired by then; that was recorded when the clock was moved.
    assert as_of(start + timedelta(days=40)) == ("30", "0")
    assert as_of(start + YEAR - timedelta(minutes=1)) == ("30", "0")
    assert as_of(datetime.fromisoformat(whole["until"])) == ("7", "7")

    history = told(sandbox, "activities")["activities"]
    assert [each["activity_id"] for each in history][::-1] == [
        line["activity_id"] for line in whole["lines"]
    ]
    assert [each["balance_after"] for each in history] == ["7", "0", "30", "50"]


def test_pages_add_up_while_more_is_posted(network: LiveNetwork) -> None:
    now = datetime.now(UTC)
    for number in range(5):
        earn(network, f"key-{number}", now, "10")
    network.wait_for_balance(MEMBERSHIP, "50")
    beginning = (now - timedelta(hours=1)).isoformat()

    lines: list[dict[str, Any]] = []
    closing = "0"
    for number, page in enumerate(pages(network, "statement", **{"from": beginning, "limit": "2"})):
        assert page["opening_balance"] == closing
        lines += page["lines"]
        closing = page["closing_balance"]
        earn(network, f"more-{number}", now, "1000")
        network.wait_for_balance(MEMBERSHIP, str(50 + 1000 * (number + 1)))

    assert (len(lines), closing) == (5, "50")
    assert sum(Decimal(line["points"]) for line in lines) == 50
    listed = [
        each["activity_id"]
        for page in pages(network, "activities", limit="3")
        for each in page["activities"]
    ]
    assert len(listed) == len(set(listed)) == 8
    assert listed[-5:] == [line["activity_id"] for line in lines][::-1]


def test_what_is_asked_wrongly_is_refused(network: LiveNetwork, other_network: LiveNetwork) -> None:
    def refused(about: str, membership: str = MEMBERSHIP, **query: str) -> tuple[int, str, str]:
        answer = asked(network, about, membership, **query)
        body = answer.json()
        return answer.status_code, body["code"], body["errors"][0]["pointer"]

    earn(other_network, "theirs", datetime.now(UTC))
    wait_until(lambda: other_network.balance(MEMBERSHIP) == "50")

    assert told(network, "activities")["activities"] == []
    missing = (404, "MEMBERSHIP_NOT_FOUND", "path:program_membership_id")
    assert refused("activities", "none") == missing
    assert refused("balance", "none", as_of="2026-03-01T00:00:00Z") == missing
    assert refused("statement", "none", **{"from": "2026-03-01T00:00:00Z"}) == missing
    assert refused("activities", since="now") == (400, "INVALID_REQUEST", "query:since")
    assert refused("activities", cursor="none") == (400, "INVALID_REQUEST", "query:cursor")
    assert refused("balance") == (400, "INVALID_REQUEST", "query:as_of")
    assert refused("balance", as_of="9999-01-01T00:00:00Z")[2] == "query:as_of"
    assert refused("statement", until="2026-03-01T00:00:00Z")[2] == "query:from"
