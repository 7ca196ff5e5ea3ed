"""When DynamoDB or the deployment fails: 500 without internals, logged once, the key still free."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.integration.bodies import HANG_EXAMPLE, village_activity
from tests.integration.histories_over_http import BALANCE, HISTORY, STATEMENT, asked
from tests.integration.world import Answer, World

INTERNAL = {
    "message": "Something failed on our side. Send the same request again, with the same"
    " idempotency key if it has one; if it goes on failing, tell us the request_id.",
    "code": "INTERNAL_ERROR",
    "errors": [],
    "request_id": "gateway-request",
}
FAILURE = Answer(500, {"Content-Type": "application/json"}, INTERNAL)
OUTAGES: list[Exception] = [
    EndpointConnectionError(endpoint_url="https://dynamodb.internal"),
    ClientError({"Error": {"Code": "InternalServerError", "Message": "internal"}}, "operation"),
    ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "arn:aws:iam::1:role/internal"}},
        "operation",
    ),
    RuntimeError("internal bug"),
]
type Post = Callable[[World], Answer]


def _hang(world: World) -> Answer:
    return world.post_membership_activity("12345", HANG_EXAMPLE)


def _village(world: World) -> Answer:
    return world.post_network_activity(village_activity(), headers={"Idempotency-Key": "k"})


def _village_with_reference(world: World) -> Answer:
    body = village_activity({"/metadata/reference_id": "r", "/enforceUniqueRefId": True})
    return world.post_network_activity(body, headers={"Idempotency-Key": "k"})


def _get(world: World) -> Answer:
    return world.get_membership("12345")


def _get_activity(world: World) -> Answer:
    return world.get_activity("ik_tftx3usxvu7utzjqx4zjitxbfn2mbdri")


def _list(world: World) -> Answer:
    return world.call("GET /networks/{network_id}/activities", role="partner")


def _list_by_key(world: World) -> Answer:
    named = {"idempotency_key": "k-1"}
    return world.call("GET /networks/{network_id}/activities", query=named, role="partner")


def _history(world: World) -> Answer:
    return asked(world, HISTORY, "12345")


def _balance_then(world: World) -> Answer:
    return asked(world, BALANCE, "12345", query={"as_of": "2026-03-01T00:00:00Z"})


def _statement(world: World) -> Answer:
    return asked(world, STATEMENT, "12345", query={"from": "2026-03-01T00:00:00Z"})


CALLS: list[tuple[Post, str]] = [
    (_hang, "PutItem"),
    (_hang, "GetItem"),
    (_village, "PutItem"),
    (_village, "GetItem"),
    (_village_with_reference, "TransactWriteItems"),
    (_get, "GetItem"),
    (_get, "Query"),
    (_get_activity, "GetItem"),
    (_list, "Query"),
    (_list_by_key, "GetItem"),
    (_history, "Query"),
    (_balance_then, "GetItem"),
    (_statement, "Query"),
]


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("call", "operation"), CALLS)
def test_an_outage_is_answered_without_internals_and_logged_once_with_its_ids(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    call: Post,
    operation: str,
    error: Exception,
) -> None:
    with monkeypatch.context() as outage:
        _break(outage, operation, error)
        answer = call(world)

    assert answer == FAILURE
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == ["request failed"]
    logged = vars(errors[0])
    assert errors[0].exc_info is not None
    assert errors[0].exc_info[1] is error
    ids = ("request_id", "function_request_id", "network_id", "key_id")
    assert [logged[name] for name in ids] == [
        "gateway-request",
        "invocation-2",
        "demo",
        "partner",
    ]
    assert world.items("ledger") == []


@pytest.mark.parametrize(
    ("call", "operation"), [each for each in CALLS if each[0] not in {_get, _get_activity}]
)
def test_the_key_is_free_after_an_outage(
    world: World, monkeypatch: pytest.MonkeyPatch, call: Post, operation: str
) -> None:
    with monkeypatch.context() as outage:
        _break(outage, operation, OUTAGES[0])
        assert call(world).status == 500

    answer = call(world)

    assert answer.status in {200, 201}
    assert "Idempotent-Replayed" not in answer.headers


def test_a_conflict_that_does_not_end_is_an_outage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conflict = ClientError(
        {"Error": {"Code": "TransactionConflictException", "Message": "m"}}, "PutItem"
    )
    monkeypatch.setattr("accrue.storage.dynamo.time.sleep", lambda _seconds: None)
    with monkeypatch.context() as outage:
        _break(outage, "PutItem", conflict)
        answer = _hang(world)

    assert answer == FAILURE
    assert world.items("ledger") == []


@pytest.mark.filterwarnings("ignore:Disabling idempotency")
@pytest.mark.parametrize("call", [_hang, _village, _village_with_reference])
def test_nothing_is_acknowledged_while_powertools_idempotency_is_switched_off(
    world: World, monkeypatch: pytest.MonkeyPatch, call: Post
) -> None:
    monkeypatch.setenv("POWERTOOLS_IDEMPOTENCY_DISABLED", "true")
    # Powertools asks for this one as well, to be sure that it is meant.
    monkeypatch.setenv("POWERTOOLS_DEV", "true")

    assert call(world) == FAILURE

    assert world.items("ledger") == []
    monkeypatch.delenv("POWERTOOLS_IDEMPOTENCY_DISABLED")
    assert call(world).status in {200, 201}


def test_a_row_of_a_later_release_is_an_error_and_never_overwritten(world: World) -> None:
    _hang(world)
    (item,) = world.items("ledger")
    world.put_items("ledger", [item | {"schema_version": {"N": "2"}}])
    before = world.items("ledger")

    answer = _hang(world)

    assert answer == FAILURE
    assert world.items("ledger") == before


@pytest.mark.parametrize("missing", ["LEDGER_TABLE", "CATALOG_TABLE", "CATALOG_CACHE_SECONDS"])
def test_a_function_without_its_environment_does_not_start(
    world: World, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(Exception, match=missing):
        _hang(world)


def _break(monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception) -> None:
    make_call: Any = vars(BaseClient)["_make_api_call"]

    def fail(client: object, name: str, params: dict[str, Any]) -> Any:
        if name == operation:
            raise error
        return make_call(client, name, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)
