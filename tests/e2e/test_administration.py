"""A network set up and run by HTTP calls alone, with the keys that may and those that may not."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import httpx
import pytest

from local.demo import demo_document
from local.live_stack import LiveStack
from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

RULE = {
    "rule_id": "pay-for-posts",
    "activity_type_id": "post",
    "role": "author",
    "award": {"kind": "flat", "points": "7"},
}


class Admin:
    """Calls the API with one key, by default about one network."""

    def __init__(self, http: httpx.Client, network_id: str, api_key: str) -> None:
        self._http = http
        self._network_id = network_id
        self._headers = {"Authorization": f"Bearer {api_key}", "X-API-Key": api_key}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A path that begins with a slash is whole, others are of the network."""
        url = path if path.startswith("/") else f"/networks/{self._network_id}/{path}".rstrip("/")
        return self._http.request(method, url, json=body, headers={**self._headers, **headers})

    def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.call("PUT", path, body, **headers)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def made(answer: httpx.Response) -> Any:
    """The body of what was created."""
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def operator(stack: LiveStack, http: httpx.Client) -> Admin:
    """The stack's operator, about a network that does not exist yet."""
    return Admin(http, f"new-{uuid.uuid4().hex[:10]}", stack.operator_api_key)


@pytest.fixture
def admin(network: LiveNetwork, http: httpx.Client) -> Admin:
    """An administrator of a network of its own."""
    return Admin(http, network.network_id, network.admin_api_key)


def test_nothing_becomes_the_demo_network_by_http_alone(
    stack: LiveStack, http: httpx.Client, operator: Admin
) -> None:
    document = demo_document()
    settings = {k: v for k, v in document["network"].items() if k != "network_id"}

    network_id = made(operator.put("", settings))["network_id"]
    api_key = made(operator.call("POST", "api-keys", {"key_id": "admin", "role": "admin"}))
    admin = Admin(http, network_id, api_key["api_key"])
    partner = made(admin.call("POST", "api-keys", {"key_id": "partner", "role": "partner"}))
    for part in document["activity_types"]:
        made(admin.put(f"activity-types/{part['activity_type_id']}", part))
    for program in document["programs"]:
        made(admin.put(f"programs/{program['program_id']}", {"program": program}))
    for user in document["users"]:
        made(admin.put(f"users/{user['user_id']}", {"email": user["email"]}))
    for membership in document["memberships"]:
        assert made(admin.call("POST", "/v2/program-memberships", membership)).items() >= (
            membership.items()
        )

    # It is the network that the document describes, and works as one.
    imported = Admin(http, stack.network_id, stack.admin_api_key)
    assert _of(admin.get("document"), network_id) == _of(imported.get("document"), stack.network_id)
    network = LiveNetwork(stack, http, network_id, partner["api_key"], api_key["api_key"])
    assert network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY).status_code == 200
    assert network.post_network_activity(CLIENT_SAMPLE).status_code == 201
    for membership, points in (("12345", "50"), ("12348", "5.05"), ("12349", "1.01")):
        network.wait_for_balance(membership, points)
    assert len(network.ledger_rows()) == 2


def _of(document: dict[str, Any], network_id: str) -> dict[str, Any]:
    assert document["network"]["network_id"] == network_id
    return {**document, "network": {**document["network"], "network_id": "any"}}


def test_a_trigger_that_is_defined_makes_the_next_activity_count(
    network: LiveNetwork, admin: Admin
) -> None:
    post = {
        "activity_short_id": "post",
        "amount": "1",
        "users": {"author": CLIENT_SAMPLE["users"]["seller"]},
    }
    before = network.post_network_activity(post).json()["activity_id"]

    made(admin.put("activity-types/post", {"kind": "action", "roles": ["author"]}))
    published = admin.call("GET", "programs/coffee-club")
    program = published.json()["program"]
    program["rules"].append(RULE)
    answer = admin.put(
        "programs/coffee-club", {"program": program}, **{"If-Match": published.headers["ETag"]}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    wait_until(lambda: admin.get("programs/coffee-club")["version_in_force"] == 2)
    after = network.post_network_activity(post).json()["activity_id"]
    network.wait_for_balance("12347", "7")
    assert network.get_activity(before).json()["outcome"] == "undefined_type"
    assert network.get_activity(after).json()["outcome"] == "applied"
    (difference,) = admin.get("programs/coffee-club/diff?from=1&to=2")["differences"]
    assert difference["pointer"] == "/rules/pay-for-posts"
    assert difference["before"] is None


def test_of_many_who_edit_one_program_one_wins(admin: Admin) -> None:
    published = admin.call("GET", "programs/coffee-club")

    def edit(number: int) -> httpx.Response:
        program = deepcopy(published.json()["program"])
        program["rules"][0]["award"]["rate"] = f"{number}"
        body = {"program": program}
        return admin.put("programs/coffee-club", body, **{"If-Match": published.headers["ETag"]})

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(edit, range(101, 107)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 412, 412, 412, 412, 412]
    assert {a.json()["code"] for a in answers if a.status_code == 412} == {"PRECONDITION_FAILED"}
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    latest = admin.get("programs/coffee-club")
    assert (latest["version"], latest["program"]) == (2, won["program"])
    assert len(admin.get("programs/coffee-club/versions")["versions"]) == 2


@pytest.fixture(scope="module")
def stranger_key(stack: LiveStack, http: httpx.Client) -> str:
    """The admin key of another network."""
    operator = Admin(http, f"strange-{uuid.uuid4().hex[:10]}", stack.operator_api_key)
    made(operator.put("", {"name": "Strangers"}))
    minted = made(operator.call("POST", "api-keys", {"key_id": "a", "role": "admin"}))
    return str(minted["api_key"])


def test_networks_are_the_operators(
    stack: LiveStack, http: httpx.Client, operator: Admin, stranger_key: str
) -> None:
    assert stack.network_id in operator.get("/networks")["networks"]
    for api_key in (stack.partner_api_key, stack.admin_api_key, stranger_key):
        answer = Admin(http, "", api_key).call("GET", "/networks")
        assert (answer.status_code, answer.json()["code"]) == (403, "OPERATOR_KEY_REQUIRED")
        answer = Admin(http, "another", api_key).put("", {"name": "Another"})
        assert (answer.status_code, answer.json()["code"]) == (404, "NETWORK_NOT_FOUND")


def test_a_key_is_replaced_without_a_pause_and_the_old_one_refused(
    network: LiveNetwork, http: httpx.Client, admin: Admin
) -> None:
    second = made(admin.call("POST", "api-keys", {"key_id": "second", "role": "admin"}))
    successor = Admin(http, network.network_id, second["api_key"])
    assert {k["key_id"] for k in successor.get("api-keys")["api_keys"]} >= {"admin", "second"}
    assert second["api_key"] not in str(successor.get("api-keys"))

    revoked = successor.call("POST", "api-keys/admin/revoke")

    assert revoked.status_code == 200
    # The gateway may go on for as long as it keeps the authorizer's answer; ask the function.
    event = {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/live/GET/networks",
        "headers": {"Authorization": f"Bearer {network.admin_api_key}"},
        "requestContext": {"requestId": "asked-directly"},
    }
    wait_until(
        lambda: (
            network.stack.invoke("authorize_bearer", event)["policyDocument"]["Statement"][0][
                "Effect"
            ]
            == "Deny"
        )
    )
    assert successor.get("activity-types")
