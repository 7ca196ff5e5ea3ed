"""What a reversal refuses whatever it is about: bodies, ids, networks and roles."""

from typing import Any

import pytest

from tests.integration.reversals import REVERSAL, reverse
from tests.integration.spending import refused
from tests.integration.world import Answer, World

NOTHING = "ik_" + "a" * 32


def send(world: World, body: Any, **request: Any) -> Answer:
    """A reversal of what is not there: it is looked for last."""
    path = {"network_id": "demo", "activity_id": NOTHING}
    return world.call(REVERSAL, body, path=path, role="partner", **request)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, (400, "MALFORMED_JSON", "")),
        ("", (400, "MALFORMED_JSON", "")),
        ("key=1", (400, "MALFORMED_JSON", "")),
        ("[]", (400, "MALFORMED_JSON", "")),
        ('{"amount": NaN}', (400, "MALFORMED_JSON", "/amount")),
        ('{"amount": 1e2000000}', (400, "MALFORMED_JSON", "/amount")),
        ('{"amount": 1, "amount": 2}', (400, "MALFORMED_JSON", "/amount")),
        ('{"x": "' + "x" * 70_000 + '"}', (413, "REQUEST_TOO_LARGE", "")),
        ({}, (400, "INVALID_REQUEST", "/idempotency_key")),
        ({"idempotency_key": "a\u0000b"}, (400, "INVALID_REQUEST", "/idempotency_key")),
        ({"idempotency_key": "k", "amount": 0}, (400, "INVALID_REQUEST", "/amount")),
        ({"idempotency_key": "k", "line_items": []}, (400, "INVALID_REQUEST", "/line_items")),
        ({"idempotency_key": "k", "reason": {}}, (400, "INVALID_REQUEST", "/reason")),
    ],
)
def test_a_garbage_body_is_refused(
    unchanged_world: World, body: Any, told: tuple[int, str, str]
) -> None:
    answer = send(unchanged_world, body)

    assert refused(answer)[:3] == told
    assert unchanged_world.items("ledger") == []


def test_every_fault_is_told_at_once(unchanged_world: World) -> None:
    answer = send(unchanged_world, {"amount": "ten", "line_items": [{}], "reason": 5})

    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert [(fault["pointer"], fault["message"]) for fault in answer.body["errors"]] == [
        ("/idempotency_key", "is missing: send a key that is unique to this reversal"),
        ("/amount", '"ten" is not a number: send one such as "10.50"'),
        ("/line_items/0/item_id", "is missing: send the id of the item"),
        ("/reason", "must be a string, not a number"),
    ]


@pytest.mark.parametrize(
    "activity_id",
    [
        NOTHING,
        "none",
        "é",
        "a b",
        "ik_short",
        f"demo#{NOTHING}",
        f"{NOTHING}\n",
        "x" * 5000,
        "rv_" + "a" * 32,
    ],
)
def test_an_unknown_activity_is_not_found(unchanged_world: World, activity_id: str) -> None:
    answer = reverse(unchanged_world, activity_id)

    status, code, pointer, _ = refused(answer)
    assert (status, code, pointer) == (404, "ACTIVITY_NOT_FOUND", "path:activity_id")
    assert unchanged_world.items("ledger") == []


@pytest.mark.parametrize("role", ["partner", "admin"])
def test_a_key_opens_its_own_network_alone(unchanged_world: World, role: str) -> None:
    path = {"network_id": "south", "activity_id": NOTHING}

    answer = unchanged_world.call(REVERSAL, {"idempotency_key": "k"}, path=path, role=role)

    assert refused(answer)[:3] == (404, "NETWORK_NOT_FOUND", "path:network_id")


def test_the_operator_reverses_nothing(unchanged_world: World) -> None:
    answer = reverse(unchanged_world, NOTHING, role="operator", network="")

    assert refused(answer)[:2] == (404, "NETWORK_NOT_FOUND")


@pytest.mark.parametrize("value", ["True", "1", ""])
def test_a_dry_run_is_understood_or_nothing_happens(unchanged_world: World, value: str) -> None:
    answer = send(unchanged_world, {"idempotency_key": "k"}, query={"dry_run": value})

    assert refused(answer)[:3] == (400, "INVALID_REQUEST", "query:dry_run")
