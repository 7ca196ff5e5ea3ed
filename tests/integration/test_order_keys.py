"""One key, one order: whatever the route, the membership and the payload; in one network."""

from typing import Any

import pytest

from tests.integration.networks import demo_network
from tests.integration.spending import (
    ROUTES,
    body_for,
    earn,
    held,
    nothing_written,
    refused,
    send,
    spending_network,
)
from tests.integration.world import World


@pytest.mark.parametrize("route", ROUTES)
def test_another_networks_membership_is_not_found_and_leaves_the_key_free(
    spenders: World, route: str
) -> None:
    spenders.import_network(demo_network("other"))
    spenders.restart()
    earn(spenders, "50")
    hold_id = held(spenders, "10")

    with nothing_written(spenders):
        answer = send(spenders, route, body_for(route), hold_id, network="other")

    assert refused(answer)[:2] == (404, "MEMBERSHIP_NOT_FOUND")
    assert send(spenders, route, body_for(route), hold_id).status == 200


@pytest.mark.parametrize("route", ROUTES)
def test_networks_have_keys_of_their_own(spenders: World, route: str) -> None:
    spenders.import_network(spending_network("other"))
    spenders.restart()
    answers = []
    for network in ("demo", "other"):
        earn(spenders, "50", network=network)
        hold_id = held(spenders, "10", network=network)
        answers.append(send(spenders, route, body_for(route), hold_id, network=network))

    assert [answer.status for answer in answers] == [200, 200]
    assert len({answer.headers["Accrue-Activity-Id"] for answer in answers}) == 2
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)


@pytest.mark.parametrize("first", ROUTES)
def test_a_key_is_of_one_route_membership_and_payload(spenders: World, first: str) -> None:
    earn(spenders, "50")
    earn(spenders, "50", membership="ben")
    holds = {
        "ann": held(spenders, "10", key="ann"),
        "ben": held(spenders, "10", key="ben", membership="ben"),
    }
    second = held(spenders, "10", key="second")
    done = send(spenders, first, body_for(first), holds["ann"])
    assert done.status == 200

    with nothing_written(spenders):
        others = [
            send(spenders, route, body_for(route), second) for route in ROUTES if route != first
        ]
        others.append(send(spenders, first, body_for(first), holds["ben"], membership="ben"))
        others.append(spenders.post_membership_activity("ann", _activity("k")))
        others.append(spenders.post_network_activity(_sale(), headers={"Idempotency-Key": "k"}))
        if "{hold_id}" in first:
            others.append(send(spenders, first, body_for(first), second))
        again = send(spenders, first, body_for(first), holds["ann"])

    assert {(answer.status, answer.body["code"]) for answer in others} == {
        (422, "IDEMPOTENCY_KEY_REUSED")
    }
    assert again == done.replayed()


@pytest.mark.parametrize("route", ROUTES)
def test_a_key_of_an_activity_stands_for_no_order(spenders: World, route: str) -> None:
    earn(spenders, "50")
    hold_id = held(spenders, "10")
    spenders.post_membership_activity("ann", _activity("k"))
    spenders.post_network_activity(_sale(), headers={"Idempotency-Key": "l"})

    with nothing_written(spenders):
        answers = [send(spenders, route, body_for(route, key), hold_id) for key in "kl"]

    for answer in answers:
        assert refused(answer)[:3] == (422, "IDEMPOTENCY_KEY_REUSED", "/idempotency_key")


@pytest.mark.parametrize("route", ROUTES)
def test_what_was_acknowledged_answers_though_the_catalog_lost_the_membership(
    spenders: World, route: str
) -> None:
    earn(spenders, "50")
    hold_id = held(spenders, "10")
    done = send(spenders, route, body_for(route), hold_id)
    for item in spenders.items("catalog"):
        if "#MEMBERSHIP#" in item["catalog_key"]["S"]:
            key = {name: item[name] for name in ("catalog_key", "item_key")}
            spenders.client.delete_item(TableName="catalog", Key=key)
    spenders.restart()

    with nothing_written(spenders):
        again = send(spenders, route, body_for(route), hold_id)
        other = send(spenders, route, {**body_for(route), "idempotency_key": "l"}, hold_id)

    assert again == done.replayed()
    assert refused(other)[:2] == (404, "MEMBERSHIP_NOT_FOUND")


def _activity(key: str) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "activity": {
            "activity_type_id": "gift",
            "value": "1",
            "transaction_timestamp": 1772366400,
        },
    }


def _sale() -> dict[str, Any]:
    return {
        "activity_short_id": "sale",
        "amount": "1",
        "users": {"member": "ann@example.com"},
    }
