"""A network's definitions as one document: exported, compared, imported here and elsewhere."""

from copy import deepcopy
from typing import Any

import pytest

from tests.integration.networks import demo_network, shown_program
from tests.integration.rich_network import rich_network
from tests.integration.test_administer_programs import OVERWRITE, publish, with_rate
from tests.integration.world import Answer, World

GET = "GET /networks/{network_id}/document"
PUT = "PUT /networks/{network_id}/document"
DIFF = "POST /networks/{network_id}/document/diff"
OPERATOR: dict[str, Any] = {"network": "", "role": "operator"}
MAX_PARTS = 200
MAX_BYTES = 2 * 1024 * 1024


def export(world: World, network_id: str = "demo") -> dict[str, Any]:
    answer = world.call(GET, path={"network_id": network_id}, network=network_id)
    assert answer.status == 200
    document: dict[str, Any] = answer.body
    return document


def put(world: World, document: Any, network_id: str = "demo") -> Answer:
    return world.call(PUT, document, path={"network_id": network_id}, network=network_id)


def diff(world: World, document: Any, network_id: str = "demo") -> Answer:
    return world.call(DIFF, document, path={"network_id": network_id}, network=network_id)


def make_empty(world: World, network_id: str) -> None:
    path = {"network_id": network_id}
    world.call("PUT /networks/{network_id}", {"name": "Empty"}, path=path, **OPERATOR)


def of(document: dict[str, Any], network_id: str) -> dict[str, Any]:
    return {**document, "network": {**document["network"], "network_id": network_id}}


def test_the_definitions_are_exported_and_nothing_else(world: World) -> None:
    document = export(world)

    demo = demo_network()
    by_id = sorted(demo["activity_types"], key=lambda part: part["activity_type_id"])
    assert document == {
        "network": {
            **demo["network"],
            "logs_undefined_types": False,
            "automatic_programs": [],
            "is_sandbox": False,
        },
        "activity_types": [
            {"roles": ["member"], "allows_negative": False, "is_archived": False, **part}
            for part in by_id
        ],
        "programs": [shown_program(demo["programs"][0])],
    }
    assert not any(user["email"] in str(document) for user in demo["users"])


@pytest.mark.parametrize("original", [demo_network("one"), rich_network()])
def test_an_export_is_carried_to_another_network_as_it_is(
    empty_world: World, original: dict[str, Any]
) -> None:
    network_id = empty_world.import_network(original)["network_id"]
    document = export(empty_world, network_id)
    before = empty_world.items("catalog")

    again = put(empty_world, document, network_id)

    parts = 1 + len(document["activity_types"]) + len(document["programs"])
    assert (again.status, again.body) == (
        200,
        {
            "network_id": network_id,
            "created": 0,
            "updated": 0,
            "unchanged": parts,
            "changes": [],
            "api_keys": [],
        },
    )
    assert empty_world.items("catalog") == before
    assert diff(empty_world, document, network_id).body["differences"] == []

    make_empty(empty_world, "production")
    elsewhere = put(empty_world, of(document, "production"), "production")
    assert (elsewhere.status, elsewhere.body["updated"], elsewhere.body["created"]) == (
        200,
        1,
        parts - 1,
    )
    assert export(empty_world, "production") == of(document, "production")
    assert diff(empty_world, document, "production").body["differences"] == []


def test_automatic_programs_are_carried_along(world: World) -> None:
    body = {"name": "Demo network", "automatic_programs": ["coffee-club"]}
    world.call("PUT /networks/{network_id}", body, headers=OVERWRITE)
    make_empty(world, "production")

    answer = put(world, of(export(world), "production"), "production")

    assert answer.status == 200
    assert export(world, "production")["network"]["automatic_programs"] == ["coffee-club"]
    assert export(world, "production") == of(export(world), "production")


def test_the_latest_version_is_exported_though_it_is_not_in_force(world: World) -> None:
    publish(world, with_rate("0.02"), headers=OVERWRITE)

    (program,) = export(world)["programs"]

    assert program == shown_program(with_rate("0.02"))


def test_what_an_import_would_change_is_what_it_changes(world: World) -> None:
    document = export(world)
    wanted = deepcopy(document)
    wanted["network"]["name"] = "Renamed"
    wanted["network"]["metadata_fields"].append("season")
    wanted["activity_types"][0]["allows_negative"] = True
    wanted["programs"][0]["rules"][0]["award"]["rate"] = "0.02"
    tea = {"program_id": "tea", "name": "Tea", "points": {"unit": "leaves"}}
    wanted["programs"].append(tea)
    before = world.items("catalog")

    answer = diff(world, of(wanted, "sandbox"))

    assert answer.status == 200
    fields = document["network"]["metadata_fields"]
    (first,) = (t["activity_type_id"] for t in document["activity_types"][:1])
    assert answer.body == {
        "network_id": "demo",
        "differences": [
            {"pointer": "/network/name", "before": "Demo network", "after": "Renamed"},
            {"pointer": "/network/metadata_fields", "before": fields, "after": [*fields, "season"]},
            {
                "pointer": f"/activity_types/{first}/allows_negative",
                "before": False,
                "after": True,
            },
            {
                "pointer": "/programs/coffee-club/rules/sale-cash-back/award/rate",
                "before": "0.01",
                "after": "0.02",
            },
            {
                "pointer": "/programs/tea",
                "before": None,
                "after": shown_program(tea),
            },
        ],
    }
    assert world.items("catalog") == before

    report = put(world, wanted).body
    assert [(part["pointer"], part["change"]) for part in report["changes"]] == [
        (f"/activity_types/{first}", "updated"),
        ("/programs/coffee-club", "updated"),
        ("/programs/tea", "created"),
        ("/network", "updated"),
    ]
    assert diff(world, wanted).body["differences"] == []


def test_a_sandbox_and_production_are_compared_by_what_they_define(world: World) -> None:
    document = export(world)
    document["network"]["is_sandbox"] = True

    # Whose the document is, is no difference either.
    assert diff(world, of(document, "sandbox")).body["differences"] == []
    refused = put(world, document)

    assert (refused.status, refused.body["code"]) == (422, "INVALID_NETWORK_DOCUMENT")
    assert [fault["pointer"] for fault in refused.body["errors"]] == ["/network/is_sandbox"]
    document["network"]["is_sandbox"] = "yes"
    refused = diff(world, document)
    assert [fault["pointer"] for fault in refused.body["errors"]] == ["/network/is_sandbox"]


def test_what_a_document_leaves_out_is_no_difference(world: World) -> None:
    document = {"network": {"name": "Demo network"}}

    assert diff(world, document).body["differences"] == []
    assert put(world, document).body["unchanged"] == 1


def test_a_document_brings_users_memberships_and_keys_too(world: World) -> None:
    document = demo_network()
    document["users"].append({"user_id": "user-6", "email": "six@example.com"})
    document["memberships"].append(
        {"program_membership_id": "12350", "program_id": "coffee-club", "user_id": "user-6"}
    )
    document["api_keys"].append({"key_id": "till", "role": "partner"})

    answer = put(world, document)

    assert [part["pointer"] for part in answer.body["changes"]] == [
        "/users/user-6",
        "/memberships/12350",
        "/api_keys/till",
    ]
    (minted,) = answer.body["api_keys"]
    assert minted["api_key"].startswith("accrue_demo.till.")
    assert put(world, document).body["api_keys"] == []


def many(number: int) -> dict[str, Any]:
    document = demo_network()
    document["users"] = [
        {"user_id": f"u-{n}", "email": f"u-{n}@example.com"} for n in range(number)
    ]
    document["memberships"] = [
        {"program_membership_id": f"m-{n}", "program_id": "coffee-club", "user_id": f"u-{n}"}
        for n in range(number)
    ]
    return document


@pytest.mark.parametrize("call", [put, diff])
def test_so_many_users_come_at_once_over_http(world: World, call: Any) -> None:
    before = world.items("catalog")

    answer = call(world, many(MAX_PARTS + 1))

    assert (answer.status, answer.body["code"]) == (422, "INVALID_NETWORK_DOCUMENT")
    assert answer.body["errors"] == [
        {
            "pointer": f"/{name}",
            "message": "has 201 items, and 200 is the most over HTTP: put the rest into further"
            " documents, or invoke import_catalog directly",
        }
        for name in ("users", "memberships")
    ]
    assert world.items("catalog") == before


def test_as_many_as_that_are_taken(world: World) -> None:
    assert put(world, many(MAX_PARTS)).body["created"] == 2 * MAX_PARTS


@pytest.mark.parametrize("call", [put, diff])
def test_every_fault_is_told_and_nothing_written(world: World, call: Any) -> None:
    document = export(world)
    document["programs"][0]["rules"][0]["award"]["rate"] = 0.1
    document["activity_types"][0]["kind"] = "gift"
    document["network"]["automatic_programs"] = ["nothing"]
    before = world.items("catalog")

    answer = call(world, document)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_NETWORK_DOCUMENT")
    assert {fault["pointer"] for fault in answer.body["errors"]} == {
        "/programs/0/rules/0/award/rate",
        "/activity_types/0/kind",
    }
    del document["programs"][0]["rules"][0]
    document["activity_types"][0]["kind"] = "action"
    answer = call(world, document)
    assert [fault["pointer"] for fault in answer.body["errors"]] == [
        "/network/automatic_programs/0"
    ]
    assert world.items("catalog") == before


def test_a_document_of_another_network_is_not_imported(world: World) -> None:
    answer = put(world, of(demo_network(), "sandbox"))

    assert answer.status == 422
    assert answer.body["errors"] == [
        {
            "pointer": "/network/network_id",
            "message": "differs from the id in the URL: send the same, or leave it out",
        }
    ]


@pytest.mark.parametrize("document", [{}, {"network": None}, {"network": []}, {"network": "demo"}])
def test_what_is_no_document_is_refused(world: World, document: dict[str, Any]) -> None:
    for call in (put, diff):
        answer = call(world, document)
        assert (answer.status, answer.body["code"]) == (422, "INVALID_NETWORK_DOCUMENT")
        assert {fault["pointer"] for fault in answer.body["errors"]} == {"/network"}


def test_a_body_has_its_limit(world: World) -> None:
    document = demo_network()
    document["network"]["name"] = "x" * MAX_BYTES

    answer = put(world, document)

    assert (answer.status, answer.body["code"]) == (413, "REQUEST_TOO_LARGE")


def test_more_than_a_document_can_say_is_not_exported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.administer_network_document.MAX_ACTIVITY_TYPES", 5)

    answer = world.call(GET)

    assert (answer.status, answer.body["code"]) == (409, "DEFINITIONS_TOO_LARGE")
    assert answer.body["errors"][0]["message"] == (
        "has 6 activity types, and a document at most 5: GET its activity types and programs one"
        " by one"
    )


@pytest.mark.parametrize("route", [GET, PUT, DIFF])
def test_partners_and_strangers_are_refused(world: World, route: str) -> None:
    answer = world.call(route, {}, role="partner")
    assert (answer.status, answer.body["code"]) == (403, "ADMIN_KEY_REQUIRED")
    for request in ({"network": "other"}, OPERATOR):
        answer = world.call(route, {}, **request)
        assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


@pytest.mark.parametrize(
    "headers", [{"If-Match": '"seen"'}, {"If-Match": "*"}, {"If-None-Match": "*"}]
)
def test_an_import_takes_no_condition(world: World, headers: dict[str, str]) -> None:
    before = world.items("catalog")
    document = {"network": {"network_id": "demo", "name": "Another name"}}

    answer = world.call("PUT /networks/{network_id}/document", document, headers=headers)

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert [fault["pointer"] for fault in answer.body["errors"]] == [
        f"header:{next(iter(headers))}"
    ]
    assert world.items("catalog") == before
