"""POST /v2/program-memberships/{program_membership_id}/holds/{hold_id}/release."""

from datetime import UTC, datetime

import time_machine

from tests.integration.spending import (
    balance_item,
    earn,
    held,
    nothing_written,
    posting_of,
    release,
    row_of,
    said,
)
from tests.integration.test_redeem_points import MEMBER, NOW_TEXT, lot
from tests.integration.world import World

EXPIRES_AT = "2026-03-08T12:00:00.000000Z"


def test_all_points_go_back_to_where_they_were(spenders: World) -> None:
    earn(spenders, "40", "visit")
    earn(spenders, "7")
    before = balance_item(spenders)
    hold_id = held(spenders, "43")

    answer = release(spenders, hold_id)

    release_id = answer.body["release_id"]
    assert answer.status == 200
    assert answer.headers == {"Content-Type": "application/json", "Accrue-Activity-Id": release_id}
    assert answer.body == {
        "idempotency_key": "release-1",
        "program_membership_id": "ann",
        "release_id": release_id,
        "hold_id": hold_id,
        "captured": "0",
        "captured_lots": [],
        "released": "43",
        "lots": [lot("40", "2026-03-31"), lot("3")],
        "balance_after": "47",
        "available_after": "47",
        "owed_after": "0",
        "recorded_at": NOW_TEXT,
    }
    assert said(row_of(spenders, answer)) == {
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": release_id,
        "kind": "release",
        "front_door": "membership",
        "activity_type_id": "release",
        "amount": 43,
        "participants": [MEMBER],
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "request_id": "gateway-request",
        "key_id": "partner",
        "payload_form": "release/1",
        "of": hold_id,
        "activity_key": f"demo#{release_id}",
    }
    assert said(posting_of(spenders, answer)) == {
        "schema_version": 3,
        "network_id": "demo",
        "program_id": "tea-club",
        "program_membership_id": "ann",
        "activity_id": release_id,
        "activity_type_id": "release",
        "kind": "release",
        "occurred_at": NOW_TEXT,
        "recorded_at": NOW_TEXT,
        "posted_at": NOW_TEXT,
        "program_version": 1,
        "outcome": "applied",
        "lines": [],
        "points": 0,
        "lots": ["40 2026-03-31", "3 never"],
        "holds": [f"{hold_id} released 43 0 {EXPIRES_AT}"],
        "balance_after": 47,
        "sequence": 4,
        "membership_key": "demo#M#ann",
    }
    after = balance_item(spenders)
    assert {**said(after), "sequence": 2} == said(before)


def test_where_nothing_expires_the_points_are_shown_all_the_same(world: World) -> None:
    earn(world, "50", "activity_type_1", membership="12345")
    hold_id = held(world, "20", membership="12345")

    answer = release(world, hold_id, membership="12345")

    assert answer.body["lots"] == [lot("20")]
    assert (answer.body["balance_after"], answer.body["available_after"]) == ("50", "50")


def test_a_retry_is_answered_though_the_hold_is_closed(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "40")
    hold_id = held(spenders, "30")
    first = release(spenders, hold_id)
    clock.move_to(datetime(2026, 7, 1, tzinfo=UTC))
    spenders.restart()

    with nothing_written(spenders):
        again = release(spenders, hold_id)

    assert again == first.replayed()
