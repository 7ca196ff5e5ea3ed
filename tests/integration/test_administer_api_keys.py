"""API keys over HTTP: issued once, listed without secrets, revoked for good."""

import hashlib
from itertools import product
from typing import Any

import pytest
import time_machine

from accrue.domain.api_keys import parse_key_text
from tests.integration.authorizer_events import allow, authorizer_event, deny
from tests.integration.faults import MOMENTS, Crash, CrashPoint, Faults
from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

LIST = "GET /networks/{network_id}/api-keys"
POST = "POST /networks/{network_id}/api-keys"
REVOKE = "POST /networks/{network_id}/api-keys/{key_id}/revoke"
OPERATOR: dict[str, Any] = {"network": "", "role": "operator"}
NOW = "2026-03-01T12:00:00.000000Z"
MAX_LIVE_KEYS = 20
KEYS_OF_DEMO = 2
CACHE_SECONDS = 30


def issue(world: World, key_id: str = "till", role: str = "partner", **request: Any) -> Answer:
    return world.call(POST, {"key_id": key_id, "role": role}, **request)


def revoke(world: World, key_id: str = "till", **request: Any) -> Answer:
    return world.call(REVOKE, path={"key_id": key_id}, **request)


def listed(world: World) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = world.call(LIST).body["api_keys"]
    return keys


def stored(world: World) -> dict[str, dict[str, Any]]:
    """The items about keys, by partition and sort key."""
    rows = world.rows("catalog")
    return {
        f"{r['catalog_key']} {r['item_key']}": r
        for r in rows
        if r["catalog_key"].startswith("#KEY#") or "#KEY" in r["catalog_key"]
    }


def authorized(world: World, api_key: str) -> Any:
    event = authorizer_event({"Authorization": f"Bearer {api_key}"})
    return world.invoke("authorize_bearer", event)


def test_a_key_is_shown_once_and_opens_its_network(world: World) -> None:
    answer = issue(world, role="admin")

    api_key = answer.body["api_key"]
    assert (answer.status, answer.body) == (
        201,
        {"key_id": "till", "role": "admin", "created_at": NOW, "api_key": api_key},
    )
    assert authorized(world, api_key) == allow("demo", "admin", "till")
    presented = parse_key_text(api_key)
    assert presented is not None
    items = stored(world)
    public = {"key_id": "till", "role": "admin", "created_at": NOW, "revoked_at": None}
    assert (
        items["#KEY#demo.till KEY"].items()
        >= {
            **public,
            "network_id": "demo",
            "secret_sha256": hashlib.sha256(presented.secret).hexdigest(),
        }.items()
    )
    in_list = items["demo#KEYS till"]
    assert in_list.keys() - {"catalog_key", "item_key", "content_hash"} == public.keys()
    assert public in listed(world)
    secret = api_key.rpartition(".")[2]
    assert secret not in str(items)
    assert secret not in str(listed(world))


def test_two_keys_live_while_one_is_exchanged(world: World) -> None:
    keys = [issue(world, key_id).body["api_key"] for key_id in ("old", "new")]

    assert [authorized(world, key) for key in keys] == [
        allow("demo", "partner", "old"),
        allow("demo", "partner", "new"),
    ]


def test_an_id_names_one_key_for_ever(world: World) -> None:
    issue(world)
    before = stored(world)

    again = issue(world)
    assert (again.status, again.body["code"]) == (409, "API_KEY_EXISTS")
    assert again.body["errors"] == [
        {
            "pointer": "/key_id",
            "message": "is the id of a key already, whose secret can't be shown again: choose"
            " another id, and if nobody knows the secret, revoke that key",
        }
    ]
    assert stored(world) == before

    revoke(world)
    after = issue(world)
    assert (after.status, after.body["code"]) == (409, "API_KEY_EXISTS")
    assert "revoked" in after.body["errors"][0]["message"]


def test_a_revoked_key_is_refused_by_both_authorizers_for_sure_after_the_caches_life(
    world: World, clock: time_machine.Traveller
) -> None:
    api_key = issue(world).body["api_key"]
    headers = ({"Authorization": f"Bearer {api_key}"}, {"X-API-Key": api_key})
    events = [authorizer_event(each) for each in headers]
    functions = ("authorize_bearer", "authorize_api_key")

    def answers() -> list[Any]:
        pairs = zip(functions, events, strict=True)
        return [world.invoke(function, event) for function, event in pairs]

    assert answers() == [allow("demo", "partner", "till")] * 2
    revoke(world)

    # The gateway keeps an answer for another 60 s: ReauthorizeEvery, which no function sees.
    clock.shift(CACHE_SECONDS - 1)
    assert answers() == [allow("demo", "partner", "till")] * 2
    clock.shift(1)
    assert answers() == [deny()] * 2
    world.restart()
    assert answers() == [deny()] * 2


def test_revoking_twice_is_revoking_once(world: World, clock: time_machine.Traveller) -> None:
    issue(world)
    first = revoke(world)
    clock.shift(100)
    second = revoke(world)

    assert (first.status, first.body) == (
        200,
        {"key_id": "till", "role": "partner", "created_at": NOW, "revoked_at": NOW},
    )
    assert second == first
    assert first.body in listed(world)


def test_what_is_not_there_can_not_be_revoked(world: World) -> None:
    for key_id in ("till", "x" * 2000):
        answer = revoke(world, key_id)
        assert (answer.status, answer.body["code"]) == (404, "API_KEY_NOT_FOUND")


def test_a_network_has_so_many_live_keys(world: World) -> None:
    for number in range(MAX_LIVE_KEYS - KEYS_OF_DEMO):
        assert issue(world, f"key-{number}").status == 201

    refused = issue(world)
    assert (refused.status, refused.body["code"]) == (409, "TOO_MANY_API_KEYS")
    report = world.import_network(
        demo_network() | {"api_keys": [{"key_id": "till", "role": "admin"}]}
    )
    assert [fault["pointer"] for fault in report["errors"]] == ["/api_keys/0"]

    revoke(world, "key-0")
    assert issue(world).status == 201
    assert issue(world, "another").status == 409


def test_of_two_who_want_the_last_place_one_gets_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MAX_LIVE_KEYS - KEYS_OF_DEMO - 1):
        issue(world, f"key-{number}")
    faults = Faults.install(monkeypatch)
    world.restart()
    other: list[Answer] = []
    faults.run_before("TransactWriteItems", lambda: other.append(issue(world, "theirs")))

    ours = issue(world, "ours")

    assert (other[0].status, ours.status) == (201, 409)
    assert sum(key["revoked_at"] is None for key in listed(world)) == MAX_LIVE_KEYS


def test_of_two_who_want_one_id_one_gets_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    other: list[Answer] = []
    faults.run_before("TransactWriteItems", lambda: other.append(issue(world)))

    ours = issue(world)

    assert (other[0].status, ours.status, ours.body["code"]) == (201, 409, "API_KEY_EXISTS")
    assert authorized(world, other[0].body["api_key"]) == allow("demo", "partner", "till")


def test_a_key_is_not_lost_with_the_answer_of_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    faults.lose_answers("TransactWriteItems")

    answer = issue(world)

    assert faults.fired["TransactWriteItems"] == 1
    assert answer.status == 201
    assert authorized(world, answer.body["api_key"]) == allow("demo", "partner", "till")


def test_whoever_lost_the_answer_revokes_and_issues_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    issue(world)
    calls = len(faults.calls)
    revoke(world)

    for number, moment in product(range(1, calls + 1), MOMENTS):
        key_id = f"till-{number}-{moment}"
        faults.plan_crashes([CrashPoint(number, moment)])
        with pytest.raises(Crash):
            issue(world, key_id)
        again = issue(world, key_id)
        assert again.status in {201, 409}
        assert (again.status == 409) == ((number, moment) == (calls, "after"))
        assert revoke(world, key_id).status == 200
    live = [key["key_id"] for key in listed(world) if key["revoked_at"] is None]
    assert live == ["admin", "partner"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/key_id", "/role"}),
        ({"key_id": "a.b", "role": "partner"}, {"/key_id"}),
        ({"key_id": "till", "role": "operator"}, {"/role"}),
        ({"key_id": "till", "role": "admin", "secret": "x"}, {"/secret"}),
    ],
)
def test_faults_are_told(world: World, body: dict[str, Any], pointers: set[str]) -> None:
    answer = world.call(POST, body)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert {fault["pointer"] for fault in answer.body["errors"]} == pointers


def test_no_document_makes_an_operator(world: World) -> None:
    keys = [{"key_id": "boss", "role": "operator"}]

    report = world.import_network(demo_network() | {"api_keys": keys})

    assert report["errors"] == [
        {"pointer": "/api_keys/0/role", "message": "must be 'partner' or 'admin'"}
    ]


def test_a_document_does_not_bring_a_revoked_key_back(world: World) -> None:
    revoke(world, "partner")

    report = world.import_network(demo_network())

    assert report["code"] == "INVALID_NETWORK_DOCUMENT"
    assert report["errors"] == [
        {
            "pointer": "/api_keys/0/key_id",
            "message": "is the id of a revoked key, and an id names one key for ever: leave it"
            " out, or choose another",
        }
    ]


def test_the_operator_issues_the_first_key_and_one_after_the_last(world: World) -> None:
    revoke(world, "admin")

    body = {"key_id": "rescue", "role": "admin"}
    answer = world.call(POST, body, **OPERATOR)

    assert answer.status == 201
    assert authorized(world, answer.body["api_key"]) == allow("demo", "admin", "rescue")
    assert world.call(LIST, **OPERATOR).status == 200
    assert revoke(world, "rescue", **OPERATOR).status == 200


def test_there_are_no_keys_of_no_network(world: World) -> None:
    path = {"network_id": "nowhere", "key_id": "till"}

    for route, body in ((LIST, None), (POST, {"key_id": "till", "role": "admin"}), (REVOKE, None)):
        answer = world.call(route, body, path=path, **OPERATOR)
        assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


@pytest.mark.parametrize("route", [LIST, POST, REVOKE])
def test_partners_and_strangers_are_refused(world: World, route: str) -> None:
    path = {"key_id": "partner"}
    answer = world.call(route, {}, path=path, role="partner")
    assert (answer.status, answer.body["code"]) == (403, "ADMIN_KEY_REQUIRED")
    answer = world.call(route, {}, path=path, network="other")
    assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")
