"""What the operator may call, and that nothing else is there for him."""

from typing import Any

import pytest

from tests.integration.world import World, gateway_event
from tests.template import operations_by_route

OPERATOR_ROUTES = {
    "GET /networks",
    "GET /networks/{network_id}",
    "PUT /networks/{network_id}",
    "GET /networks/{network_id}/api-keys",
    "POST /networks/{network_id}/api-keys",
    "POST /networks/{network_id}/api-keys/{key_id}/revoke",
}


def _body_of(route: str) -> dict[str, Any] | None:
    return None if route.startswith("GET ") else {}


@pytest.mark.parametrize("route", sorted(operations_by_route().keys() - OPERATOR_ROUTES))
def test_a_networks_routes_are_not_there_for_the_operator(
    unchanged_world: World, route: str
) -> None:
    """New routes too: who forgets the operator has refused him."""
    path = dict.fromkeys(_parameters(route), "1")
    for network_id in ("demo", ""):
        named = path | ({"network_id": network_id} if "network_id" in path else {})
        answer = unchanged_world.call(
            route, _body_of(route), path=named, network="", role="operator"
        )
        assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


@pytest.mark.parametrize("route", sorted(OPERATOR_ROUTES))
def test_his_own_routes_are(unchanged_world: World, route: str) -> None:
    path = dict.fromkeys(_parameters(route), "nothing")

    answer = unchanged_world.call(route, _body_of(route), path=path, network="", role="operator")

    assert answer.status in {200, 404, 422}
    assert answer.body.get("code") != "OPERATOR_KEY_REQUIRED"


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_a_gateway_that_leaves_out_what_is_empty_keeps_only_the_operator_out_of_no_network(
    unchanged_world: World, role: str
) -> None:
    event = gateway_event("GET", "/networks", {}, None, network="", role=role)
    del event["requestContext"]["authorizer"]["network_id"]

    answer = unchanged_world.invoke("administer_networks", event)

    # An admin key without its network is a mistake of ours, and opens nothing.
    assert answer["statusCode"] == (200 if role == "operator" else 500)


def _parameters(route: str) -> list[str]:
    return [part.strip("{}") for part in route.split("/") if part.startswith("{")]
