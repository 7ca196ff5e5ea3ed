"""Users over HTTP: made, changed under a condition, suspended, reinstated, forgotten, listed."""

from typing import Any

import pytest

from tests.integration.bodies import hang_activity, village_activity
from tests.integration.networks import demo_network
from tests.integration.users import (
    FORGET,
    GET,
    LIST,
    PUT,
    REINSTATE,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
    stored_user,
)
from tests.integration.world import World

NINA: dict[str, Any] = {
    "user_id": "user-9",
    "email": "Nina@Example.com",
    "traits": {"city": "Bonn"},
    "standing": "active",
    "suspended_reason": None,
    "memberships": [],
}
FORGOTTEN = {**NINA, "email": None, "traits": {}, "standing": "forgotten"}


def put_nina(world: World) -> None:
    assert put_user(world, email="Nina@Example.com", traits={"city": "Bonn"}).status == 201


def catalog(world: World) -> list[dict[str, Any]]:
    return world.items("catalog")


def test_a_new_user_is_made(world: World) -> None:
    answer = put_user(world, email="Nina@Example.com", traits={"city": "Bonn"})

    assert (answer.status, answer.body) == (201, NINA)
    item = stored_user(world)
    assert item == {
        "catalog_key": "demo#USERS",
        "item_key": "user-9",
        "user_id": "user-9",
        "email": "Nina@Example.com",
        "pseudonym": item["pseudonym"],
        "standing": "active",
        "traits": {"city": "Bonn"},
        "memberships": [],
        "content_hash": item["content_hash"],
    }
    assert_users_agree(world)
    again = about_user(world, GET)
    assert (again.status, again.body) == (200, NINA)
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_the_next_activity_finds_a_new_user(world: World) -> None:
    body = village_activity({"/users": {"buyer": "nina@example.com"}})
    assert world.post_network_activity(body).status == 400

    put_nina(world)

    assert world.post_network_activity(body).status == 201


def test_the_same_again_changes_nothing_whatever_the_condition(world: World) -> None:
    put_nina(world)
    before = catalog(world)

    for headers in ({}, {"If-Match": '"another"'}, {"If-None-Match": "*"}):
        for traits in ({}, {"traits": {"city": "Bonn"}}, {"traits": None}):
            answer = put_user(world, email="Nina@Example.com", headers=headers, **traits)
            assert (answer.status, answer.body) == (200, NINA)
    assert catalog(world) == before


def test_a_user_is_changed_who_was_seen(world: World) -> None:
    put_nina(world)
    before = catalog(world)
    etag = about_user(world, GET).headers["ETag"]

    for headers, status, code in (
        ({}, 428, "PRECONDITION_REQUIRED"),
        ({"If-Match": '"another"'}, 412, "PRECONDITION_FAILED"),
        ({"If-None-Match": "*"}, 412, "PRECONDITION_FAILED"),
    ):
        answer = put_user(world, email="nina@example.com", traits={}, headers=headers)
        assert (answer.status, answer.body["code"]) == (status, code)
    assert catalog(world) == before

    answer = put_user(world, email="nina@example.com", traits={}, headers={"If-Match": etag})
    wanted = {**NINA, "email": "nina@example.com", "traits": {}}
    assert (answer.status, answer.body) == (200, wanted)
    assert_users_agree(world)


def test_an_enrolment_is_a_change_of_what_was_seen(world: World) -> None:
    put_nina(world)
    etag = about_user(world, GET).headers["ETag"]
    enrol(world, program_id="coffee-club", user_id="user-9")

    answer = put_user(world, email="nina@example.com", headers={"If-Match": etag})

    assert (answer.status, answer.body["code"]) == (412, "PRECONDITION_FAILED")


def test_a_condition_on_nobody_fails(world: World) -> None:
    for if_match in ("*", '"something"'):
        answer = put_user(world, headers={"If-Match": if_match})
        assert (answer.status, answer.body["code"]) == (412, "PRECONDITION_FAILED")
    assert about_user(world, GET).status == 404


def test_the_email_of_a_user_stays(world: World) -> None:
    put_nina(world)
    before = catalog(world)

    answer = put_user(world, email="other@example.com", headers={"If-Match": "*"})

    assert (answer.status, answer.body["code"]) == (409, "EMAIL_FIXED")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/email"]
    assert catalog(world) == before


def test_the_email_of_another_user_is_refused_in_any_spelling(world: World) -> None:
    put_nina(world)
    before = catalog(world)

    answer = put_user(world, "user-10", email="NINA@example.COM")

    assert (answer.status, answer.body["code"]) == (409, "EMAIL_TAKEN")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/email"]
    assert catalog(world) == before


def test_every_fault_is_told_at_once_and_no_email_is_repeated(world: World) -> None:
    body = {"email": "secret.person", "traits": {"city": 1.5}, "color": 1, "user_id": "user-9"}

    answer = about_user(world, PUT, "user-9", body)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    pointers = {fault["pointer"] for fault in answer.body["errors"]}
    assert pointers == {"/email", "/traits/city", "/color"}
    assert "secret.person" not in str(answer)


@pytest.mark.parametrize("user_id", ["nina@example.com", "x" * 65, " ", "a b"])
def test_an_id_that_can_not_be_is_refused(world: World, user_id: str) -> None:
    answer = put_user(world, user_id)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["path:user_id"]


@pytest.mark.parametrize("route", [GET, SUSPEND, REINSTATE, FORGET])
@pytest.mark.parametrize("user_id", ["user-9", "x" * 2000])
def test_who_is_not_there_is_not_found(world: World, route: str, user_id: str) -> None:
    answer = about_user(world, route, user_id)

    assert (answer.status, answer.body["code"]) == (404, "USER_NOT_FOUND")


@pytest.mark.parametrize("route", [LIST, GET, PUT, SUSPEND, REINSTATE, FORGET])
def test_only_an_admin_key_of_the_network_opens_users(world: World, route: str) -> None:
    body = {"email": "nina@example.com"} if route == PUT else None
    for request, status, code in (
        ({"role": "partner"}, 403, "ADMIN_KEY_REQUIRED"),
        ({"network": "other"}, 404, "NETWORK_NOT_FOUND"),
        ({"network": "other", "role": "partner"}, 404, "NETWORK_NOT_FOUND"),
    ):
        answer = world.call(route, body, path={"user_id": "user-1"}, **request)
        assert (answer.status, answer.body["code"]) == (status, code)


def test_users_are_listed_in_pages(world: World) -> None:
    about_user(world, FORGET, "user-2")
    seen: list[dict[str, Any]] = []
    query = {"limit": "2"}
    while True:
        answer = world.call(LIST, query=query)
        assert (answer.status, len(answer.body["users"]) <= 2) == (200, True)
        seen += answer.body["users"]
        if answer.body["next_cursor"] is None:
            break
        query["cursor"] = answer.body["next_cursor"]

    assert [user["user_id"] for user in seen] == [u["user_id"] for u in demo_network()["users"]]
    assert seen == [about_user(world, GET, user["user_id"]).body for user in seen]


def test_a_user_is_suspended_and_reinstated(world: World) -> None:
    put_nina(world)
    active = about_user(world, GET)
    for body, reason in (
        ({"reason": "charge-backs"}, "charge-backs"),
        ({"reason": "charge-backs"}, "charge-backs"),
        (None, "charge-backs"),
        ({}, "charge-backs"),
        ({"reason": "fraud"}, "fraud"),
    ):
        answer = about_user(world, SUSPEND, body=body)
        wanted = {**NINA, "standing": "suspended", "suspended_reason": reason}
        assert (answer.status, answer.body) == (200, wanted)
        assert answer.headers["ETag"] == about_user(world, GET).headers["ETag"]
        assert_users_agree(world)

    for _ in range(2):
        answer = about_user(world, REINSTATE)
        assert (answer.status, answer.body) == (200, NINA)
        assert answer.headers["ETag"] == active.headers["ETag"]
        assert_users_agree(world)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"reason": ""}, 422, "/reason"),
        ({"reason": "x" * 256}, 422, "/reason"),
        ({"reason": 1}, 422, "/reason"),
        ({"why": "x"}, 422, "/why"),
        ("[]", 400, ""),
    ],
)
def test_a_suspension_that_can_not_be_read_is_refused(
    world: World, body: Any, status: int, pointer: str
) -> None:
    answer = about_user(world, SUSPEND, "user-1", body)

    assert answer.status == status
    assert [fault["pointer"] for fault in answer.body["errors"]] == [pointer]
    assert about_user(world, GET, "user-1").body["standing"] == "active"


def test_a_suspended_user_may_be_changed_and_stays_suspended(world: World) -> None:
    put_nina(world)
    about_user(world, SUSPEND, body={"reason": "fraud"})

    answer = put_user(world, traits={"city": "Rome"}, headers={"If-Match": "*"})

    assert (answer.status, answer.body["standing"]) == (200, "suspended")
    assert (answer.body["suspended_reason"], answer.body["traits"]) == ("fraud", {"city": "Rome"})
    assert_users_agree(world)


def test_a_user_is_forgotten_for_ever(world: World) -> None:
    put_nina(world)
    membership = enrol(world, program_id="coffee-club", user_id="user-9").body
    about_user(world, SUSPEND, body={"reason": "asked by Nina"})
    wanted = {
        **FORGOTTEN,
        "memberships": [
            {
                "program_id": "coffee-club",
                "program_membership_id": membership["program_membership_id"],
            }
        ],
    }

    for _ in range(2):
        answer = about_user(world, FORGET)
        assert (answer.status, answer.body) == (200, wanted)
        assert_users_agree(world)

    assert about_user(world, GET).body == wanted
    item = stored_user(world)
    assert item == {
        "catalog_key": "demo#USERS",
        "item_key": "user-9",
        "user_id": "user-9",
        "standing": "forgotten",
        "memberships": wanted["memberships"],
        "content_hash": item["content_hash"],
    }
    for route, body in (
        (PUT, {"email": "Nina@Example.com"}),
        (PUT, {"email": "other@example.com"}),
        (SUSPEND, None),
        (REINSTATE, None),
    ):
        answer = about_user(world, route, body=body, headers={"If-Match": "*"})
        assert (answer.status, answer.body["code"]) == (409, "USER_FORGOTTEN")
    assert stored_user(world) == item


def test_the_email_of_a_forgotten_user_may_be_another_users(world: World) -> None:
    put_nina(world)
    about_user(world, FORGET)

    answer = put_user(world, "user-10", email="nina@example.com")

    assert (answer.status, answer.body["memberships"]) == (201, [])
    assert_users_agree(world)


def test_a_retry_by_an_email_that_was_forgotten_is_answered_as_before(world: World) -> None:
    put_nina(world)
    body = village_activity({"/users": {"buyer": "nina@example.com"}})
    keyed = {"Idempotency-Key": "one"}
    first = world.post_network_activity(body, headers=keyed)
    about_user(world, FORGET)
    world.restart()

    assert world.post_network_activity(body, headers=keyed) == first.replayed()
    new = world.post_network_activity(body, headers={"Idempotency-Key": "two"})
    assert (new.status, new.body["code"]) == (400, "UNKNOWN_USER")
    put_user(world, "user-10", email="nina@example.com")
    assert world.post_network_activity(body, headers=keyed) == first.replayed()
    assert len(world.items("ledger")) == 1


def test_an_activity_of_a_forgotten_users_membership_is_logged_and_earns_nothing(
    world: World,
) -> None:
    world.post_membership_activity("12345", hang_activity({"/idempotency_key": "before"}))
    world.deliver()
    balance = world.balance("12345")
    about_user(world, FORGET, "user-1")
    world.restart()

    answer = world.post_membership_activity("12345", hang_activity({"/idempotency_key": "after"}))
    world.deliver()

    assert answer.status == 200
    assert world.balance("12345") == balance != "0"
    (posting,) = (p for p in world.postings() if p["outcome"] == "rejected")
    assert posting["reason"] == "the user was forgotten"


def test_a_body_may_not_name_another_user(world: World) -> None:
    answer = about_user(world, PUT, "user-9", {"user_id": "user-8", "email": "nina@example.com"})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/user_id"]


def test_users_of_two_networks_have_nothing_to_do_with_each_other(world: World) -> None:
    world.import_network(demo_network("other"))
    put_nina(world)
    elsewhere: dict[str, Any] = {
        "network": "other",
        "path": {"network_id": "other", "user_id": "user-9"},
    }

    answer = world.call(PUT, {"email": "nina@example.com"}, **elsewhere)
    assert (answer.status, answer.body["traits"]) == (201, {})
    assert world.call(FORGET, **elsewhere).body["standing"] == "forgotten"

    assert about_user(world, GET).body == NINA
    assert stored_user(world, network="demo")["pseudonym"]
    assert_users_agree(world)
