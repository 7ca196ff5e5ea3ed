"""POST /v2/program-memberships/{program_membership_id}/adjustments."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.spending import (
    ADJUSTMENTS,
    adjust,
    balance_item,
    earn,
    held,
    hold,
    nothing_written,
    order,
    posting_of,
    redeem,
    refused,
    release,
    row_of,
    said,
    spending_network,
)
from tests.integration.test_redeem_points import MEMBER, NOW_TEXT, lot
from tests.integration.world import World


@pytest.fixture
def owing(empty_world: World) -> World:
    """A network whose program lets balances go below zero."""
    empty_world.import_network(spending_network(may_go_below_zero=True))
    empty_world.restart()
    return empty_world


def test_points_are_added_with_the_programs_expiry(spenders: World) -> None:
    earn(spenders, "7")

    answer = adjust(spenders, "12.5", reason="The tea was cold")

    adjustment_id = answer.body["adjustment_id"]
    assert answer.status == 200
    assert answer.headers == {
        "Content-Type": "application/json",
        "Accrue-Activity-Id": adjustment_id,
    }
    assert answer.body == {
        "idempotency_key": "adjust-1",
        "program_membership_id": "ann",
        "adjustment_id": adjustment_id,
        "points": "12.5",
        "reason": "The tea was cold",
        "lots": [lot("12.5", "2026-03-31")],
        "balance_after": "19.5",
        "available_after": "19.5",
        "owed_after": "0",
        "recorded_at": NOW_TEXT,
    }
    assert said(row_of(spenders, answer)) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": adjustment_id,
        "kind": "adjustment",
        "front_door": "membership",
        "activity_type_id": "adjustment",
        "amount": Decimal("12.5"),
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "admin",
        "payload_form": "adjustment/1",
        "description": "The tea was cold",
        "activity_key": f"demo#{adjustment_id}",
    }
    assert said(posting_of(spenders, answer)) == {
        "schema_version": 3,
        "network_id": "demo",
        "program_id": "tea-club",
        "program_membership_id": "ann",
        "activity_id": adjustment_id,
        "activity_type_id": "adjustment",
        "kind": "adjustment",
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "posted_at": NOW_TEXT,
        "program_version": 1,
        "outcome": "applied",
        "lines": [[Decimal("12.5"), "member", "adjusted"]],
        "points": Decimal("12.5"),
        "lots": ["12.5 2026-03-31"],
        "balance_after": Decimal("19.5"),
        "sequence": 2,
        "membership_key": "demo#M#ann",
    }
    balance = balance_item(spenders)
    assert balance["lots"] == {"never": 7, "2026-03-31": Decimal("12.5")}
    # Given by hand, they are not earned.
    assert balance["lifetime_points"] == 7


def test_a_deduction_takes_what_is_pending_last(spenders: World) -> None:
    earn(spenders, "5", "visit")
    earn(spenders, "7")
    earn(spenders, "20", "sale")

    answer = adjust(spenders, "-15")

    assert answer.body["points"] == "-15"
    assert answer.body["lots"] == [
        lot("-5", "2026-03-31"),
        lot("-7"),
        lot("-3", "2026-03-31", "2026-03-15"),
    ]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("17", "0")
    assert posting_of(spenders, answer)["lines"] == [[Decimal(-15), "member", "adjusted"]]
    assert balance_item(spenders)["lots"] == {"2026-03-15>2026-03-31": 17}


def test_a_deduction_below_zero_is_refused_and_says_what_can_be_deducted(spenders: World) -> None:
    earn(spenders, "12")
    earn(spenders, "20", "sale")
    hold(spenders, "4")

    with nothing_written(spenders):
        answer = adjust(spenders, "-28.01")

    assert answer.headers["Accrue-Available-Points"] == "28"
    assert answer.body["message"] == (
        "There are not enough points: 28 can be deducted, pending ones included (4 more are held)."
    )
    assert refused(answer) == (
        409,
        "INSUFFICIENT_POINTS",
        "/points",
        "is more than the 28 available: deduct at most that",
    )
    assert adjust(spenders, "-28").status == 200


def test_where_balances_may_go_below_zero_the_rest_is_owed(owing: World) -> None:
    earn(owing, "12")

    answer = adjust(owing, "-30")

    assert answer.body["lots"] == [lot("-12")]
    after = [answer.body[f"{name}_after"] for name in ("balance", "available", "owed")]
    assert after == ["-18", "0", "18"]
    balance = balance_item(owing)
    assert (balance["points"], balance["schema_version"]) == (-18, 2)


def test_what_comes_in_pays_what_is_owed(owing: World) -> None:
    adjust(owing, "-30")
    earn(owing, "10", "visit")
    assert balance_item(owing)["points"] == -20

    # What is pending pays nothing yet.
    earn(owing, "100", "sale")
    balance = balance_item(owing)
    assert (balance["points"], balance["owed"]) == (80, 20)
    assert refused(redeem(owing, "1"))[:2] == (409, "INSUFFICIENT_POINTS")

    answer = adjust(owing, "25", key="more")
    assert answer.body["lots"] == [lot("5", "2026-03-31")]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("105", "5")
    assert redeem(owing, "5").status == 200


def test_what_is_released_pays_what_is_owed(owing: World) -> None:
    earn(owing, "10", "visit")
    hold_id = held(owing, "10")
    adjust(owing, "-4")

    answer = release(owing, hold_id)

    assert (answer.body["captured"], answer.body["released"]) == ("0", "10")
    assert answer.body["lots"] == [lot("6", "2026-03-31")]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("6", "6")


def test_a_retry_gets_the_same_answer(spenders: World, clock: time_machine.Traveller) -> None:
    earn(spenders, "10")
    first = adjust(spenders, "-10")
    clock.shift(3600)

    with nothing_written(spenders):
        again = adjust(spenders, "-10.0")

    assert again == first.replayed()


@pytest.mark.parametrize("changes", [{"points": "10"}, {"points": "-1"}, {"reason": "other"}])
def test_another_payload_under_the_same_key_is_refused(
    spenders: World, changes: dict[str, Any]
) -> None:
    adjust(spenders, "100")
    adjust(spenders, "-10", key="k")

    with nothing_written(spenders):
        body = {"idempotency_key": "k", "points": "-10", "reason": "goodwill", **changes}
        answer = order(spenders, ADJUSTMENTS, body, role="admin")

    assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


@pytest.mark.parametrize("body", ["not json", {"idempotency_key": "adjust-1"}, None])
def test_a_partner_adjusts_nothing_whatever_is_sent(spenders: World, body: Any) -> None:
    with nothing_written(spenders):
        answer = order(spenders, ADJUSTMENTS, body, role="partner")
        right = adjust(spenders, "10", role="partner")

    for each in (answer, right):
        assert refused(each) == (
            403,
            "ADMIN_KEY_REQUIRED",
            "header:X-API-Key",
            "is not an admin key: send one of this network's",
        )


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (None, "is null: send why the points change"),
        ("", "is blank: send a string that is not"),
        (" ", "is blank: send a string that is not"),
        (7, "must be a string, not a number"),
        ("x" * 256, "is longer than 255 characters: shorten it"),
        ("a\nb", "contains control characters: remove them"),
    ],
)
def test_a_reason_is_required(spenders: World, reason: Any, message: str) -> None:
    body = {"idempotency_key": "k", "points": "1", "reason": reason}

    with nothing_written(spenders):
        answer = order(spenders, ADJUSTMENTS, body, role="admin")

    assert refused(answer) == (400, "INVALID_REQUEST", "/reason", message)


def test_emails_in_a_reason_are_not_kept(spenders: World) -> None:
    answer = adjust(spenders, "10", reason="asked by ann@example.com")

    assert answer.body["reason"] == "asked by [email]"
    assert row_of(spenders, answer)["description"] == "asked by [email]"
    assert "ann@example.com" not in str(spenders.items("ledger") + spenders.items("balance"))


def test_fractions_that_the_program_does_not_have_are_refused(spenders: World) -> None:
    for points in ("0.001", "-0.001"):
        with nothing_written(spenders):
            answer = adjust(spenders, points)
        assert refused(answer)[:3] == (422, "POINTS_SCALE", "/points")


def test_a_balance_has_bounds(spenders: World) -> None:
    largest = Decimal(10) ** 24
    adjust(spenders, "1")
    (item,) = (i for i in spenders.items("balance") if i["item_key"]["S"] == "BALANCE")
    lots = {"M": {"2026-03-31": {"N": str(largest)}}}
    spenders.put_items("balance", [{**item, "points": {"N": str(largest)}, "lots": lots}])

    with nothing_written(spenders):
        answer = adjust(spenders, "0.01", key="more")

    assert refused(answer) == (409, "POINTS_LIMIT", "/points", "is too much: send less")
    assert (
        adjust(spenders, "-0.01", key="more").body["balance_after"] == "999999999999999999999999.99"
    )


def test_a_balance_at_its_bounds_expires_to_nothing(
    spenders: World, clock: time_machine.Traveller
) -> None:
    largest = "999999999999999999999999.999999"
    adjust(spenders, "1")
    (item,) = (i for i in spenders.items("balance") if i["item_key"]["S"] == "BALANCE")
    lots = {"M": {"2026-03-31": {"N": largest}}}
    spenders.put_items("balance", [{**item, "points": {"N": largest}, "lots": lots}])
    clock.move_to(datetime(2026, 4, 1, tzinfo=UTC))

    assert adjust(spenders, "1", key="more").body["balance_after"] == "1"
