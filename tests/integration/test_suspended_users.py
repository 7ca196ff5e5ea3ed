"""Activities of suspended users are logged and earn nothing; those of others are not touched."""

from typing import Any

import pytest
import time_machine

from tests.integration.bodies import BUYER_EMAIL, hang_activity, village_activity
from tests.integration.users import FORGET, REINSTATE, SUSPEND, about_user
from tests.integration.world import Answer, World

CACHE_SECONDS = 30
# Buyer and seller of the demo network, with the memberships 12345 and 12346.
SALE = village_activity({"/activity_short_id": "S1-A"})


def post_hang(world: World, key: str) -> Answer:
    return world.post_membership_activity("12345", hang_activity({"/idempotency_key": key}))


def post_village(world: World, key: str) -> Answer:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    return world.post_network_activity(body, headers={"Idempotency-Key": key})


def outcomes(world: World) -> list[tuple[str, Any]]:
    """Of the memberships' postings, by time."""
    postings = sorted(world.postings(), key=lambda posting: posting["sequence"])
    return [(posting["outcome"], posting.get("reason")) for posting in postings]


@pytest.mark.parametrize("post", [post_hang, post_village])
def test_a_suspension_is_seen_once_the_cache_has_forgotten_the_user(
    world: World, clock: time_machine.Traveller, post: Any
) -> None:
    post(world, "before")
    about_user(world, SUSPEND, "user-1")
    clock.shift(CACHE_SECONDS - 1)
    post(world, "believed")
    clock.shift(1)
    suspended = post(world, "suspended")
    about_user(world, REINSTATE, "user-1")
    clock.shift(CACHE_SECONDS - 1)
    post(world, "still suspended")
    clock.shift(1)
    reinstated = post(world, "reinstated")
    for item in sorted(world.items("ledger"), key=lambda item: item["recorded_at"]["S"]):
        world.deliver([item])

    rejected = ("rejected", "the user is suspended")
    assert outcomes(world) == [
        ("applied", None),
        ("applied", None),
        rejected,
        rejected,
        ("applied", None),
    ]
    assert suspended.status in {200, 201}
    assert suspended.warnings[0] == "a user in this activity is suspended and earns nothing"
    assert "Accrue-Warnings" not in reinstated.headers


def test_what_was_recorded_before_the_suspension_is_applied_after_it(world: World) -> None:
    post_hang(world, "before")
    about_user(world, SUSPEND, "user-1")
    world.restart()

    world.deliver()

    assert world.balance("12345") == "50"


def test_a_rejected_activity_changes_nothing_of_the_membership(world: World) -> None:
    post_hang(world, "before")
    world.deliver()
    about_user(world, SUSPEND, "user-1")
    world.restart()
    before = world.get_membership("12345").body

    post_hang(world, "suspended")
    world.deliver()

    after = world.get_membership("12345").body
    assert {**after, "last_activity": None} == {**before, "last_activity": None}
    about_user(world, REINSTATE, "user-1")
    assert outcomes(world) == [("applied", None), ("rejected", "the user is suspended")]


def test_the_seller_earns_of_a_suspended_buyer(world: World) -> None:
    about_user(world, SUSPEND, "user-1", {"reason": "charge-backs"})

    activity_id = world.post_network_activity(SALE).body["activity_id"]
    world.deliver()

    view = world.get_activity(activity_id).body
    assert view["outcome"] == "applied"
    results = {result["roles"][0]: result for result in view["memberships"]}
    assert (results["buyer"]["outcome"], results["buyer"]["reason"]) == (
        "rejected",
        "the user is suspended",
    )
    assert (results["buyer"]["points"], results["buyer"]["considered"]) == ("0", [])
    assert results["seller"]["outcome"] == "applied"
    assert results["seller"]["points"] != "0"
    standings = {p["role"]: p.get("standing") for p in view["participants"]}
    assert standings == {"buyer": "suspended", "seller": None}
    assert "charge-backs" not in str(view)


def test_the_row_pins_the_standing_of_those_who_are_not_active_alone(world: World) -> None:
    about_user(world, SUSPEND, "user-1")

    world.post_network_activity(SALE)

    (row,) = world.rows("ledger")
    buyer, seller = row["participants"]
    assert buyer["standing"] == "suspended"
    assert seller.keys() == {"role", "user_id", "memberships"}


def test_a_retry_is_answered_as_before_whatever_the_standing(world: World) -> None:
    first = post_village(world, "one")
    hang = post_hang(world, "two")
    about_user(world, SUSPEND, "user-1")
    world.restart()

    assert post_village(world, "one") == first.replayed()
    assert post_hang(world, "two") == hang.replayed()
    about_user(world, FORGET, "user-1")
    world.restart()
    assert post_village(world, "one") == first.replayed()
    assert post_hang(world, "two") == hang.replayed()
    assert len(world.items("ledger")) == 2


def test_a_suspended_user_in_two_roles_earns_in_neither(world: World) -> None:
    about_user(world, SUSPEND, "user-1")
    body = village_activity({"/users": {"buyer": BUYER_EMAIL, "seller": BUYER_EMAIL.upper()}})

    world.post_network_activity(body)
    world.deliver()

    (posting,) = world.postings()
    assert (posting["outcome"], posting["points"]) == ("rejected", 0)


def test_one_user_in_two_roles_is_looked_up_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the cache might end between the two, and one person be active and suspended at once."""
    catalog = world.start("record_network_activity").catalog
    asked: list[str] = []
    find_user = catalog.find_user

    def find_and_note(network_id: str, pseudonym: str) -> Any:
        asked.append(pseudonym)
        return find_user(network_id, pseudonym)

    monkeypatch.setattr(catalog, "find_user", find_and_note)

    body = village_activity({"/users": {"buyer": BUYER_EMAIL, "seller": BUYER_EMAIL.upper()}})
    assert world.post_network_activity(body).status == 201

    assert len(asked) == 1
