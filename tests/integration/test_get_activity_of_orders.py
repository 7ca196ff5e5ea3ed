"""GET /networks/{network_id}/activities/{activity_id}: of what was spent, and of what fell due."""

from typing import Any

import pytest
import time_machine

from tests.integration.rich_network import purchase, rich_network
from tests.integration.world import World

type Json = dict[str, Any]

OF_MEMBERSHIP = "POST /v2/program-memberships/{program_membership_id}"
REDEEM = f"{OF_MEMBERSHIP}/redemptions"
OF_PURSE = ("points", "balance_after", "available_after", "owed_after", "lots", "holds", "matured")


@pytest.fixture
def beans(empty_world: World) -> World:
    """40 points of 1 March in Berlin that wait until the 11th, and 5 that are good to the 31st."""
    document = rich_network()
    program = document["programs"][0]
    program["points"]["expiry"] = {"kind": "end_of_month", "months_after": 0}
    program["rules"] = [{**rule, "limits": []} for rule in program["rules"][:2]]
    program["rules"][0] |= {"pending_days": 10, "expiry": {"kind": "after_months", "months": 6}}
    program |= {"bonuses": [], "quests": []}
    del program["segments"], program["bonus_stacking"], program["tiers"]
    empty_world.import_network(document)
    empty_world.restart()
    empty_world.post_membership_activity("ann", purchase(1))
    empty_world.deliver()
    return empty_world


def shown(world: World, activity_id: str) -> tuple[Json, Json]:
    """What is shown of a row, and its one result."""
    body = world.get_activity(activity_id).body
    (result,) = body["memberships"]
    return body, result


def test_an_award_shows_its_lots(beans: World) -> None:
    (posting,) = beans.postings()

    _, result = shown(beans, posting["activity_id"])

    lots = [
        {"points": "5", "spendable_on": None, "last_day": "2026-03-31"},
        {"points": "40", "spendable_on": "2026-03-11", "last_day": "2026-09-01"},
    ]
    assert [result[name] for name in OF_PURSE] == ["45", "45", "5", "0", lots, [], "0"]
    ((event_type, said),) = ((each["type"], each["data"]) for each in result["events"])
    assert event_type == "points.awarded"
    assert (said["available_after"], said["lots"]) == ("5", lots)


def test_a_redemption_shows_which_points_were_spent(beans: World) -> None:
    body = {"idempotency_key": "spend-1", "points": "2", "description": "A cup"}
    answer = beans.call(REDEEM, body, path={"program_membership_id": "ann"}, role="partner")
    assert answer.status == 200

    row, result = shown(beans, answer.headers["Accrue-Activity-Id"])

    assert (row["kind"], row["amount"], row["description"]) == ("redemption", "2", "A cup")
    assert (row["outcome"], row["duplicate_of"], row["hold_id"]) == ("applied", None, None)
    lots = [{"points": "-2", "spendable_on": None, "last_day": "2026-03-31"}]
    assert [result[name] for name in OF_PURSE] == ["-2", "43", "3", "0", lots, [], "0"]
    assert result["lines"] == [{"role": "member", "points": "-2", "reason": "redeemed"}]
    assert [each["type"] for each in result["events"]] == ["points.redeemed"]


def test_what_fell_due_is_a_row_with_its_own_events(
    beans: World, clock: time_machine.Traveller
) -> None:
    """What waited is spendable, and what expired is gone, before anything is spent of it."""
    clock.move_to("2026-04-01T00:00:00Z")
    body = {"idempotency_key": "spend-1", "points": "40"}
    answer = beans.call(REDEEM, body, path={"program_membership_id": "ann"}, role="partner")
    assert answer.status == 200
    (due_id,) = (
        row["activity_id"] for row in beans.rows("ledger") if row["activity_id"].startswith("du_")
    )

    row, result = shown(beans, due_id)

    assert (row["kind"], row["front_door"], row["key_id"]) == ("due", "clock", None)
    assert row["occurred_at"] == "2026-03-10T23:00:00.000000Z"
    lots = [
        {"points": "-5", "spendable_on": None, "last_day": "2026-03-31"},
        {"points": "40", "spendable_on": None, "last_day": "2026-09-01"},
        {"points": "-40", "spendable_on": "2026-03-11", "last_day": "2026-09-01"},
    ]
    assert [result[name] for name in OF_PURSE] == ["-5", "40", "40", "0", lots, [], "40"]
    assert [(each["type"], each["data"]) for each in result["events"]] == [
        (
            "points.expired",
            {"points": "-5", "balance_after": "40", "available_after": "40", "owed_after": "0"},
        ),
        (
            "points.available",
            {"matured": "40", "balance_after": "40", "available_after": "40", "owed_after": "0"},
        ),
    ]


def hold(world: World, points: str) -> str:
    """Set aside Ann's points for an hour."""
    body = {"idempotency_key": f"hold-{points}", "points": points, "expires_in_seconds": 3600}
    answer = world.call(f"{OF_MEMBERSHIP}/holds", body, path={"program_membership_id": "ann"})
    assert answer.status == 200
    hold_id: str = answer.body["hold_id"]
    return hold_id


def test_a_hold_is_shown_from_its_beginning_to_its_end(
    beans: World, clock: time_machine.Traveller
) -> None:
    captured_id, lapsing_id = hold(beans, "3"), hold(beans, "2")
    path = {"program_membership_id": "ann", "hold_id": captured_id}
    body = {"idempotency_key": "capture", "points": "1"}
    answer = beans.call(f"{OF_MEMBERSHIP}/holds/{{hold_id}}/capture", body, path=path)
    assert answer.status == 200

    held, held_result = shown(beans, captured_id)
    captured, capture_result = shown(beans, answer.headers["Accrue-Activity-Id"])

    assert (held["kind"], held["hold_id"]) == ("hold", captured_id)
    assert held["hold_expires_at"] == "2026-03-01T13:00:00.000000Z"
    assert (captured["kind"], captured["hold_id"]) == ("capture", captured_id)
    assert captured["hold_expires_at"] is None
    change = {
        "hold_id": captured_id,
        "status": "held",
        "points": "3",
        "captured": "0",
        "captured_lots": [],
        "expires_at": "2026-03-01T13:00:00.000000Z",
    }
    assert held_result["holds"] == [change]
    spent = [{"points": "-1", "last_day": "2026-03-31"}]
    assert capture_result["holds"] == [
        change | {"status": "captured", "captured": "1", "captured_lots": spent}
    ]
    assert (held_result["points"], held_result["available_after"]) == ("0", "2")
    assert (capture_result["points"], capture_result["available_after"]) == ("-1", "2")
    assert [e["type"] for r in (held_result, capture_result) for e in r["events"]] == [
        "points.held",
        "hold.captured",
    ]

    (told,) = (each["data"] for each in held_result["events"])
    assert told["lots"] == [{"points": "-3", "spendable_on": None, "last_day": "2026-03-31"}]
    (told,) = (each["data"] for each in capture_result["events"])
    assert told["captured_lots"] == spent
    assert told["lots"] == [{"points": "2", "spendable_on": None, "last_day": "2026-03-31"}]

    # Of the other, a membership shows all until the hour is over.
    open_hold = {
        "hold_id": lapsing_id,
        "points": "2",
        "last_day": "2026-03-31",
        "expires_at": change["expires_at"],
    }
    clock.move_to("2026-03-01T12:59:59.999999Z")
    body = beans.get_membership("ann").body
    assert (body["held"], body["available"], body["holds"]) == ("2", "2", [open_hold])
    clock.move_to("2026-03-01T13:00:00Z")
    body = beans.get_membership("ann").body
    assert (body["held"], body["available"], body["holds"]) == ("0", "4", [])
    beans.invoke("apply_due", {})
    last = max(beans.postings(), key=lambda posting: posting["sequence"])
    _, result = shown(beans, last["activity_id"])
    assert [(each["type"], each["data"]["hold_id"]) for each in result["events"]] == [
        ("hold.lapsed", lapsing_id)
    ]
