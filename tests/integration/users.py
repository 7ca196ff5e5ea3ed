"""Calls about users, and what must be true of all users' items at any time."""

from typing import Any

from tests.integration.world import Answer, World

LIST = "GET /networks/{network_id}/users"
GET = "GET /networks/{network_id}/users/{user_id}"
PUT = "PUT /networks/{network_id}/users/{user_id}"
SUSPEND = "POST /networks/{network_id}/users/{user_id}/suspend"
REINSTATE = "POST /networks/{network_id}/users/{user_id}/reinstate"
FORGET = "POST /networks/{network_id}/users/{user_id}/forget"
ENROL = "POST /v2/program-memberships"
PERSONAL = ("email", "pseudonym", "traits", "suspended_reason")


def about_user(
    world: World, route: str, user_id: str = "user-9", body: Any = None, **request: Any
) -> Answer:
    """Call a route of a user."""
    return world.call(route, body, path={"user_id": user_id}, **request)


def put_user(
    world: World, user_id: str = "user-9", email: str = "nina@example.com", **rest: Any
) -> Answer:
    """PUT a user, whatever is there."""
    headers = rest.pop("headers", {})
    return about_user(world, PUT, user_id, {"email": email, **rest}, headers=headers)


def enrol(world: World, **body: Any) -> Answer:
    """POST a membership, with a partner's key."""
    return world.call(ENROL, body, role="partner")


def stored_user(world: World, user_id: str = "user-9", *, network: str = "demo") -> dict[str, Any]:
    """The item that says everything about a user."""
    (found,) = (
        row
        for row in world.rows("catalog")
        if (row["catalog_key"], row["item_key"]) == (f"{network}#USERS", user_id)
    )
    return found


def assert_users_agree(world: World) -> None:
    """Every item about a user says what the user's own item says, and there are no others."""
    rows = {(row["catalog_key"], row["item_key"]): row for row in world.rows("catalog")}
    said: dict[tuple[str, str], dict[str, Any]] = {}
    expected = 0
    for (partition, user_id), user in rows.items():
        network_id, _, kind = partition.partition("#")
        if kind != "USERS":
            continue
        assert user["user_id"] == user_id
        shared = {"user_id": user_id, "standing": user["standing"]}
        if user["standing"] == "forgotten":
            assert not user.keys() & set(PERSONAL)
        else:
            place = (f"{network_id}#EMAIL#{user['pseudonym']}", "USER")
            said[place] = {**shared, "memberships": user["memberships"]}
            expected += 1
        if user.get("traits"):
            place = (f"{network_id}#TRAITS#{user_id}", "TRAITS")
            said[place] = {"user_id": user_id, "traits": user["traits"]}
            expected += 1
        programs = [membership["program_id"] for membership in user["memberships"]]
        assert len(set(programs)) == len(programs), "one membership of a program at most"
        for membership in user["memberships"]:
            place = (f"{network_id}#MEMBERSHIP#{membership['program_membership_id']}", "MEMBERSHIP")
            said[place] = {**shared, **membership}
            expected += 1
    assert len(said) == expected, "an email or a membership is two users'"
    stored = {
        place: {n: v for n, v in row.items() if n not in {"catalog_key", "item_key"}}
        for place, row in rows.items()
        if place[0].partition("#")[2].partition("#")[0] in {"EMAIL", "TRAITS", "MEMBERSHIP"}
    }
    for row in stored.values():
        row.pop("content_hash")
    assert stored == said
