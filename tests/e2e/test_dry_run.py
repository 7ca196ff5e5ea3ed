"""Requests are tried out over HTTP: they answer what comes of them, and write nothing."""

from typing import Any

import httpx
import pytest

from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until
from tests.integration.networks import demo_network

MEMBERSHIP = "12345"
DRY_RUN = {"dry_run": "true"}
NOT_ENROLLED = "not.enrolled@example.com"


def items(network: LiveNetwork) -> dict[str, list[Any]]:
    """All that the tables have of the network."""
    client = network.stack.client("dynamodb")
    found: dict[str, list[Any]] = {}
    for table, key in (
        ("ledger", "activity_key"),
        ("balance", "membership_key"),
        ("catalog", "catalog_key"),
    ):
        pages = client.get_paginator("scan").paginate(
            TableName=network.stack.table_name(table), ConsistentRead=True
        )
        mine = (
            item
            for page in pages
            for item in page["Items"]
            if item[key]["S"].startswith(f"{network.network_id}#")
        )
        found[table] = sorted(mine, key=str)
    return found


def result_of(network: LiveNetwork, activity_id: str) -> Any:
    """What came of an activity, once it is applied: its result for the first membership."""
    wait_until(lambda: network.get_activity(activity_id).json()["outcome"] != "pending")
    return network.get_activity(activity_id).json()["memberships"][0]


def said(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what depends on the moment."""
    return {name: value for name, value in result.items() if name not in {"posted_at", "events"}}


def tried_out(answer: httpx.Response) -> Any:
    """The body of a dry run's answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Accrue-Dry-Run"] == "true"
    assert answer.json()["dry_run"] is True
    return answer.json()


def test_an_activity_of_a_member_is_tried_out_and_recorded(network: LiveNetwork) -> None:
    before = items(network)

    tried = tried_out(network.post_membership_activity(MEMBERSHIP, MEMBERSHIP_ACTIVITY, DRY_RUN))

    assert items(network) == before
    assert network.balance(MEMBERSHIP) == "0"
    real = network.post_membership_activity(MEMBERSHIP, MEMBERSHIP_ACTIVITY)
    assert tried["activity"]["activity_id"] == real.headers["Accrue-Activity-Id"]
    applied = result_of(network, real.headers["Accrue-Activity-Id"])
    assert said(tried["activity"]["memberships"][0]) == said(applied)
    again = tried_out(network.post_membership_activity(MEMBERSHIP, MEMBERSHIP_ACTIVITY, DRY_RUN))
    assert again["replays"] == real.headers["Accrue-Activity-Id"]
    assert again["activity"]["memberships"][0] == applied


def test_an_activity_of_a_network_is_tried_out_and_recorded(network: LiveNetwork) -> None:
    document = demo_network(network.network_id)
    document["network"]["automatic_programs"] = ["coffee-club"]
    network.stack.invoke("import_catalog", document)
    body = {**CLIENT_SAMPLE, "users": {"buyer": NOT_ENROLLED}}
    before = items(network)

    tried = tried_out(network.post_network_activity(body, query=DRY_RUN))

    assert items(network) == before
    assert [each["user_id"] for each in tried["enrols"]] == ["user-5"]
    real = network.post_network_activity(body)
    applied = result_of(network, real.json()["activity_id"])
    assert said(tried["activity"]["memberships"][0]) == said(applied)
    enforced = {**body, "enforceUniqueRefId": True}
    duplicate = tried_out(network.post_network_activity(enforced, query=DRY_RUN))
    assert duplicate["activity"]["outcome"] == "duplicate"
    assert duplicate["activity"]["duplicate_of"] == real.json()["activity_id"]


def test_orders_are_tried_out_and_carried_out(network: LiveNetwork) -> None:
    network.post_membership_activity(MEMBERSHIP, MEMBERSHIP_ACTIVITY)
    network.wait_for_balance(MEMBERSHIP, "50")

    def try_out_and_order(path: str, key: str, **body: Any) -> Any:
        order = {"idempotency_key": key, **body}
        before = items(network)
        answer = network.order(MEMBERSHIP, path, order, as_admin=True, query=DRY_RUN)
        tried = tried_out(answer)
        assert items(network) == before
        real = network.order(MEMBERSHIP, path, order, as_admin=True).json()
        moment = {name: real[name] for name in ("recorded_at", "expires_at") if name in real}
        assert {**tried, **moment} == {"dry_run": True, **real}
        return real

    try_out_and_order("redemptions", "order-1", points="10")
    first = try_out_and_order("holds", "basket-1", points="10")["hold_id"]
    second = try_out_and_order("holds", "basket-2", points="10")["hold_id"]
    try_out_and_order(f"holds/{first}/capture", "paid-1", points="5")
    try_out_and_order(f"holds/{second}/release", "cancelled-1")
    try_out_and_order("adjustments", "ticket-1", points="3", reason="goodwill")
    assert network.balance(MEMBERSHIP) == "38"


@pytest.mark.parametrize("path", ["activities", "redemptions"])
def test_whoever_is_not_understood_records_nothing(network: LiveNetwork, path: str) -> None:
    body = MEMBERSHIP_ACTIVITY if path == "activities" else {"idempotency_key": "k", "points": "1"}

    answer = network.order(MEMBERSHIP, path, body, query={"dry_run": "yes"})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["query:dry_run"]
    refused = network.order(MEMBERSHIP, path, "{}", query=DRY_RUN)
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert network.ledger_rows() == []


def test_a_mistyped_parameter_records_nothing(network: LiveNetwork) -> None:
    answer = network.post_membership_activity(MEMBERSHIP, MEMBERSHIP_ACTIVITY, {"dryrun": "true"})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["query:dryrun"]
    assert network.ledger_rows() == []
