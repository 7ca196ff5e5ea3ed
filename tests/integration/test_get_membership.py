"""GET /v2/program-memberships/{program_membership_id}."""

import pytest

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_SAMPLE, hang_activity
from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}
PROGRAM = {
    "program_id": "coffee-club",
    "name": "Coffee club",
    "version": 1,
    "points_unit": "points",
    "points_scale": 2,
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
            "last_activity": None,
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
            "last_activity": {
                "activity_id": sent.headers["Accrue-Activity-Id"],
                "activity_type_id": "correction",
                "occurred_at": "2021-10-10T17:35:37.000000Z",
                "recorded_at": "2026-03-01T12:00:00.000000Z",
            },
            "program": PROGRAM,
        },
    )


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
