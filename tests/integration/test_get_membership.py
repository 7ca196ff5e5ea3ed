"""GET /v2/program-memberships/{program_membership_id}."""

from typing import Any

import pytest
import time_machine

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_SAMPLE, hang_activity
from tests.integration.networks import demo_network
from tests.integration.rich_network import purchase, rich_network
from tests.integration.spending import earn, held
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}
PROGRAM = {
    "program_id": "coffee-club",
    "name": "Coffee club",
    "version": 1,
    "points_unit": "points",
    "points_scale": 2,
}


NO_POINTS: dict[str, Any] = {
    "available": "0",
    "pending": "0",
    "held": "0",
    "owed": "0",
    "expiring_next": None,
    "pending_next": None,
    "holds": [],
}


def test_a_membership_without_activities_has_nothing(world: World) -> None:
    answer = world.get_membership("12345")

    assert answer == Answer(
        200,
        JSON,
        {
            "program_membership_id": "12345",
            "balance": "0",
            "lifetime_points": "0",
            **NO_POINTS,
            "last_activity": None,
            "tier": None,
            "quests": [],
            "program": PROGRAM,
        },
    )


def test_a_membership_shows_its_points_and_its_last_activity(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)
    correction = hang_activity(
        {
            "/idempotency_key": "unique-key-102",
            "/activity/activity_type_id": "correction",
            "/activity/value": "-20.25",
        }
    )
    sent = world.post_membership_activity("12345", correction)
    world.post_network_activity(VILLAGE_SAMPLE)
    rows = {item["activity_id"]["S"]: item for item in world.items("ledger")}
    last = rows.pop(sent.headers["Accrue-Activity-Id"])
    world.deliver(list(rows.values()))
    world.deliver([last])

    answer = world.get_membership("12345")

    assert answer == Answer(
        200,
        JSON,
        {
            "program_membership_id": "12345",
            "balance": "29.75",
            "lifetime_points": "50",
            **NO_POINTS,
            "available": "29.75",
            "last_activity": {
                "activity_id": sent.headers["Accrue-Activity-Id"],
                "activity_type_id": "correction",
                "occurred_at": "2021-10-10T17:35:37.000000Z",
                "recorded_at": "2026-03-01T12:00:00.000000Z",
            },
            "tier": None,
            "quests": [],
            "program": PROGRAM,
        },
    )


# ---- Points that wait and points that expire ----

OF_POINTS = (
    "balance",
    "lifetime_points",
    "available",
    "pending",
    "held",
    "owed",
    "expiring_next",
    "pending_next",
)


@pytest.fixture
def waiting(empty_world: World) -> World:
    """On 1 March 2026 in Berlin, Ann earned 40 points that wait for 30 days, and 5 for the tea."""
    document = rich_network()
    program = document["programs"][0]
    program["points"]["expiry"] = {"kind": "end_of_month", "months_after": 7}
    program["rules"] = [
        {**program["rules"][0], "pending_days": 30},
        {**program["rules"][1], "expiry": {"kind": "after_days", "days": 30}},
    ]
    program |= {"bonuses": [], "quests": []}
    del program["segments"], program["bonus_stacking"], program["tiers"]
    empty_world.import_network(document)
    empty_world.restart()
    empty_world.post_membership_activity("ann", purchase(1))
    empty_world.deliver()
    return empty_world


# Between each two of these, clocks change in Berlin: on 29 March and on 25 October.
THEN_PENDING = {
    "points": "40",
    "spendable_on": "2026-03-31",
    "spendable_at": "2026-03-30T22:00:00.000000Z",
}
FIRST_EXPIRING = {
    "points": "5",
    "last_day": "2026-03-31",
    "expires_at": "2026-03-31T22:00:00.000000Z",
}
LAST_EXPIRING = {
    "points": "40",
    "last_day": "2026-10-31",
    "expires_at": "2026-10-31T23:00:00.000000Z",
}
FIGURES = [
    ("2026-03-01T12:00:01Z", "45", "45", "5", "40", "0", "0", FIRST_EXPIRING, THEN_PENDING),
    ("2026-03-30T21:59:59Z", "45", "45", "5", "40", "0", "0", FIRST_EXPIRING, THEN_PENDING),
    ("2026-03-30T22:00:00Z", "45", "45", "45", "0", "0", "0", FIRST_EXPIRING, None),
    ("2026-03-31T21:59:59Z", "45", "45", "45", "0", "0", "0", FIRST_EXPIRING, None),
    ("2026-03-31T22:00:00Z", "40", "45", "40", "0", "0", "0", LAST_EXPIRING, None),
    ("2026-10-31T22:59:59Z", "40", "45", "40", "0", "0", "0", LAST_EXPIRING, None),
    ("2026-10-31T23:00:00Z", "0", "45", "0", "0", "0", "0", None, None),
]


def test_points_are_shown_as_they_are_now_before_anything_is_posted_about_it(
    waiting: World, clock: time_machine.Traveller
) -> None:
    stored = waiting.items("balance")

    for moment, *wanted in FIGURES:
        clock.move_to(moment)
        body = waiting.get_membership("ann").body
        assert [body[name] for name in OF_POINTS] == wanted, moment
        assert body["holds"] == []
    assert waiting.items("balance") == stored


def test_what_is_posted_then_is_what_was_shown(
    waiting: World, clock: time_machine.Traveller
) -> None:
    for moment, *wanted in FIGURES:
        clock.move_to(moment)
        shown = waiting.get_membership("ann").body
        waiting.invoke("apply_due", {})
        assert waiting.get_membership("ann").body == shown
        assert [shown[name] for name in OF_POINTS] == wanted, moment
    assert len(waiting.postings()) == 4


def test_what_is_owed_is_shown_beside_what_can_be_spent(empty_world: World) -> None:
    document = rich_network()
    program = document["programs"][0]
    program["points"]["may_go_below_zero"] = True
    program["rules"] = [program["rules"][0]]
    program |= {"bonuses": [], "quests": []}
    del program["segments"], program["bonus_stacking"]
    empty_world.import_network(document)
    empty_world.restart()
    empty_world.post_membership_activity("ann", purchase(1, "-20", line_items=[]))
    empty_world.deliver()

    body = empty_world.get_membership("ann").body

    assert [body[name] for name in OF_POINTS[:6]] == ["-20", "0", "0", "0", "0", "20"]


# ---- Tier and quests ----


def test_a_program_with_tiers_and_quests_shows_where_a_member_stands(tea_house: World) -> None:
    new = tea_house.get_membership("ann").body
    for number, amount in enumerate(["60", "40", "0.5"], start=1):
        tea_house.post_membership_activity("ann", purchase(number, amount))
        tea_house.deliver()

    body = tea_house.get_membership("ann").body

    silver = {"tier_id": "silver", "name": "Silver", "enters_at": "100"}
    gold = {"tier_id": "gold", "name": "Gold", "enters_at": "1000"}
    assert new["tier"] == {
        "tier_id": None,
        "name": None,
        "benefits": [],
        "points": "0",
        "next": silver,
    }
    assert new["quests"] == [
        _quest("tea-lover", "Tea lover", 0, "0", "2"),
        _quest("big-spender", "Big spender", 0, "0", "500"),
        _quest("explorer", "Explorer", 0, "0", "3"),
    ]
    assert body["tier"] == {
        "tier_id": "silver",
        "name": "Silver",
        "benefits": ["free-refill"],
        "points": body["lifetime_points"],
        "next": gold,
    }
    assert body["quests"] == [
        _quest("tea-lover", "Tea lover", 1, "1", "2"),
        _quest("big-spender", "Big spender", 0, "100.5", "500"),
        _quest("explorer", "Explorer", 0, "0", "3"),
    ]


def test_the_highest_tier_has_no_next(tea_house: World) -> None:
    tea_house.post_membership_activity("ann", purchase(1, "1000"))
    tea_house.deliver()

    tier = tea_house.get_membership("ann").body["tier"]

    assert (tier["tier_id"], tier["next"]) == ("gold", None)


def test_a_tier_by_rolling_points_is_shown_as_of_now_and_lost_without_any_activity(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    document = rich_network()
    document["programs"][0]["tiers"]["by"] = {"kind": "rolling_points", "days": 30}
    empty_world.import_network(document)
    empty_world.restart()
    empty_world.post_membership_activity("ann", purchase(1, "100"))
    empty_world.deliver()

    def standing() -> tuple[str | None, str, str]:
        tier = empty_world.get_membership("ann").body["tier"]
        return tier["tier_id"], tier["points"], tier["next"]["tier_id"]

    # In Berlin it is the 1st of March; its points are within the window up to the 30th.
    assert standing() == ("silver", "155", "gold")
    clock.move_to("2026-03-30T21:59:59Z")
    assert standing() == ("silver", "155", "gold")
    clock.move_to("2026-03-30T22:00:01Z")
    assert standing() == (None, "0", "silver")
    assert empty_world.balance("ann") == "155"


def _quest(
    quest_id: str, name: str, completions: int, progress: str, threshold: str
) -> dict[str, Any]:
    return {
        "quest_id": quest_id,
        "name": name,
        "completions": completions,
        "max_completions": 3,
        "requirements": [{"requirement_id": "buy", "progress": progress, "threshold": threshold}],
    }


# ---- Other ----


def test_what_is_recorded_and_not_applied_yet_does_not_show(world: World) -> None:
    world.post_membership_activity("12345", HANG_EXAMPLE)

    shown = world.get_membership("12345").body

    assert (shown["balance"], shown["last_activity"]) == ("0", None)


def test_large_points_are_written_out_in_full(world: World) -> None:
    body = hang_activity({"/activity/value": "1e15"})

    world.post_membership_activity("12345", body)
    world.deliver()

    assert world.balance("12345") == "1000000000000000"


@pytest.mark.parametrize(
    "membership", ["99999", "1234%2F5", "1234/5", "müller", "m%C3%BCller", "%"]
)
def test_an_unknown_membership_is_not_found(world: World, membership: str) -> None:
    answer = world.get_membership(membership)

    assert answer == _not_found()


def test_another_networks_membership_is_not_found(world: World) -> None:
    document = demo_network("other")
    document["memberships"].append(
        {"program_membership_id": "777", "program_id": "coffee-club", "user_id": "user-5"}
    )
    world.import_network(document)
    assert world.get_membership("777", network="other").status == 200

    answer = world.get_membership("777", network="demo")

    assert answer == _not_found()


def _not_found() -> Answer:
    return Answer(
        404,
        JSON,
        {
            "message": "There is no such membership in this network.",
            "code": "MEMBERSHIP_NOT_FOUND",
            "errors": [
                {
                    "pointer": "path:program_membership_id",
                    "message": "is unknown here: check the id in the URL",
                }
            ],
            "request_id": "gateway-request",
        },
    )


def test_a_hold_shows_which_of_its_points_would_expire_first(spenders: World) -> None:
    earn(spenders, "40", "visit")
    earn(spenders, "5", "visit", on="2026-02-10")
    earn(spenders, "7")
    first = held(spenders, "46")
    second = held(spenders, "6", key="hold-2")

    shown = spenders.get_membership("ann").body

    expires_at = "2026-03-08T12:00:00.000000Z"
    assert shown["holds"] == [
        {"hold_id": first, "points": "46", "last_day": "2026-03-12", "expires_at": expires_at},
        # Points that never expire.
        {"hold_id": second, "points": "6", "last_day": None, "expires_at": expires_at},
    ]
