"""POST /v2/program-memberships/{program_membership_id}/holds/{hold_id}/capture."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from accrue.domain.ids import id_from_idempotency_key
from tests.integration.faults import Faults
from tests.integration.spending import (
    CAPTURE,
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
    release,
    row_of,
    rows_of_kind,
    said,
    spending_network,
)
from tests.integration.test_redeem_points import MEMBER, NOW_TEXT, lot
from tests.integration.world import World

EXPIRES_AT = "2026-03-08T12:00:00.000000Z"
LAPSED = datetime(2026, 3, 8, 12, tzinfo=UTC)
LATER = datetime(2026, 7, 1, tzinfo=UTC)


def test_a_part_is_spent_and_the_rest_is_released(spenders: World) -> None:
    earn(spenders, "40", "visit")
    earn(spenders, "7")
    hold_id = held(spenders, "43")

    answer = capture(spenders, hold_id, "41.5")

    capture_id = answer.body["capture_id"]
    assert answer.status == 200
    assert answer.headers == {"Content-Type": "application/json", "Accrue-Activity-Id": capture_id}
    assert answer.body == {
        "idempotency_key": "capture-1",
        "program_membership_id": "ann",
        "capture_id": capture_id,
        "hold_id": hold_id,
        "captured": "41.5",
        "captured_lots": [
            {"points": "-40", "last_day": "2026-03-31"},
            {"points": "-1.5", "last_day": None},
        ],
        "released": "1.5",
        "lots": [lot("1.5")],
        "balance_after": "5.5",
        "available_after": "5.5",
        "owed_after": "0",
        "recorded_at": NOW_TEXT,
    }
    assert said(row_of(spenders, answer)) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": capture_id,
        "kind": "capture",
        "front_door": "membership",
        "activity_type_id": "capture",
        "amount": Decimal("41.5"),
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "partner",
        "payload_form": "capture/1",
        "of": hold_id,
        "activity_key": f"demo#{capture_id}",
    }
    posting = said(posting_of(spenders, answer))
    assert posting["lines"] == [[Decimal("-41.5"), "member", "captured"]]
    spent = "-40 2026-03-31 -1.5 never"
    assert posting["holds"] == [f"{hold_id} captured 43 41.5 {EXPIRES_AT} {spent}"]
    assert (posting["points"], posting["balance_after"]) == (Decimal("-41.5"), Decimal("5.5"))
    balance = balance_item(spenders)
    # All that is left can be spent at any time.
    assert (balance["schema_version"], balance["points"]) == (2, Decimal("5.5"))


def test_without_points_all_of_it_is_spent(spenders: World) -> None:
    earn(spenders, "40", "visit")
    hold_id = held(spenders, "30")

    answer = capture(spenders, hold_id)

    assert (answer.body["captured"], answer.body["released"]) == ("30", "0")
    assert answer.body["lots"] == []
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("10", "10")
    assert row_of(spenders, answer)["amount"] == 30
    assert balance_item(spenders)["lots"] == {"2026-03-31": 10}


def test_a_retry_is_answered_though_the_hold_is_closed(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")
    first = capture(spenders, hold_id, "20")
    clock.move_to(LATER)
    spenders.restart()

    with nothing_written(spenders):
        again = capture(spenders, hold_id, "20")

    assert again == first.replayed()


def test_all_of_it_and_as_much_as_there_is_are_two_payloads(spenders: World) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")
    capture(spenders, hold_id)

    with nothing_written(spenders):
        answer = capture(spenders, hold_id, "30")

    assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


@pytest.mark.parametrize("points", ["30.01", "10000000"])
def test_more_than_it_holds_is_refused_and_leaves_the_key_free(
    spenders: World, points: str
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")

    with nothing_written(spenders):
        answer = capture(spenders, hold_id, points)

    assert refused(answer) == (
        400,
        "INVALID_REQUEST",
        "/points",
        "is more than the hold's 30: send at most that, or leave it out to capture all",
    )
    assert capture(spenders, hold_id, "30").status == 200


def test_fractions_that_the_program_does_not_have_are_refused(spenders: World) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")

    with nothing_written(spenders):
        answer = capture(spenders, hold_id, "10.001")

    assert refused(answer)[:3] == (422, "POINTS_SCALE", "/points")
    assert capture(spenders, hold_id, "10.01").status == 200


def test_all_of_it_is_captured_though_points_have_fewer_decimals_by_now(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30.25")
    answer = spenders.call(
        "PUT /networks/{network_id}/programs/{program_id}",
        {"program": spending_network(scale=0)["programs"][0]},
        path={"program_id": "tea-club"},
        headers={"If-Match": "*"},
    )
    assert answer.status == 200, answer
    clock.shift(600)
    spenders.restart()

    assert refused(capture(spenders, hold_id, "10.5"))[:2] == (422, "POINTS_SCALE")
    assert capture(spenders, hold_id).body["captured"] == "30.25"


@pytest.mark.parametrize("closing", ["capture", "release", "lapse"])
@pytest.mark.parametrize("attempt", [capture, release])
def test_a_hold_is_closed_once(
    spenders: World, clock: time_machine.Traveller, closing: str, attempt: object
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")
    match closing:
        case "capture":
            capture(spenders, hold_id, "1", key="first")
        case "release":
            release(spenders, hold_id, key="first")
        case _:
            clock.move_to(LAPSED)

    with nothing_written(spenders):
        answer = (capture if attempt is capture else release)(spenders, hold_id, key="second")

    assert refused(answer) == (
        409,
        "HOLD_CLOSED",
        "path:hold_id",
        "was captured or released, or has lapsed: what is free again can be redeemed",
    )
    assert redeem(spenders, "1", key="second").status == 200


def test_until_the_moment_at_which_it_expires_it_can_be_captured(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")
    clock.move_to(LAPSED)
    clock.shift(-0.000001)

    assert capture(spenders, hold_id).status == 200
    assert rows_of_kind(spenders, "due") == []


def test_what_is_no_hold_of_this_membership_is_not_found(spenders: World) -> None:
    earn(spenders, "40")
    earn(spenders, "40", membership="ben")
    bens = held(spenders, "10", key="bens", membership="ben")
    redemption = redeem(spenders, "1").body["redemption_id"]
    open_id = held(spenders, "10")
    ids = (
        bens,
        redemption,
        open_id.upper(),
        open_id[:-1] + ("a" if open_id[-1] != "a" else "b"),
        "rf_" + open_id[3:],
        "hold-1",
        "a/b#c",
        "é",
        "x" * 5000,
    )

    for attempt in (capture, release):
        for hold_id in ids:
            with nothing_written(spenders):
                answer = attempt(spenders, hold_id)
            assert refused(answer) == (
                404,
                "HOLD_NOT_FOUND",
                "path:hold_id",
                "is unknown here: check the id in the URL",
            )
    assert capture(spenders, open_id).status == 200


def test_what_can_be_no_id_is_not_looked_up(
    spenders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB takes no key of more than 2,048 bytes."""
    faults = Faults.install(monkeypatch)

    for hold_id in ("x" * 5000, "HOLD", "a#b"):
        assert capture(spenders, hold_id).status == 404

    keys = {
        call.request["Key"]["activity_key"]["S"]
        for call in faults.calls
        if call.request.get("TableName") == "ledger"
    }
    # That of the order itself: it might have been carried out before.
    assert keys == {f"demo#{id_from_idempotency_key('demo', 'capture-1')}"}


def test_a_hold_of_another_network_is_not_found(spenders: World) -> None:
    spenders.import_network(spending_network("other"))
    spenders.restart()
    earn(spenders, "40")
    earn(spenders, "40", network="other")
    hold_id = held(spenders, "10")

    for attempt in (capture, release):
        with nothing_written(spenders):
            answer = attempt(spenders, hold_id, network="other")
        assert refused(answer)[:3] == (404, "HOLD_NOT_FOUND", "path:hold_id")


def test_a_key_that_was_used_is_told_before_an_unknown_hold(spenders: World) -> None:
    earn(spenders, "40")
    hold(spenders, "30")
    redeem(spenders, "1", key="used")

    for attempt in (capture, release):
        answer = attempt(spenders, "nonsense", key="used")
        assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


def test_an_amount_of_nothing_is_refused(spenders: World) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")

    with nothing_written(spenders):
        answer = order(spenders, CAPTURE, {"idempotency_key": "k", "points": 0}, hold_id=hold_id)

    assert refused(answer) == (
        400,
        "INVALID_REQUEST",
        "/points",
        "is not above 0: send how many points to take",
    )
