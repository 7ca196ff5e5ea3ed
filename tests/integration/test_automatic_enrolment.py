"""A network's automatic programs: whoever is made, or takes part in an activity, is enrolled."""

from typing import Any

import pytest
import time_machine

from accrue.domain.activity import MembershipRef
from accrue.domain.ids import id_of_membership
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.users import UserTable
from tests.integration.bodies import village_activity
from tests.integration.faults import CrashPoint, Faults
from tests.integration.networks import demo_network
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.users import (
    FORGET,
    GET,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
    stored_user,
)
from tests.integration.world import Answer, World

NOT_ENROLLED = "not.enrolled@example.com"
COFFEE = {
    "program_id": "coffee-club",
    "program_membership_id": id_of_membership("demo", "coffee-club", "user-5"),
}
COFFEE_ID = COFFEE["program_membership_id"]
TEA = {
    "program_id": "tea-club",
    "program_membership_id": id_of_membership("demo", "tea-club", "user-5"),
}


def automatic(*programs: str) -> dict[str, Any]:
    """The demo network with a second program, and these programs automatic."""
    document = demo_network()
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    document["network"]["automatic_programs"] = list(programs)
    return document


@pytest.fixture
def automatic_world(world: World) -> World:
    """The demo network with both programs automatic, for users who were made before."""
    world.import_network(automatic("coffee-club", "tea-club"))
    world.restart()
    return world


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, automatic_world: World) -> Faults:
    """Faults of the functions that start from now on."""
    installed = Faults.install(monkeypatch)
    automatic_world.restart()
    return installed


def post(world: World, email: str = NOT_ENROLLED, **request: Any) -> Answer:
    body = village_activity({"/users": {"buyer": email}})
    return world.post_network_activity(body, **request)


def pinned(world: World) -> list[Any]:
    """The memberships that each row pins."""
    return [row["participants"][0]["memberships"] for row in world.rows("ledger")]


def test_a_new_user_is_enrolled_at_once(automatic_world: World) -> None:
    answer = put_user(automatic_world)

    assert answer.status == 201
    assert answer.body["memberships"] == [
        {"program_id": p, "program_membership_id": id_of_membership("demo", p, "user-9")}
        for p in ("coffee-club", "tea-club")
    ]
    assert_users_agree(automatic_world)


def test_a_changed_user_is_not_enrolled_by_that(automatic_world: World) -> None:
    """Else the answer to the first try of a change and to its retry would differ."""
    answer = put_user(
        automatic_world, "user-5", NOT_ENROLLED, traits={"a": "b"}, headers={"If-Match": "*"}
    )

    assert (answer.status, answer.body["memberships"]) == (200, [])


def test_an_imported_user_is_enrolled_at_once_and_a_document_has_the_say(world: World) -> None:
    document = automatic("coffee-club", "tea-club")
    document["users"].append({"user_id": "user-9", "email": "nina@example.com"})
    document["memberships"].append(
        {"program_membership_id": "m-9", "program_id": "tea-club", "user_id": "user-9"}
    )

    world.import_network(document)

    assert stored_user(world)["memberships"] == [
        {"program_id": "tea-club", "program_membership_id": "m-9"},
        {
            "program_id": "coffee-club",
            "program_membership_id": id_of_membership("demo", "coffee-club", "user-9"),
        },
    ]
    assert_users_agree(world)
    assert world.import_network(document)["updated"] == 0


def test_who_lacks_a_program_is_enrolled_before_the_row_pins_it(automatic_world: World) -> None:
    world = automatic_world

    answer = post(world)
    world.deliver()

    assert (answer.status, "Accrue-Warnings" in answer.headers) == (201, False)
    assert pinned(world) == [[COFFEE, TEA]]
    assert world.balance(COFFEE["program_membership_id"]) == "5"
    assert world.balance(TEA["program_membership_id"]) == "5"
    assert about_user(world, GET, "user-5").body["memberships"] == [COFFEE, TEA]
    assert_users_agree(world)


def test_what_a_user_has_already_stays(automatic_world: World) -> None:
    world = automatic_world
    enrol(world, program_id="tea-club", user_id="user-5", program_membership_id="t-5")

    post(world)

    assert pinned(world) == [[{"program_id": "tea-club", "program_membership_id": "t-5"}, COFFEE]]


def test_the_usual_activity_reads_and_writes_no_more_than_before(
    automatic_world: World, faults: Faults
) -> None:
    """Nor does the one after an enrolment believe that the user still lacks something."""
    world = automatic_world
    post(world)
    post(world)
    faults.calls.clear()

    post(world)

    assert [call.operation for call in faults.calls] == ["PutItem"]


def test_whom_the_cache_knows_without_a_program_may_have_it_already(
    automatic_world: World, faults: Faults
) -> None:
    world = automatic_world
    world.import_network(automatic("coffee-club"))
    post(world)
    post(world)
    world.import_network(automatic("coffee-club", "tea-club"))
    enrol(world, program_id="tea-club", user_id="user-5", program_membership_id="t-5")
    # The network is read anew, and the user not yet.
    world.start("record_network_activity").catalog._cache.drop(("#NETWORKS", "demo"))
    faults.calls.clear()

    post(world, headers={"Idempotency-Key": "late"})

    assert "TransactWriteItems" not in faults.counts()
    (late,) = (r for r in world.rows("ledger") if r["activity_id"].startswith("ik_"))
    assert late["participants"][0]["memberships"] == [
        COFFEE,
        {"program_id": "tea-club", "program_membership_id": "t-5"},
    ]


def test_a_refused_activity_enrols_nobody(automatic_world: World) -> None:
    before = automatic_world.items("catalog")
    body = village_activity({"/users": {"buyer": NOT_ENROLLED, "seller": "no@user.example"}})

    assert automatic_world.post_network_activity(body).status == 400

    assert automatic_world.items("catalog") == before


def test_a_suspended_user_is_enrolled_and_earns_nothing(automatic_world: World) -> None:
    world = automatic_world
    about_user(world, SUSPEND, "user-5")

    post(world)
    world.deliver()

    assert pinned(world) == [[COFFEE, TEA]]
    assert {p["outcome"] for p in world.postings()} == {"rejected"}
    assert_users_agree(world)


def test_whom_the_cache_still_knows_is_enrolled_nowhere_once_forgotten(
    world: World, clock: time_machine.Traveller
) -> None:
    world.import_network(automatic())
    world.restart()
    enrol(world, program_id="tea-club", user_id="user-5")
    post(world)
    clock.shift(15)
    world.import_network(automatic("coffee-club", "tea-club"))
    about_user(world, FORGET, "user-5")
    # The network is read anew, and the user not yet.
    world.start("record_network_activity").catalog._cache.drop(("#NETWORKS", "demo"))

    assert post(world, headers={"Idempotency-Key": "late"}).status == 201

    (late,) = (r for r in world.rows("ledger") if r["activity_id"].startswith("ik_"))
    assert late["participants"][0]["standing"] == "forgotten"
    assert late["participants"][0]["memberships"] == [TEA]
    assert_users_agree(world)
    assert post(world).status == 400


def take(world: World, membership_id: str) -> None:
    """Give user-1 the membership, as nobody can over the API."""
    users = UserTable(AdministrationTable(world.client, "catalog"))
    present = users.find_user("demo", "user-1")
    assert present
    users.save_user("demo", present, present.enrolled([MembershipRef("tea-club", membership_id)]))


def test_a_membership_that_somebody_took_keeps_no_activity_from_being_recorded(
    automatic_world: World,
) -> None:
    world = automatic_world
    take(world, COFFEE_ID)

    answer = post(world)

    assert answer.status == 201
    assert pinned(world) == [[TEA]]
    refused = enrol(world, program_id="coffee-club", user_id="user-5")
    assert (refused.status, refused.body["code"]) == (409, "MEMBERSHIP_TAKEN")
    assert_users_agree(world)


def test_a_membership_that_somebody_took_keeps_nobody_from_being_made(
    automatic_world: World,
) -> None:
    world = automatic_world
    take(world, id_of_membership("demo", "coffee-club", "user-9"))

    answer = put_user(world)

    assert answer.status == 201
    assert [m["program_id"] for m in answer.body["memberships"]] == ["tea-club"]


def test_stopped_anywhere_between_enrolment_and_row_no_harm_is_done(
    automatic_world: World, faults: Faults
) -> None:
    world = automatic_world
    before = world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        world.restart()
        faults.plan_crashes(crashes)
        answer = until_answered(
            world,
            lambda world: post(world, headers={"Idempotency-Key": "one"}),
            lambda: assert_users_agree(world),
        )
        assert faults.crashes_left == 0
        assert answer.status == 201
        return Outcome(list(faults.calls_since_crash), (pinned(world), world.items("catalog")))

    undisturbed = stop_everywhere("record_network_activity, a user is enrolled", faults, play)

    assert len(undisturbed.calls) >= 4


def test_two_activities_at_once_enrol_once(automatic_world: World, faults: Faults) -> None:
    world = automatic_world
    faults.run_before("TransactWriteItems", lambda: post(world))

    post(world)

    assert pinned(world) == [[COFFEE, TEA], [COFFEE, TEA]]
    assert_users_agree(world)
