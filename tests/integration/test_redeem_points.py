"""POST /v2/program-memberships/{program_membership_id}/redemptions."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine

from tests.integration.spending import (
    REDEMPTIONS,
    adjust,
    balance_item,
    capture,
    earn,
    held,
    hold,
    nothing_written,
    order,
    posting_of,
    redeem,
    refused,
    row_of,
    rows_of_kind,
    said,
    spending_network,
)
from tests.integration.world import World

MEMBER = {
    "role": "member",
    "user_id": "user-1",
    "memberships": [{"program_id": "tea-club", "program_membership_id": "ann"}],
}
NOW_TEXT = "2026-03-01T12:00:00.000000Z"
SUSPEND = "POST /networks/{network_id}/users/{user_id}/suspend"
REINSTATE = "POST /networks/{network_id}/users/{user_id}/reinstate"


def lot(points: str, last_day: str | None = None, spendable_on: str | None = None) -> Any:
    """A lot as answers show it."""
    return {"points": points, "spendable_on": spendable_on, "last_day": last_day}


def test_points_are_spent_at_once(spenders: World) -> None:
    earn(spenders, "100.50", "visit")

    body = {"idempotency_key": "order-1", "points": "60.25", "description": "A pot of tea"}
    answer = order(spenders, REDEMPTIONS, body)

    redemption_id = answer.body["redemption_id"]
    assert answer.status == 200
    assert answer.headers == {
        "Content-Type": "application/json",
        "Accrue-Activity-Id": redemption_id,
    }
    assert answer.body == {
        "idempotency_key": "order-1",
        "program_membership_id": "ann",
        "redemption_id": redemption_id,
        "points": "60.25",
        "lots": [lot("-60.25", "2026-03-31")],
        "balance_after": "40.25",
        "available_after": "40.25",
        "owed_after": "0",
        "recorded_at": NOW_TEXT,
    }
    assert said(row_of(spenders, answer)) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": redemption_id,
        "kind": "redemption",
        "front_door": "membership",
        "activity_type_id": "redemption",
        "amount": Decimal("60.25"),
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "partner",
        "payload_form": "redemption/1",
        "description": "A pot of tea",
        "activity_key": f"demo#{redemption_id}",
    }
    assert said(posting_of(spenders, answer)) == {
        "schema_version": 3,
        "network_id": "demo",
        "program_id": "tea-club",
        "program_membership_id": "ann",
        "activity_id": redemption_id,
        "activity_type_id": "redemption",
        "kind": "redemption",
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "posted_at": NOW_TEXT,
        "program_version": 1,
        "outcome": "applied",
        "lines": [[Decimal("-60.25"), "member", "redeemed"]],
        "points": Decimal("-60.25"),
        "lots": ["-60.25 2026-03-31"],
        "balance_after": Decimal("40.25"),
        "sequence": 2,
        "membership_key": "demo#M#ann",
    }
    balance = balance_item(spenders)
    assert (balance["points"], balance["sequence"]) == (Decimal("40.25"), 2)
    assert balance["lots"] == {"2026-03-31": Decimal("40.25")}
    # What was earned stays earned.
    assert balance["lifetime_points"] == Decimal("100.50")


def test_where_nothing_expires_balances_stay_small(world: World) -> None:
    earn(world, "50", "activity_type_1", membership="12345")

    answer = redeem(world, "20", membership="12345")

    assert answer.body["lots"] == [lot("-20")]
    assert "lots" not in posting_of(world, answer)
    balance = balance_item(world, "12345")
    assert (balance["schema_version"], balance["points"]) == (2, 30)
    assert balance.keys().isdisjoint({"lots", "holds", "owed", "due_at", "due_shard"})


def test_a_retry_gets_the_same_answer_whatever_happened_since(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "100", "visit")
    first = redeem(spenders, "100")
    spenders.call(SUSPEND, path={"user_id": "user-1"})
    clock.shift(60 * 60 * 24 * 60)
    spenders.restart()

    with nothing_written(spenders):
        again = redeem(spenders, "100.00")

    assert again == first.replayed()


@pytest.mark.parametrize(
    "changes",
    [
        {"points": "99"},
        {"description": "tea"},
    ],
)
def test_another_payload_under_the_same_key_is_refused(
    spenders: World, changes: dict[str, Any]
) -> None:
    earn(spenders, "100")
    redeem(spenders, "10")

    with nothing_written(spenders):
        answer = order(
            spenders, REDEMPTIONS, {"idempotency_key": "redeem-1", "points": "10", **changes}
        )

    assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


def test_more_than_there_is_is_refused_and_leaves_the_key_free(spenders: World) -> None:
    earn(spenders, "100", "visit")
    earn(spenders, "50", "sale")
    hold(spenders, "30")

    with nothing_written(spenders):
        answer = redeem(spenders, "70.01")

    assert answer.headers["Accrue-Available-Points"] == "70"
    assert answer.body["message"] == (
        "There are not enough points: 70 can be spent (50 more are pending and 30 more are held)."
    )
    assert refused(answer) == (
        409,
        "INSUFFICIENT_POINTS",
        "/points",
        "is more than the 70 available: send at most that",
    )
    assert redeem(spenders, "70").status == 200


def test_of_nothing_nothing_can_be_spent(spenders: World) -> None:
    with nothing_written(spenders):
        answer = redeem(spenders, "1")

    assert answer.headers["Accrue-Available-Points"] == "0"
    assert answer.body["message"] == "There are not enough points: 0 can be spent."
    assert refused(answer)[:2] == (409, "INSUFFICIENT_POINTS")


def test_who_owes_is_told_so(empty_world: World) -> None:
    empty_world.import_network(spending_network(may_go_below_zero=True))
    empty_world.restart()
    adjust(empty_world, "-20")

    answer = redeem(empty_world, "1")

    assert answer.headers["Accrue-Available-Points"] == "0"
    assert answer.body["message"] == "There are not enough points: 0 can be spent; 20 are owed."


def test_fractions_that_the_program_does_not_have_are_refused(spenders: World) -> None:
    earn(spenders, "100")

    with nothing_written(spenders):
        answer = redeem(spenders, "10.001")

    assert refused(answer) == (
        422,
        "POINTS_SCALE",
        "/points",
        "has too many decimals: points have 2 here",
    )
    assert redeem(spenders, "10.01").status == 200


def test_who_is_suspended_spends_nothing_from_then_on_until_reinstated(spenders: World) -> None:
    """Whatever the functions remember."""
    earn(spenders, "100")
    hold_id = held(spenders, "10", key="hold-before")
    spenders.call(SUSPEND, path={"user_id": "user-1"})

    for attempt in (redeem, hold):
        with nothing_written(spenders):
            answer = attempt(spenders, "10")
        assert answer.body["message"] == "Nothing can be spent: the user is suspended."
        assert refused(answer) == (
            409,
            "USER_INACTIVE",
            "path:program_membership_id",
            "the user is suspended: reinstate the user first",
        )
    # What is held already was promised, and an administrator may correct what there is.
    assert capture(spenders, hold_id).status == 200
    assert adjust(spenders, "-10").status == 200
    spenders.call(REINSTATE, path={"user_id": "user-1"})
    assert redeem(spenders, "10").status == 200
    assert hold(spenders, "10").status == 200


def test_who_is_forgotten_spends_nothing(spenders: World) -> None:
    earn(spenders, "100")
    spenders.call("POST /networks/{network_id}/users/{user_id}/forget", path={"user_id": "user-1"})

    with nothing_written(spenders):
        answer = redeem(spenders, "10")

    assert refused(answer) == (
        409,
        "USER_INACTIVE",
        "path:program_membership_id",
        "the user was forgotten: an administrator can adjust the points",
    )


def test_emails_in_a_description_are_not_kept(spenders: World) -> None:
    earn(spenders, "100")
    body = {"idempotency_key": "k", "points": "1", "description": "tea for ann@example.com"}

    answer = order(spenders, REDEMPTIONS, body)

    assert row_of(spenders, answer)["description"] == "tea for [email]"
    assert "ann@example.com" not in str(spenders.items("ledger") + spenders.items("balance"))
    assert order(spenders, REDEMPTIONS, body) == answer.replayed()
    other = {**body, "description": "tea for ben@example.com"}
    assert order(spenders, REDEMPTIONS, other).status == 422


def test_unknown_fields_are_warned_about(spenders: World) -> None:
    earn(spenders, "100")

    answer = order(spenders, REDEMPTIONS, {"idempotency_key": "k", "points": 1, "desciption": "x"})

    assert answer.status == 200
    assert answer.warnings == ['unknown field "desciption" is ignored: did you mean description?']
    assert len(rows_of_kind(spenders, "redemption")) == 1
