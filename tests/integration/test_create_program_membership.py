"""POST /v2/program-memberships: a user is enrolled once, and told the membership ever after."""

import json
from typing import Any

import pytest

from accrue.domain.activity import MembershipRef
from accrue.domain.ids import id_of_membership
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.users import UserTable
from tests.integration.bodies import hang_activity
from tests.integration.networks import demo_network
from tests.integration.users import (
    ENROL,
    FORGET,
    GET,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
)
from tests.integration.world import World

NOT_ENROLLED = "not.enrolled@example.com"
# Of user-5, in the demo network's program.
DERIVED = id_of_membership("demo", "coffee-club", "user-5")
CREATED = {
    "program_membership_id": DERIVED,
    "program_id": "coffee-club",
    "user_id": "user-5",
    "standing": "active",
}


@pytest.mark.parametrize("user", [{"user_id": "user-5"}, {"email": "Not.Enrolled@Example.com"}])
@pytest.mark.parametrize("role", ["partner", "admin"])
def test_a_user_is_enrolled_once(world: World, user: dict[str, str], role: str) -> None:
    body = {"program_id": "coffee-club", **user}

    first = world.call(ENROL, body, role=role)
    after = world.items("catalog")
    again = world.call(ENROL, body, role=role)

    assert (first.status, first.body) == (201, CREATED)
    assert (again.status, again.body) == (200, CREATED)
    assert world.items("catalog") == after
    assert_users_agree(world)
    ref = {"program_id": "coffee-club", "program_membership_id": DERIVED}
    assert about_user(world, GET, "user-5").body["memberships"] == [ref]


def test_the_derived_id_is_the_same_for_ever() -> None:
    assert DERIVED == "pm_7p4ukfhrrogle42rrq6wfnf6r7q67aci"


def test_the_membership_earns_at_once(world: World) -> None:
    body = hang_activity({})
    assert world.post_membership_activity("m-5", body).status == 404

    enrol(world, program_id="coffee-club", user_id="user-5", program_membership_id="m-5")

    assert world.post_membership_activity("m-5", body).status == 200
    world.deliver()
    assert world.balance("m-5") == "50"
    assert world.get_membership("m-5").status == 200


def test_an_id_may_be_chosen(world: World) -> None:
    body = {"program_id": "coffee-club", "user_id": "user-5", "program_membership_id": "m-5"}
    wanted = {**CREATED, "program_membership_id": "m-5"}

    assert [(a.status, a.body) for a in (enrol(world, **body), enrol(world, **body))] == [
        (201, wanted),
        (200, wanted),
    ]
    del body["program_membership_id"]
    assert (enrol(world, **body).status, enrol(world, **body).body) == (200, wanted)


def test_an_id_that_somebody_would_get_automatically_can_not_be_chosen_for_another(
    world: World,
) -> None:
    """It can be reckoned by everybody, and whoever had it would keep its user from earning."""
    put_user(world, "user-9")
    before = world.items("catalog")
    others = (DERIVED, "pm_", "pm_whatever", id_of_membership("other", "coffee-club", "user-9"))

    for membership_id in others:
        answer = enrol(
            world, program_id="coffee-club", user_id="user-9", program_membership_id=membership_id
        )
        assert (answer.status, answer.body["code"]) == (409, "MEMBERSHIP_TAKEN")
        (fault,) = answer.body["errors"]
        assert fault["pointer"] == "/program_membership_id"
        assert fault["message"].endswith("choose another, or leave it out")

    assert world.items("catalog") == before
    own = {"program_id": "coffee-club", "user_id": "user-5", "program_membership_id": DERIVED}
    assert [enrol(world, **own).status for _ in range(2)] == [201, 200]


def test_who_has_another_membership_is_told_which(world: World) -> None:
    before = world.items("catalog")

    answer = enrol(world, program_id="coffee-club", user_id="user-1", program_membership_id="other")

    assert (answer.status, answer.body["code"]) == (409, "MEMBERSHIP_TAKEN")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == "/program_membership_id"
    assert "12345" in fault["message"]
    assert world.items("catalog") == before


def test_a_membership_of_another_user_is_refused(world: World) -> None:
    before = world.items("catalog")

    answer = enrol(world, program_id="coffee-club", user_id="user-5", program_membership_id="12345")

    assert (answer.status, answer.body["code"]) == (409, "MEMBERSHIP_TAKEN")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/program_membership_id"]
    assert "user-1" not in str(answer.body), "whose it is, is nobody's business"
    assert world.items("catalog") == before


@pytest.mark.parametrize(
    ("body", "code", "pointers"),
    [
        ({"program_id": "coffee-club", "user_id": "nobody"}, "UNKNOWN_USER", ["/user_id"]),
        ({"program_id": "coffee-club", "email": "a@b.example"}, "UNKNOWN_USER", ["/email"]),
        ({"program_id": "tea-club", "user_id": "user-5"}, "UNKNOWN_PROGRAM", ["/program_id"]),
        (
            {"program_id": "tea-club", "email": "a@b.example"},
            "UNKNOWN_USER",
            ["/email", "/program_id"],
        ),
    ],
)
def test_what_the_network_does_not_know_is_refused(
    world: World, body: dict[str, str], code: str, pointers: list[str]
) -> None:
    before = world.items("catalog")

    answer = enrol(world, **body)

    assert (answer.status, answer.body["code"]) == (422, code)
    assert [fault["pointer"] for fault in answer.body["errors"]] == pointers
    assert "create" in answer.body["errors"][0]["message"] or code == "UNKNOWN_PROGRAM"
    assert "@" not in json.dumps(answer.body)
    assert world.items("catalog") == before


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/program_id", "/user_id"]),
        ({"program_id": "coffee-club"}, ["/user_id"]),
        ({"program_id": "coffee-club", "user_id": None, "email": None}, ["/user_id"]),
        (
            {"program_id": "coffee-club", "user_id": "user-5", "email": NOT_ENROLLED},
            ["/email"],
        ),
        ({"program_id": "coffee-club", "email": "secret.person"}, ["/email"]),
        ({"program_id": "coffee-club", "user_id": "a@b.example"}, ["/user_id"]),
        ({"program_id": "x" * 65, "user_id": 5}, ["/program_id", "/user_id"]),
        (
            {"program_id": "coffee-club", "user_id": "user-5", "program_membership_id": "a b"},
            ["/program_membership_id"],
        ),
    ],
)
def test_a_body_with_faults_is_refused_with_all_of_them(
    world: World, body: dict[str, Any], pointers: list[str]
) -> None:
    answer = enrol(world, **body)

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert [fault["pointer"] for fault in answer.body["errors"]] == pointers
    assert "secret.person" not in str(answer.body)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (None, 400, "MALFORMED_JSON"),
        ("[]", 400, "MALFORMED_JSON"),
        ('{"program_id": "a", "program_id": "b"}', 400, "MALFORMED_JSON"),
        (json.dumps({"program_id": "x" * 70_000}), 413, "REQUEST_TOO_LARGE"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    world: World, body: Any, status: int, code: str
) -> None:
    answer = world.call(ENROL, body, role="partner")

    assert (answer.status, answer.body["code"]) == (status, code)


def test_an_unknown_field_is_warned_about(world: World) -> None:
    answer = enrol(world, program_id="coffee-club", user_id="user-5", tier="gold")

    assert answer.status == 201
    assert answer.warnings == ['unknown field "tier" is ignored']


def test_a_suspended_user_is_enrolled_and_stays_suspended(world: World) -> None:
    about_user(world, SUSPEND, "user-5")

    answer = enrol(world, program_id="coffee-club", user_id="user-5")

    assert (answer.status, answer.body) == (201, {**CREATED, "standing": "suspended"})
    assert_users_agree(world)


def test_a_forgotten_user_is_enrolled_nowhere_and_keeps_what_there_was(world: World) -> None:
    for user_id in ("user-1", "user-5"):
        about_user(world, FORGET, user_id)

    refused = enrol(world, program_id="coffee-club", user_id="user-5")
    had = enrol(world, program_id="coffee-club", user_id="user-1")
    by_email = enrol(world, program_id="coffee-club", email=NOT_ENROLLED)

    assert (refused.status, refused.body["code"]) == (409, "USER_FORGOTTEN")
    assert [fault["pointer"] for fault in refused.body["errors"]] == ["/user_id"]
    assert (had.status, had.body["standing"]) == (200, "forgotten")
    assert had.body["program_membership_id"] == "12345"
    assert (by_email.status, by_email.body["code"]) == (422, "UNKNOWN_USER")
    assert_users_agree(world)


def test_a_partner_enrols_in_the_network_of_the_key_alone(world: World) -> None:
    world.import_network(demo_network("other"))

    answer = world.call(
        ENROL, {"program_id": "coffee-club", "user_id": "user-5"}, role="partner", network="other"
    )

    assert answer.status == 201
    assert answer.body["program_membership_id"] != DERIVED
    assert about_user(world, GET, "user-5").body["memberships"] == []


def test_a_user_has_at_most_as_many_memberships_as_can_be_changed_at_once(world: World) -> None:
    document = demo_network()
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    world.import_network(document)
    put_user(world, traits={"city": "Bonn"})
    _enrol_in_89_programs(world, "user-9")

    last = enrol(world, program_id="coffee-club", user_id="user-9")
    one_more = enrol(world, program_id="tea-club", user_id="user-9")

    assert (last.status, one_more.status, one_more.body["code"]) == (
        201,
        409,
        "TOO_MANY_MEMBERSHIPS",
    )
    for route in (SUSPEND, FORGET):
        answer = about_user(world, route)
        assert (answer.status, len(answer.body["memberships"])) == (200, 90)
        assert_users_agree(world)


def _enrol_in_89_programs(world: World, user_id: str) -> None:
    users = UserTable(AdministrationTable(world.client, "catalog"))
    present = users.find_user("demo", user_id)
    assert present is not None
    refs = [MembershipRef(f"program-{n}", f"m-{n}") for n in range(89)]
    users.save_user("demo", present, present.enrolled(refs))
