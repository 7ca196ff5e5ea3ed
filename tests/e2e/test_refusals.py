"""What the API refuses, over HTTP: status, code and form of every answer.

Who may call what is in test_access.py.
"""

from typing import Any

import httpx
import pytest

from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork

MEMBERSHIP = "/v2/program-memberships/12345"


def _is_error(answer: httpx.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert set(body) == {"message", "code", "errors", "request_id"}
    assert body["message"]
    assert body["request_id"]
    return (answer.status_code, body["code"]) == (status, code)


def test_a_key_opens_no_other_network_even_when_it_is_cached(
    network: LiveNetwork, other_network: LiveNetwork
) -> None:
    assert network.post_network_activity(CLIENT_SAMPLE).status_code == 201

    answer = network.http.post(
        f"/networks/{other_network.network_id}/activity",
        json=CLIENT_SAMPLE,
        headers={"Authorization": f"Bearer {network.partner_api_key}"},
    )

    assert _is_error(answer, 404, "NETWORK_NOT_FOUND")
    assert other_network.ledger_rows() == []


def test_unknown_routes_and_methods_are_404(network: LiveNetwork) -> None:
    key = {"X-API-Key": network.partner_api_key}

    for method, path in (("GET", "/nowhere"), ("DELETE", MEMBERSHIP), ("GET", "/")):
        answer = network.http.request(method, path, headers=key)
        assert _is_error(answer, 404, "ROUTE_NOT_FOUND"), path


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ("", 400, "MALFORMED_JSON", ""),
        ("not json", 400, "MALFORMED_JSON", ""),
        ('{"idempotency_key": "k" /* mine */}', 400, "MALFORMED_JSON", ""),
        ('{"activity": {"value": 1e2000000}}', 400, "MALFORMED_JSON", "/activity/value"),
        ('{"activity": {"value": NaN}}', 400, "MALFORMED_JSON", "/activity/value"),
        ('{"a": 1, "a": 2}', 400, "MALFORMED_JSON", "/a"),
        ("[" * 100 + "]" * 100, 400, "MALFORMED_JSON", ""),
        ('{"x": "' + "x" * 1_000_000 + '"}', 413, "REQUEST_TOO_LARGE", ""),
        ("{}", 400, "INVALID_REQUEST", "/idempotency_key"),
    ],
    ids=["empty", "text", "comment", "exponent", "nan", "twice", "deep", "megabyte", "nothing"],
)
def test_a_bad_body_is_refused_with_a_pointer(
    network: LiveNetwork, body: str, status: int, code: str, pointer: str
) -> None:
    answer = network.post_membership_activity("12345", body)

    assert _is_error(answer, status, code), answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert network.ledger_rows() == []


@pytest.mark.parametrize("membership", ["99999", "%C3%A9t%C3%A9", "a%20b", "%00", "a%252Fb"])
def test_an_unknown_membership_is_404(network: LiveNetwork, membership: str) -> None:
    posted = network.post_membership_activity(membership, MEMBERSHIP_ACTIVITY)
    shown = network.get_membership(membership)

    assert _is_error(posted, 404, "MEMBERSHIP_NOT_FOUND")
    assert _is_error(shown, 404, "MEMBERSHIP_NOT_FOUND")


def test_a_slash_in_an_id_is_404_whoever_splits_the_path(network: LiveNetwork) -> None:
    answer = network.get_membership("a%2Fb")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"users": {"buyer": "nobody@example.com"}}, "/users/buyer"),
        ({"users": {"owner": "john.buyer@villagelabs.co"}}, "/users/owner"),
        ({"users": {}}, "/users"),
        ({"metadata": {"activity_timestamp": 1664900628000}}, "/metadata/activity_timestamp"),
        ({"amount": "-1"}, "/amount"),
        ({"enforceUniqueRefId": True, "metadata": {}}, "/metadata/reference_id"),
    ],
)
def test_a_network_activity_is_refused_with_400(
    network: LiveNetwork, change: dict[str, Any], pointer: str
) -> None:
    answer = network.post_network_activity({**CLIENT_SAMPLE, **change})

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert network.ledger_rows() == []


def test_an_undefined_type_is_logged_with_a_hint(network: LiveNetwork) -> None:
    answer = network.post_network_activity({**CLIENT_SAMPLE, "activity_short_id": "s1-a"})

    assert answer.status_code == 201
    assert 'Did you mean \\"S1-A\\"?' in answer.headers["Accrue-Warnings"]
