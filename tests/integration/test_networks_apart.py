"""Two networks with the same names for everything have nothing to do with each other."""

from typing import Any

import pytest
import time_machine

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_SAMPLE, hang_activity, village_activity
from tests.integration.histories_over_http import BALANCE, HISTORY, STATEMENT, asked
from tests.integration.networks import demo_network
from tests.integration.reversals import reverse
from tests.integration.world import World

KEYED = {"Idempotency-Key": "unique-key-101"}


@pytest.fixture
def two(world: World) -> World:
    """Networks demo and other: the same memberships, types, users and key ids in both."""
    world.import_network(demo_network("other"))
    world.restart()
    return world


def test_the_same_membership_and_key_in_two_networks_are_two_activities(two: World) -> None:
    first = two.post_membership_activity("12345", HANG_EXAMPLE)
    second = two.post_membership_activity(
        "12345", hang_activity({"/activity/value": "60"}), network="other"
    )
    two.deliver()

    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body == {"idempotency_key": "unique-key-101"}
    assert first.headers["Accrue-Activity-Id"] != second.headers["Accrue-Activity-Id"]
    assert (two.balance("12345"), two.balance("12345", network="other")) == ("50", "60")


def test_a_retry_in_one_network_changes_nothing_in_the_other(two: World) -> None:
    for network in ("demo", "other", "demo", "other"):
        two.post_membership_activity("12345", HANG_EXAMPLE, network=network)
    two.deliver()
    two.deliver()

    assert sorted(row["network_id"] for row in two.rows("ledger")) == ["demo", "other"]
    assert [two.balance("12345", network=n) for n in ("demo", "other")] == ["50", "50"]


def test_the_same_keys_references_and_emails_in_two_networks_are_of_two_activities(
    two: World,
) -> None:
    body = village_activity({"/metadata/reference_id": "r", "/enforceUniqueRefId": True})

    for headers in (KEYED, {}):
        answers = [
            two.post_network_activity(body, network=n, path_network=n, headers=headers)
            for n in ("demo", "other")
        ]
        assert [answer.status for answer in answers] == [201, 201]
        assert len({answer.body["activity_id"] for answer in answers}) == 2
    two.deliver()

    kinds = sorted((row["network_id"], row["kind"]) for row in two.rows("ledger"))
    assert kinds == [
        (network, kind)
        for network in ("demo", "other")
        for kind in ("activity", "duplicate", "reference_marker")
    ]
    assert [two.balance("12345", network=n) for n in ("demo", "other")] == ["5", "5"]


def test_one_batch_of_the_stream_keeps_two_networks_apart(two: World) -> None:
    for number, network in enumerate(["demo", "other"] * 3, start=1):
        body = hang_activity({"/idempotency_key": f"k{number}", "/activity/value": number})
        two.post_membership_activity("12345", body, network=network)

    assert two.deliver() == {"batchItemFailures": []}

    assert (two.balance("12345"), two.balance("12345", network="other")) == ("9", "12")
    for network in ("demo", "other"):
        mine = [p for p in two.postings() if p["network_id"] == network]
        assert {p["membership_key"] for p in mine} == {f"{network}#M#12345"}
        assert sorted(int(p["sequence"]) for p in mine) == [1, 2, 3]


def test_one_email_has_another_pseudonym_in_each_network(two: World) -> None:
    pseudonyms = [row["pseudonym"] for row in two.rows("catalog") if "pseudonym" in row]

    assert len(pseudonyms) == len(set(pseudonyms)) == 10


ONLY_IN_OTHER: dict[str, Any] = demo_network("other") | {
    "activity_types": [{"activity_type_id": "special", "kind": "action"}],
    "programs": [{"program_id": "club", "name": "Club", "points": {"unit": "p"}}],
    "users": [{"user_id": "u-1", "email": "only.other@example.com"}],
    "memberships": [{"program_membership_id": "777", "program_id": "club", "user_id": "u-1"}],
}


def test_what_is_another_networks_is_not_there(world: World) -> None:
    world.import_network(ONLY_IN_OTHER)
    special = hang_activity({"/activity/activity_type_id": "special"})
    assert world.post_membership_activity("777", special, network="other").status == 200
    before = world.items("ledger")
    activity_id = before[0]["activity_id"]["S"]

    type_elsewhere = world.post_membership_activity("12345", special)
    membership_elsewhere = world.post_membership_activity("777", HANG_EXAMPLE)
    user_elsewhere = world.post_network_activity(
        village_activity({"/users/buyer": "only.other@example.com"})
    )

    assert (type_elsewhere.status, type_elsewhere.body["code"]) == (422, "UNKNOWN_ACTIVITY_TYPE")
    assert membership_elsewhere.status == 404
    assert membership_elsewhere.body["code"] == "MEMBERSHIP_NOT_FOUND"
    assert (user_elsewhere.status, user_elsewhere.body["code"]) == (400, "UNKNOWN_USER")
    activity_elsewhere = world.get_activity(activity_id)
    assert activity_elsewhere.status == 404
    assert activity_elsewhere.body["code"] == "ACTIVITY_NOT_FOUND"
    reversal_elsewhere = reverse(world, activity_id, role="admin")
    assert reversal_elsewhere.status == 404
    assert reversal_elsewhere.body["code"] == "ACTIVITY_NOT_FOUND"
    assert world.items("ledger") == before


QUERIES = {
    HISTORY: {},
    BALANCE: {"as_of": "2026-03-01T12:00:00Z"},
    STATEMENT: {"from": "2026-03-01T00:00:00Z"},
}


@pytest.mark.parametrize("route", QUERIES)
def test_a_membership_of_another_network_has_no_history(world: World, route: str) -> None:
    world.import_network(ONLY_IN_OTHER)
    query = QUERIES[route]

    elsewhere = asked(world, route, "777", query=query)
    nowhere = asked(world, route, "778", query=query)

    assert (elsewhere.status, elsewhere.body) == (nowhere.status, nowhere.body)
    assert (elsewhere.status, elsewhere.body["code"]) == (404, "MEMBERSHIP_NOT_FOUND")
    assert asked(world, route, "777", query=query, network="other").status == 200


@pytest.mark.parametrize(
    ("route", "shown"),
    [(HISTORY, "activities"), (BALANCE, "by_recorded_at"), (STATEMENT, "closing_balance")],
)
def test_the_same_membership_in_two_networks_has_two_histories(
    two: World, clock: time_machine.Traveller, route: str, shown: str
) -> None:
    two.post_membership_activity("12345", HANG_EXAMPLE, network="other")
    two.deliver()
    clock.shift(1)

    here, there = (
        asked(two, route, "12345", query=QUERIES[route], network=network).body[shown]
        for network in ("demo", "other")
    )

    assert here in ([], "0")
    assert there == "50" or [each["points"] for each in there] == ["50"]


@pytest.mark.parametrize("role", ["partner", "admin"])
@pytest.mark.parametrize("headers", [{}, KEYED])
def test_a_cached_policy_does_not_open_another_networks_path(
    two: World, role: str, headers: dict[str, str]
) -> None:
    # The policy that the gateway has cached allows the whole stage: the handler has to refuse.
    answer = two.post_network_activity(
        VILLAGE_SAMPLE, network="demo", path_network="other", role=role, headers=headers
    )

    assert answer.status == 404
    assert answer.body == {
        "message": "There is no such network for this key.",
        "code": "NETWORK_NOT_FOUND",
        "errors": [
            {
                "pointer": "path:network_id",
                "message": "is not the key's network: check the id in the URL",
            }
        ],
        "request_id": "gateway-request",
    }
    assert two.items("ledger") == []


@pytest.mark.parametrize("caller", ["demo", "other"])
def test_the_path_of_another_network_shows_nothing(two: World, caller: str) -> None:
    posted = two.post_membership_activity("12345", HANG_EXAMPLE, network="other")
    activity_id = posted.headers["Accrue-Activity-Id"]
    (path_network,) = {"demo", "other"} - {caller}

    answer = two.get_activity(activity_id, network=caller, path_network=path_network)

    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")
    assert two.get_activity(activity_id, network="other", path_network="other").status == 200
