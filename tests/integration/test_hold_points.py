"""POST /v2/program-memberships/{program_membership_id}/holds."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from accrue.domain.deciding.at_once import MAX_OPEN_HOLDS
from tests.integration.spending import (
    HOLDS,
    balance_item,
    earn,
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
)
from tests.integration.test_redeem_points import MEMBER, NOW_TEXT, lot
from tests.integration.world import World


def test_points_are_set_aside(spenders: World) -> None:
    earn(spenders, "40", "visit")
    earn(spenders, "7")

    answer = order(
        spenders,
        HOLDS,
        {
            "idempotency_key": "basket-1",
            "points": 43,
            "expires_in_seconds": 3600,
            "description": "Basket 1",
        },
    )

    hold_id = answer.body["hold_id"]
    expires_at = "2026-03-01T13:00:00.000000Z"
    assert answer.status == 200
    assert answer.headers == {"Content-Type": "application/json", "Accrue-Activity-Id": hold_id}
    assert answer.body == {
        "idempotency_key": "basket-1",
        "program_membership_id": "ann",
        "hold_id": hold_id,
        "points": "43",
        "expires_at": expires_at,
        "lots": [lot("-40", "2026-03-31"), lot("-3")],
        "balance_after": "47",
        "available_after": "4",
        "owed_after": "0",
        "recorded_at": NOW_TEXT,
    }
    assert said(row_of(spenders, answer)) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": hold_id,
        "kind": "hold",
        "front_door": "membership",
        "activity_type_id": "hold",
        "amount": 43,
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "partner",
        "payload_form": "hold/1",
        "description": "Basket 1",
        "hold_expires_at": expires_at,
        "activity_key": f"demo#{hold_id}",
    }
    assert said(posting_of(spenders, answer)) == {
        "schema_version": 3,
        "network_id": "demo",
        "program_id": "tea-club",
        "program_membership_id": "ann",
        "activity_id": hold_id,
        "activity_type_id": "hold",
        "kind": "hold",
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "posted_at": NOW_TEXT,
        "program_version": 1,
        "outcome": "applied",
        "lines": [],
        "points": 0,
        "lots": ["-40 2026-03-31", "-3 never"],
        "holds": [f"{hold_id} held 43 0 {expires_at}"],
        "balance_after": 47,
        "available_after": 4,
        "sequence": 3,
        "membership_key": "demo#M#ann",
    }
    balance = balance_item(spenders)
    assert (balance["points"], balance["due_at"]) == (47, expires_at)
    assert balance["lots"] == {"never": 4}
    assert balance["holds"] == {
        hold_id: {
            "expires_at": expires_at,
            "parts": {"2026-03-31": Decimal(40), "never": Decimal(3)},
        }
    }


def test_where_nothing_expires_the_points_are_shown_all_the_same(world: World) -> None:
    earn(world, "50", "activity_type_1", membership="12345")

    answer = hold(world, "20", membership="12345")

    assert answer.body["lots"] == [lot("-20")]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("50", "30")


@pytest.mark.parametrize(
    ("seconds", "expires_at"),
    [
        (None, "2026-03-08T12:00:00.000000Z"),
        (60, "2026-03-01T12:01:00.000000Z"),
        (2_592_000, "2026-03-31T12:00:00.000000Z"),
    ],
)
def test_a_hold_expires_when_its_sender_says_or_after_a_week(
    spenders: World, seconds: int | None, expires_at: str
) -> None:
    earn(spenders, "50")

    answer = hold(spenders, "20", seconds=seconds)

    assert answer.body["expires_at"] == expires_at


def test_a_retry_gets_the_same_answer_after_the_hold_has_lapsed(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50")
    first = hold(spenders, "50", seconds=60)
    clock.move_to(datetime(2026, 3, 2, tzinfo=UTC))

    with nothing_written(spenders):
        again = hold(spenders, "50", seconds=60)
        other = hold(spenders, "50", seconds=61)

    assert again == first.replayed()
    assert refused(other)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


def test_the_default_is_not_part_of_what_was_sent(spenders: World) -> None:
    earn(spenders, "50")
    hold(spenders, "10")

    answer = hold(spenders, "10", seconds=604_800)

    assert answer.body["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_what_is_held_cannot_be_held_or_spent_again(spenders: World) -> None:
    earn(spenders, "50")
    hold(spenders, "30")

    for attempt in (hold, redeem):
        with nothing_written(spenders):
            answer = attempt(spenders, "21", key="another")
        assert answer.headers["Accrue-Available-Points"] == "20"
        assert answer.body["message"] == (
            "There are not enough points: 20 can be spent (30 more are held)."
        )
        assert refused(answer)[:3] == (409, "INSUFFICIENT_POINTS", "/points")
    assert hold(spenders, "20", key="another").status == 200


def test_there_are_twenty_open_holds_at_most(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "50")
    ids = [hold(spenders, "1", key=f"hold-{n}").body["hold_id"] for n in range(MAX_OPEN_HOLDS)]
    assert len(set(ids)) == 20

    with nothing_written(spenders):
        answer = hold(spenders, "1", key="one-more")

    assert refused(answer) == (
        409,
        "TOO_MANY_HOLDS",
        "path:program_membership_id",
        "capture or release one of its holds first",
    )
    assert hold(spenders, "1", key="hold-0").headers["Idempotent-Replayed"] == "true"
    release(spenders, ids[0])
    assert hold(spenders, "1", key="one-more").status == 200
    clock.move_to(datetime(2026, 3, 8, 12, tzinfo=UTC))
    # All others lapse at once.
    last = hold(spenders, "50", key="all")
    (lapse,) = rows_of_kind(spenders, "due")
    assert lapse["occurred_at"] == "2026-03-08T12:00:00.000000Z"
    assert list(balance_item(spenders)["holds"]) == [last.body["hold_id"]]
