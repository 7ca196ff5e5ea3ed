"""Users over HTTP on the running stack: its rights suffice for all that becomes of a user."""

from typing import Any

import httpx

from tests.e2e.network import LiveNetwork
from tests.integration.networks import demo_network

EMAIL = "nina.okonjo@example.com"


def test_a_user_is_made_enrolled_suspended_reinstated_and_forgotten(
    network: LiveNetwork, http: httpx.Client
) -> None:
    document = demo_network(network.network_id)
    document["network"]["automatic_programs"] = ["coffee-club"]
    document["users"].append({"user_id": "user-6", "email": EMAIL, "traits": {"city": "Bonn"}})
    document["programs"].append({**document["programs"][0], "program_id": "tea-club"})
    network.stack.invoke("import_catalog", document)
    document["network"]["automatic_programs"] = ["coffee-club", "tea-club"]
    network.stack.invoke("import_catalog", document)

    # No function has heard of the network yet. This one enrols in what is missing.
    answer = network.post_network_activity(_task(), {"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.text
    member = http.post(
        "/v2/program-memberships",
        json={"program_id": "tea-club", "email": EMAIL},
        headers={"X-API-Key": network.partner_api_key},
    )
    assert (member.status_code, member.json()["standing"]) == (200, "active"), member.text
    network.wait_for_balance(member.json()["program_membership_id"], "50")

    suspended = _order(network, http, "suspend", {"reason": "fraud"})
    assert suspended["standing"] == "suspended"
    assert _order(network, http, "reinstate")["standing"] == "active"
    forgotten = _order(network, http, "forget")
    assert (forgotten["email"], forgotten["traits"]) == (None, {})
    assert len(forgotten["memberships"]) == 2
    retried = network.post_network_activity(_task(), {"Idempotency-Key": "one"})
    assert (retried.status_code, retried.headers["Idempotent-Replayed"]) == (201, "true")
    stored = network.stack.client("dynamodb").scan(
        TableName=network.stack.table_name("catalog"), ConsistentRead=True
    )
    assert EMAIL not in str(stored)


def test_a_user_made_over_http_takes_part_at_once(network: LiveNetwork, http: httpx.Client) -> None:
    path = f"/networks/{network.network_id}/users/user-9"
    headers = {"Authorization": f"Bearer {network.admin_api_key}"}

    made = http.put(path, json={"email": EMAIL, "traits": {"city": "Bonn"}}, headers=headers)
    member = http.post(
        "/v2/program-memberships",
        json={"program_id": "coffee-club", "user_id": "user-9"},
        headers={"X-API-Key": network.partner_api_key},
    )
    changed = http.put(
        path,
        json={"email": EMAIL, "traits": {}},
        headers={**headers, "If-Match": http.get(path, headers=headers).headers["ETag"]},
    )

    assert (made.status_code, member.status_code, changed.status_code) == (201, 201, 200)
    assert changed.json()["traits"] == {}
    assert network.post_network_activity(_task()).status_code == 201
    network.wait_for_balance(member.json()["program_membership_id"], "50")
    listed = http.get(f"/networks/{network.network_id}/users", headers=headers).json()
    assert "user-9" in [user["user_id"] for user in listed["users"]]


def _task() -> dict[str, Any]:
    return {"activity_short_id": "task", "amount": "1", "users": {"doer": EMAIL}}


def _order(
    network: LiveNetwork, http: httpx.Client, what: str, body: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = http.post(
        f"/networks/{network.network_id}/users/user-6/{what}",
        json=body,
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
    )
    assert answer.status_code == 200, answer.text
    user: dict[str, Any] = answer.json()
    return user
