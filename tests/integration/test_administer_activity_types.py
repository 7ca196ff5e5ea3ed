"""Activity types over HTTP: defined, changed under a condition, archived, listed in pages."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

LIST = "GET /networks/{network_id}/activity-types"
GET = "GET /networks/{network_id}/activity-types/{activity_type_id}"
PUT = "PUT /networks/{network_id}/activity-types/{activity_type_id}"
TASTING = {"kind": "action", "roles": ["guest"]}
DEFINED_TASTING = {
    "activity_type_id": "tasting",
    "kind": "action",
    "roles": ["guest"],
    "allows_negative": False,
    "is_archived": False,
}


def demo_types() -> list[str]:
    return [part["activity_type_id"] for part in demo_network()["activity_types"]]


def put(world: World, body: Any, type_id: str = "tasting", **request: Any) -> Answer:
    return world.call(PUT, body, path={"activity_type_id": type_id}, **request)


def get(world: World, type_id: str = "tasting") -> Answer:
    return world.call(GET, path={"activity_type_id": type_id})


def stored(world: World, type_id: str = "tasting") -> list[dict[str, Any]]:
    return [r for r in world.rows("catalog") if r["item_key"] == type_id]


def test_a_new_type_is_defined(world: World) -> None:
    answer = put(world, TASTING)

    assert (answer.status, answer.body) == (201, DEFINED_TASTING)
    (item,) = stored(world)
    assert item == {
        "catalog_key": "demo#TYPES",
        "item_key": "tasting",
        **DEFINED_TASTING,
        "content_hash": item["content_hash"],
    }
    again = get(world)
    assert (again.status, again.body, again.headers["ETag"]) == (
        200,
        DEFINED_TASTING,
        answer.headers["ETag"],
    )


@pytest.mark.parametrize(
    "type_id",
    ["two words", "100%", "%", "50%x", "100%%", "a/b", "a#b", "gr\u00fcn", "\U0001f375 tea", "a+b"],
)
@pytest.mark.parametrize("in_path", [str, partial(quote, safe="")])
def test_an_id_may_hold_what_urls_escape(
    world: World, type_id: str, in_path: Callable[[str], str]
) -> None:
    """Gateways differ in whether they decode what stands in a path."""
    answer = put(world, TASTING, in_path(type_id))

    assert (answer.status, answer.body["activity_type_id"]) == (201, type_id)
    assert get(world, in_path(type_id)).body == {**DEFINED_TASTING, "activity_type_id": type_id}
    assert len(stored(world, type_id)) == 1


@pytest.mark.parametrize("type_id", ["disc%41", "%25", "100%25", "a%2fb", "%%41"])
def test_an_id_that_would_be_another_one_in_a_url_is_refused(world: World, type_id: str) -> None:
    before = world.items("catalog")
    part = {"activity_type_id": type_id, **TASTING}

    answer = put(world, part, quote(type_id, safe=""))
    document = demo_network()
    document["activity_types"].append(part)
    imported = world.import_network(document)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == "path:activity_type_id"
    assert "which is a character in URLs" in fault["message"]
    where = f"/activity_types/{len(document['activity_types']) - 1}/activity_type_id"
    assert [each["pointer"] for each in imported["errors"]] == [where]
    assert world.items("catalog") == before


def test_a_defined_type_makes_the_next_activity_count(world: World) -> None:
    body = {
        "idempotency_key": "first",
        "activity": {"activity_type_id": "gift", "value": "5", "transaction_timestamp": 1772366400},
    }
    assert world.post_membership_activity("12345", body).status == 422

    put(world, {"kind": "action"}, "gift")

    assert world.post_membership_activity("12345", body).status == 200


def test_the_same_again_changes_nothing_whatever_the_condition(world: World) -> None:
    first = put(world, TASTING)
    (before,) = stored(world)

    for headers in ({}, {"If-Match": '"another"'}, {"If-None-Match": "*"}, {"If-Match": "*"}):
        answer = put(world, TASTING, headers=headers)
        assert (answer.status, answer.body) == (200, DEFINED_TASTING)
        assert answer.headers["ETag"] == first.headers["ETag"]
    assert stored(world) == [before]


@pytest.mark.parametrize(
    ("headers", "status", "code", "pointer"),
    [
        ({}, 428, "PRECONDITION_REQUIRED", "header:If-Match"),
        ({"If-Match": '"another"'}, 412, "PRECONDITION_FAILED", "header:If-Match"),
        ({"If-None-Match": "*"}, 412, "PRECONDITION_FAILED", "header:If-None-Match"),
        ({"If-Match": "another"}, 400, "INVALID_REQUEST", "header:If-Match"),
        ({"If-None-Match": '"another"'}, 400, "INVALID_REQUEST", "header:If-None-Match"),
    ],
)
def test_another_definition_needs_the_state_that_was_seen(
    world: World, headers: dict[str, str], status: int, code: str, pointer: str
) -> None:
    put(world, TASTING)
    before = stored(world)

    answer = put(world, {**TASTING, "kind": "sale"}, headers=headers)

    assert (answer.status, answer.body["code"]) == (status, code)
    assert [fault["pointer"] for fault in answer.body["errors"]] == [pointer]
    assert stored(world) == before


@pytest.mark.parametrize("named", ["seen", "any"])
def test_a_definition_is_changed(world: World, named: str) -> None:
    seen = put(world, TASTING).headers["ETag"]

    answer = put(
        world,
        {**TASTING, "is_archived": True},
        headers={"If-Match": seen if named == "seen" else "*"},
    )

    assert (answer.status, answer.body) == (200, {**DEFINED_TASTING, "is_archived": True})
    assert answer.headers["ETag"] != seen
    assert get(world).body == answer.body


def test_a_condition_on_what_is_not_there_fails(world: World) -> None:
    for if_match in ("*", '"something"'):
        answer = put(world, TASTING, headers={"If-Match": if_match})
        assert (answer.status, answer.body["code"]) == (412, "PRECONDITION_FAILED")
    assert stored(world) == []


def test_every_fault_is_told_at_once(world: World) -> None:
    answer = put(
        world, {"kind": "gift", "roles": ["a", "a"], "color": 1, "activity_type_id": "tasting"}
    )

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert {fault["pointer"] for fault in answer.body["errors"]} == {"/kind", "/roles/1", "/color"}
    assert stored(world) == []


def test_the_id_is_the_one_in_the_url(world: World) -> None:
    answer = put(world, {**TASTING, "activity_type_id": "other"})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert answer.body["errors"][0]["pointer"] == "/activity_type_id"


def test_what_is_not_there_is_not_found(world: World) -> None:
    for type_id in ("tasting", "x" * 2000):
        answer = get(world, type_id)
        assert (answer.status, answer.body["code"]) == (404, "ACTIVITY_TYPE_NOT_FOUND")


def test_types_are_listed_in_pages(world: World) -> None:
    seen: list[str] = []
    query = {"limit": "3"}
    while True:
        answer = world.call(LIST, query=query)
        assert answer.status == 200
        assert len(answer.body["activity_types"]) <= 3
        seen += [t["activity_type_id"] for t in answer.body["activity_types"]]
        if not answer.body["next_cursor"]:
            break
        query = {"limit": "3", "cursor": answer.body["next_cursor"]}

    assert seen == sorted(demo_types())
    assert len(seen) > 3


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "0"}, "query:limit"),
        ({"limit": "101"}, "query:limit"),
        ({"limit": "ten"}, "query:limit"),
        ({"limit": "٣"}, "query:limit"),
        ({"cursor": "!"}, "query:cursor"),
        ({"cursor": "_w"}, "query:cursor"),
    ],
)
def test_a_page_that_can_not_be_is_refused(
    world: World, query: dict[str, str], pointer: str
) -> None:
    answer = world.call(LIST, query=query)

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["errors"][0]["pointer"] == pointer


def test_an_archived_type_is_to_new_activities_as_if_it_were_not_defined(world: World) -> None:
    put(world, {"kind": "action", "roles": ["member", "buyer"]})
    body = {
        "idempotency_key": "before",
        "activity": {
            "activity_type_id": "tasting",
            "value": "5",
            "transaction_timestamp": 1772366400,
        },
    }
    shared = {
        "activity_short_id": "tasting",
        "amount": "5",
        "users": {"buyer": "bradford@villagelabs.co"},
    }
    assert world.post_membership_activity("12345", body).status == 200
    put(
        world,
        {"kind": "action", "roles": ["member", "buyer"], "is_archived": True},
        headers={"If-Match": "*"},
    )
    world.restart()

    refused = world.post_membership_activity("12345", {**body, "idempotency_key": "after"})
    logged = world.post_network_activity(shared)
    retried = world.post_membership_activity("12345", body)

    assert (refused.status, refused.body["code"]) == (422, "UNKNOWN_ACTIVITY_TYPE")
    assert "archived" in refused.body["errors"][0]["message"]
    assert logged.status == 201
    assert logged.warnings == [
        'activity_short_id "tasting" is archived: the activity is only logged.'
    ]
    (row,) = (r for r in world.rows("ledger") if r["activity_id"] == logged.body["activity_id"])
    assert row["settled_outcome"] == "undefined_type"
    # What was acknowledged stays so.
    assert (retried.status, retried.headers["Idempotent-Replayed"]) == (200, "true")


@pytest.mark.parametrize("guessed", ["yes", "false", 1, 0])
def test_what_only_resembles_true_or_false_is_not_guessed(world: World, guessed: object) -> None:
    answer = put(world, {**TASTING, "is_archived": guessed})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert answer.body["errors"] == [
        {"pointer": "/is_archived", "message": "must be true or false"}
    ]


def test_too_many_roles_are_to_be_removed(world: World) -> None:
    answer = put(world, {**TASTING, "roles": [f"role-{number}" for number in range(21)]})

    assert answer.body["errors"] == [
        {"pointer": "/roles", "message": "has more than 20 items: remove some"}
    ]


def test_an_id_that_can_not_be_is_pointed_at_in_the_path(world: World) -> None:
    answer = put(world, TASTING, "somebody@example.com")

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["path:activity_type_id"]
