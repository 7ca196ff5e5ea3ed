"""Two who change one user at once: one goes first, nothing is lost, nothing contradicts itself."""

from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest

from accrue.services.put_conditionally import MAX_ROUNDS
from tests.integration.faults import Faults, cancelled
from tests.integration.networks import demo_network
from tests.integration.users import (
    FORGET,
    GET,
    REINSTATE,
    SUSPEND,
    about_user,
    assert_users_agree,
    enrol,
    put_user,
    stored_user,
)
from tests.integration.world import Answer, World

type Act = Callable[[World], Answer]
NINA = "nina@example.com"


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """Faults of the functions that start from now on."""
    world.import_network(_with_tea())
    assert put_user(world, traits={"city": "Bonn"}).status == 201
    installed = Faults.install(monkeypatch)
    world.restart()
    return installed


def _with_tea() -> dict[str, Any]:
    document = demo_network()
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    return document


def enrol_in(program_id: str, **chosen: str) -> Act:
    return lambda world: enrol(world, program_id=program_id, user_id="user-9", **chosen)


def order(route: str) -> Act:
    return lambda world: about_user(world, route)


def put(user_id: str = "user-9", **rest: Any) -> Act:
    return lambda world: put_user(world, user_id, rest.pop("email", NINA), **rest)


def at_once(world: World, faults: Faults, first: Act, second: Act) -> tuple[Answer, Answer]:
    """What both are told if the second comes in between, when the first has read everything."""
    told: list[Answer] = []
    faults.run_before("TransactWriteItems", lambda: told.append(second(world)))
    slower = first(world)
    assert_users_agree(world)
    return slower, told[0]


def test_two_enrolments_in_one_program_make_one_membership(world: World, faults: Faults) -> None:
    slower, faster = at_once(world, faults, enrol_in("coffee-club"), enrol_in("coffee-club"))

    # What each would have written is there: it may as well be the one or the other's.
    assert (faster.status, slower.status) == (201, 201)
    assert faster.body == slower.body
    assert len(stored_user(world)["memberships"]) == 1
    assert enrol_in("coffee-club")(world).status == 200


def test_two_enrolments_in_two_programs_make_two(world: World, faults: Faults) -> None:
    slower, faster = at_once(world, faults, enrol_in("coffee-club"), enrol_in("tea-club"))

    assert (faster.status, slower.status) == (201, 201)
    programs = [m["program_id"] for m in stored_user(world)["memberships"]]
    assert programs == ["tea-club", "coffee-club"]


def test_two_ids_for_one_membership_are_told_apart(world: World, faults: Faults) -> None:
    slower, faster = at_once(
        world, faults, enrol_in("coffee-club"), enrol_in("coffee-club", program_membership_id="m-9")
    )

    assert (faster.status, slower.status) == (201, 200)
    assert slower.body["program_membership_id"] == "m-9"
    slower, faster = at_once(
        world,
        faults,
        enrol_in("tea-club", program_membership_id="t-8"),
        enrol_in("tea-club", program_membership_id="t-9"),
    )
    assert (faster.status, slower.status) == (201, 409)
    assert slower.body["code"] == "MEMBERSHIP_TAKEN"
    assert "t-9" in slower.body["errors"][0]["message"]


def test_two_users_claim_one_membership(world: World, faults: Faults) -> None:
    def other(world: World) -> Answer:
        return enrol(world, program_id="coffee-club", user_id="user-5", program_membership_id="m-9")

    slower, faster = at_once(
        world, faults, enrol_in("coffee-club", program_membership_id="m-9"), other
    )

    assert (faster.status, slower.status) == (201, 409)
    assert slower.body["code"] == "MEMBERSHIP_TAKEN"
    assert stored_user(world)["memberships"] == []


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_a_suspension_reaches_a_membership_that_is_being_made(
    world: World, faults: Faults, first: int, second: int
) -> None:
    acts = (enrol_in("coffee-club"), order(SUSPEND))

    slower, faster = at_once(world, faults, acts[first], acts[second])

    assert {slower.status, faster.status} <= {200, 201}
    (membership,) = (
        row
        for row in world.rows("catalog")
        if row.get("user_id") == "user-9" and row["item_key"] == "MEMBERSHIP"
    )
    assert membership["standing"] == "suspended"


def test_who_is_forgotten_while_being_enrolled_is_not_enrolled(
    world: World, faults: Faults
) -> None:
    slower, faster = at_once(world, faults, enrol_in("coffee-club"), order(FORGET))

    assert (faster.status, slower.status) == (200, 409)
    assert slower.body["code"] == "USER_FORGOTTEN"
    assert stored_user(world)["memberships"] == []


def test_who_is_enrolled_while_being_forgotten_is_forgotten(world: World, faults: Faults) -> None:
    slower, faster = at_once(world, faults, order(FORGET), enrol_in("coffee-club"))

    assert (faster.status, slower.status) == (201, 200)
    assert (slower.body["standing"], len(slower.body["memberships"])) == ("forgotten", 1)


@pytest.mark.parametrize("route", [SUSPEND, REINSTATE])
def test_who_is_forgotten_meanwhile_stays_forgotten(
    world: World, faults: Faults, route: str
) -> None:
    if route == REINSTATE:
        about_user(world, SUSPEND)
    slower, faster = at_once(world, faults, order(route), order(FORGET))

    assert (faster.status, slower.status) == (200, 409)
    assert stored_user(world)["standing"] == "forgotten"


def test_a_change_of_who_is_forgotten_meanwhile_brings_nothing_back(
    world: World, faults: Faults
) -> None:
    change = put(traits={"city": "Rome"}, headers={"If-Match": "*"})

    slower, faster = at_once(world, faults, change, order(FORGET))

    assert (faster.status, slower.status) == (200, 409)
    assert "traits" not in stored_user(world)


def test_two_users_claim_one_email(world: World, faults: Faults) -> None:
    slower, faster = at_once(
        world, faults, put("user-10", email="a@b.example"), put("user-11", email="A@B.example")
    )

    assert (faster.status, slower.status) == (201, 409)
    assert slower.body["code"] == "EMAIL_TAKEN"
    assert about_user(world, GET, "user-10").status == 404


@pytest.mark.parametrize(("traits", "status"), [({"city": "Rome"}, 201), ({"city": "Oslo"}, 428)])
def test_one_user_is_made_twice(
    world: World, faults: Faults, traits: dict[str, str], status: int
) -> None:
    email = "a@b.example"
    slower, faster = at_once(
        world,
        faults,
        put("user-10", email=email, traits=traits),
        put("user-10", email=email, traits={"city": "Rome"}),
    )

    assert (faster.status, slower.status) == (201, status)
    assert about_user(world, GET, "user-10").body["traits"] == {"city": "Rome"}


def test_of_two_who_saw_the_same_one_is_told(world: World, faults: Faults) -> None:
    seen = {"If-Match": about_user(world, GET).headers["ETag"]}

    slower, faster = at_once(
        world,
        faults,
        put(traits={"city": "Rome"}, headers=seen),
        put(traits={"city": "Oslo"}, headers=seen),
    )

    assert (faster.status, slower.status) == (200, 412)
    assert stored_user(world)["traits"] == {"city": "Oslo"}


def test_traits_and_an_enrolment_at_once_are_both_kept(world: World, faults: Faults) -> None:
    change = put(traits={"city": "Rome"}, headers={"If-Match": "*"})

    slower, faster = at_once(world, faults, change, enrol_in("coffee-club"))

    assert (faster.status, slower.status) == (201, 200)
    assert (slower.body["traits"], len(slower.body["memberships"])) == ({"city": "Rome"}, 1)


def test_who_always_comes_too_late_is_told_to_try_again(world: World, faults: Faults) -> None:
    faults.answer_with("TransactWriteItems", repeat(cancelled("ConditionalCheckFailed", "None")))

    answer = enrol_in("coffee-club")(world)

    assert (answer.status, answer.body["code"]) == (500, "INTERNAL_ERROR")
    assert faults.fired["TransactWriteItems"] == MAX_ROUNDS
    assert stored_user(world)["memberships"] == []


@pytest.mark.parametrize(
    "act",
    [
        put("user-10", email="a@b.example", traits={"city": "Rome"}),
        put(traits={}, headers={"If-Match": "*"}),
        order(SUSPEND),
        order(FORGET),
        enrol_in("coffee-club"),
    ],
)
def test_an_answer_that_was_lost_is_made_up_for_by_the_sdk(
    world: World, faults: Faults, act: Act
) -> None:
    faults.lose_answers("TransactWriteItems")

    answer = act(world)

    assert answer.status in {200, 201}
    assert faults.fired["TransactWriteItems"] == 1
    assert_users_agree(world)
