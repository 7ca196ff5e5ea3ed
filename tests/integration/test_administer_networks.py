"""Networks over HTTP: made by the operator, changed by their admins, never losing what is asked."""

from typing import Any

import pytest
import time_machine

from tests.integration.bodies import BUYER_EMAIL, village_activity
from tests.integration.networks import demo_network
from tests.integration.test_administer_programs import ONE, publish
from tests.integration.world import Answer, World

LIST = "GET /networks"
GET = "GET /networks/{network_id}"
PUT = "PUT /networks/{network_id}"
OPERATOR: dict[str, Any] = {"network": "", "role": "operator"}
NEW = {
    "network_id": "new",
    "name": "New network",
    "logs_undefined_types": False,
    "metadata_fields": [],
    "automatic_programs": [],
    "is_sandbox": False,
}
DEMO = NEW | demo_network()["network"]
OVERWRITE = {"If-Match": "*"}


def put(world: World, body: Any, network_id: str = "demo", **request: Any) -> Answer:
    return world.call(PUT, body, path={"network_id": network_id}, **request)


def get(world: World, network_id: str = "demo", **request: Any) -> Answer:
    return world.call(GET, path={"network_id": network_id}, **request)


def stored(world: World, network_id: str) -> list[dict[str, Any]]:
    keys = ("catalog_key", "item_key")
    rows = world.rows("catalog")
    return [r for r in rows if [r[k] for k in keys] == ["#NETWORKS", network_id]]


def test_the_operator_makes_a_network(world: World) -> None:
    answer = put(world, {"name": "New network"}, "new", **OPERATOR)

    assert (answer.status, answer.body) == (201, NEW)
    (item,) = stored(world, "new")
    assert len(bytes.fromhex(item["pseudonym_secret"])) == 32
    # As it was before there were sandboxes: what an earlier release wrote can be changed.
    assert item == {
        "catalog_key": "#NETWORKS",
        "item_key": "new",
        **{name: value for name, value in NEW.items() if name != "is_sandbox"},
        "pseudonym_secret": item["pseudonym_secret"],
        "content_hash": item["content_hash"],
    }
    again = get(world, "new", **OPERATOR)
    assert (again.status, again.body) == (200, NEW)
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_the_secret_is_minted_once_and_shown_never(world: World) -> None:
    first = put(world, {"name": "New network"}, "new", **OPERATOR)
    (before,) = stored(world, "new")

    answers = [
        first,
        put(world, {"name": "Renamed"}, "new", headers=OVERWRITE, **OPERATOR),
        get(world, "new", network="new"),
        world.call(LIST, **OPERATOR),
    ]

    (after,) = stored(world, "new")
    assert after["name"] == "Renamed"
    assert after["pseudonym_secret"] == before["pseudonym_secret"]
    assert not any(before["pseudonym_secret"] in str(answer) for answer in answers)


def test_nobody_else_makes_or_finds_it(world: World) -> None:
    for network, role in (("demo", "admin"), ("demo", "partner"), ("new", "admin")):
        answer = put(world, {"name": "New"}, "new", network=network, role=role)
        assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")
    assert stored(world, "new") == []
    answer = get(world, "new", **OPERATOR)
    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")
    answer = get(world, "x" * 2000, **OPERATOR)
    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


def test_its_admins_change_it_and_its_partners_do_not(world: World) -> None:
    seen = get(world).headers["ETag"]
    body = {"name": "Renamed", "logs_undefined_types": True}

    refused = put(world, body, role="partner", headers={"If-Match": seen})
    changed = put(world, body, headers={"If-Match": seen})

    assert (refused.status, refused.body["code"]) == (403, "ADMIN_KEY_REQUIRED")
    # What was left out stays.
    assert (changed.status, changed.body) == (200, DEMO | body)


def test_it_is_changed_only_by_who_has_seen_it(world: World) -> None:
    seen = get(world).headers["ETag"]
    first = put(world, {"name": "First"}, headers={"If-Match": seen})
    assert first.status == 200

    answers = [
        put(world, {"name": "Second"}),
        put(world, {"name": "Second"}, headers={"If-Match": seen}),
        put(world, {"name": "Second"}, headers={"If-None-Match": "*"}),
        # The first again, whose answer may have been lost.
        put(world, {"name": "First"}, headers={"If-Match": seen}),
    ]

    assert [a.status for a in answers] == [428, 412, 412, 200]
    assert get(world).body["name"] == "First"


def test_networks_are_listed_for_the_operator(world: World) -> None:
    for network_id in ("b", "a", "c"):
        put(world, {"name": network_id}, network_id, **OPERATOR)
    first = world.call(LIST, query={"limit": "3"}, **OPERATOR)
    cursor = first.body["next_cursor"]
    rest = world.call(LIST, query={"limit": "3", "cursor": cursor}, **OPERATOR)

    assert first.body["networks"] == ["a", "b", "c"]
    assert rest.body == {"networks": ["demo"], "next_cursor": None}
    for role in ("admin", "partner"):
        answer = world.call(LIST, role=role)
        assert (answer.status, answer.body["code"]) == (403, "OPERATOR_KEY_REQUIRED")


FAULTS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"/name"}),
    ({"name": ""}, {"/name"}),
    (
        {"name": "x", "color": "red", "metadata_fields": ["a", "a"]},
        {"/color", "/metadata_fields/1"},
    ),
    ({"metadata_fields": ["description"]}, {"/name", "/metadata_fields/0"}),
    ({"name": "x", "network_id": "other"}, {"/network_id"}),
    ({"name": "x", "pseudonym_secret": "ab" * 32}, {"/pseudonym_secret"}),
    ({"name": "x", "automatic_programs": ["coffee-club", "tea"]}, {"/automatic_programs/1"}),
    ({"name": "x", "automatic_programs": ["coffee-club"] * 2}, {"/automatic_programs/1"}),
]


@pytest.mark.parametrize(("body", "pointers"), FAULTS)
def test_every_fault_is_told(world: World, body: dict[str, Any], pointers: set[str]) -> None:
    before = stored(world, "demo")

    answer = put(world, body, headers=OVERWRITE)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert {fault["pointer"] for fault in answer.body["errors"]} == pointers
    assert stored(world, "demo") == before


def test_a_network_needs_an_id_that_can_be_one(world: World) -> None:
    answer = put(world, {"name": "x"}, "#odd", **OPERATOR)

    assert answer.status == 422
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["path:network_id"]


def asks_for(field: str) -> dict[str, Any]:
    program = ONE()
    program["rules"][0]["when"] = {"metadata": [{"field": field, "equals": "app"}]}
    return program


def test_metadata_that_a_version_decides_by_stays(
    world: World, clock: time_machine.Traveller
) -> None:
    without_channel = {"name": "Demo network", "metadata_fields": ["store_id"]}
    assert publish(world, asks_for("channel"), headers=OVERWRITE).status == 200

    scheduled = put(world, without_channel, headers=OVERWRITE)
    clock.shift(60)
    assert publish(world, ONE(), headers=OVERWRITE).body["version"] == 3
    in_force = put(world, without_channel, headers=OVERWRITE)
    clock.shift(60)
    neither = put(world, without_channel, headers=OVERWRITE)

    for refused in (scheduled, in_force):
        assert (refused.status, refused.body["code"]) == (409, "DEFINITION_IN_USE")
        assert refused.body["errors"] == [
            {
                "pointer": "/metadata_fields",
                "message": "lacks channel, which version 2 of coffee-club asks for: publish one"
                " without it first, and wait until that is in force",
            }
        ]
    assert neither.status == 200
    assert neither.body["metadata_fields"] == ["store_id"]


def test_an_import_does_not_lose_it_either(world: World) -> None:
    publish(world, asks_for("channel"), headers=OVERWRITE)
    network = {"network_id": "demo", "name": "Demo network", "metadata_fields": []}

    report = world.import_network({"network": network})

    assert report["code"] == "INVALID_NETWORK_DOCUMENT"
    assert [fault["pointer"] for fault in report["errors"]] == ["/network/metadata_fields"]
    assert get(world).body == DEMO


def test_a_network_that_is_made_counts_at_once(world: World) -> None:
    body = village_activity({"/users": {"buyer": BUYER_EMAIL}})
    answer = world.post_network_activity(body, path_network="new", network="new")
    assert answer.status == 404

    put(world, {"name": "New network"}, "new", **OPERATOR)

    # Its users and types come next: none of it is of another network.
    answer = world.post_network_activity(body, path_network="new", network="new")
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/users/buyer")


def test_a_sandbox_is_made_and_stays_one(world: World) -> None:
    answer = put(world, {"name": "Sandbox", "is_sandbox": True}, "new", **OPERATOR)

    assert (answer.status, answer.body) == (201, NEW | {"name": "Sandbox", "is_sandbox": True})
    (item,) = stored(world, "new")
    assert item["is_sandbox"] is True
    # A retry, and a change that says nothing of it or the same.
    body: dict[str, Any]
    for body in (
        {"name": "Sandbox", "is_sandbox": True},
        {"name": "Renamed"},
        {"name": "Again", "is_sandbox": True},
    ):
        answer = put(world, body, "new", headers=OVERWRITE, **OPERATOR)
        assert (answer.status, answer.body["is_sandbox"]) == (200, True)


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_what_a_network_is_never_changes(world: World, is_sandbox: bool) -> None:  # noqa: FBT001
    put(world, {"name": "New", "is_sandbox": is_sandbox}, "new", **OPERATOR)
    before = stored(world, "new")
    body = {"name": "New", "is_sandbox": not is_sandbox}

    answer = put(world, body, "new", headers=OVERWRITE, **OPERATOR)
    report = world.import_network({"network": {"network_id": "new", **body}})

    assert (answer.status, answer.body["code"]) == (409, "SANDBOX_FIXED")
    (fault,) = answer.body["errors"]
    is_one = "is" if is_sandbox else "is not"
    assert fault == {
        "pointer": "/is_sandbox",
        "message": f"can't change, and this network {is_one} a sandbox: leave it out, or make"
        " another network",
    }
    assert report["code"] == "INVALID_NETWORK_DOCUMENT"
    assert report["errors"] == [{**fault, "pointer": "/network/is_sandbox"}]
    assert stored(world, "new") == before


def test_a_network_of_an_earlier_release_can_be_changed(world: World) -> None:
    """Its item says nothing of sandboxes, and a change is conditional on all that it says."""
    (item,) = stored(world, "demo")
    assert "is_sandbox" not in item

    answer = put(world, {"name": "Renamed"}, headers=OVERWRITE)

    assert (answer.status, answer.body["is_sandbox"]) == (200, False)
