"""A receiver that fails at first gets every event, signed, and can tell repeats by their ids."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.e2e.examples import MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until
from tests.integration.receiver import Received, Receiver, running_receiver

# samconfig's local WebhookRetryDelaysSeconds are three.
ATTEMPTS = 4


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's server."""
    with running_receiver() as running:
        yield running


def _call(network: LiveNetwork, method: str, path: str, body: Any = None) -> httpx.Response:
    return network.http.request(
        method,
        f"/networks/{network.network_id}/webhooks{path}",
        content=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
    )


def _register(network: LiveNetwork, receiver: Receiver) -> str:
    answer = _call(network, "PUT", "/crm", {"url": receiver.url, "event_types": ["*"]})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["signing_secret"]
    return secret


def _post(network: LiveNetwork, key: str) -> None:
    body = {**MEMBERSHIP_ACTIVITY, "idempotency_key": key}
    assert network.post_membership_activity("12345", body).status_code == 200


def _deliveries(network: LiveNetwork, status: str) -> list[dict[str, Any]]:
    answer = _call(network, "GET", f"/crm/deliveries?status={status}")
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["deliveries"]
    return listed


def test_a_receiver_that_fails_twice_gets_each_event_in_the_end(
    network: LiveNetwork, receiver: Receiver
) -> None:
    failures: Counter[str] = Counter()

    def answer(received: Received) -> int:
        failures[received.event_id] += 1
        return 503 if failures[received.event_id] <= 2 else 204

    receiver.answer = answer
    secret = _register(network, receiver)
    for key in ("first", "second", "third"):
        _post(network, key)

    wait_until(lambda: len(_deliveries(network, "delivered")) == 3)

    for received in receiver.received:
        received.verify(secret)
    events = {received.event_id: received.event for received in receiver.received}
    assert sorted(failures) == sorted(events)
    assert len(events) == 3
    assert min(failures.values()) >= 3
    assert sorted(e["data"]["balance_after"] for e in events.values()) == ["100", "150", "50"]
    # The same as the log of events has them, for whoever missed some.
    logged = network.http.get(
        f"/networks/{network.network_id}/events?since=2020-01-01T00:00:00Z",
        headers={"Authorization": f"Bearer {network.admin_api_key}"},
    )
    assert logged.status_code == 200
    assert {e["event_id"] for e in logged.json()["events"]} <= events.keys()
    statuses = [
        [a["status_code"] for a in d["attempts"]] for d in _deliveries(network, "delivered")
    ]
    assert statuses == [[503, 503, 204]] * 3


def test_what_failed_is_delivered_on_request(network: LiveNetwork, receiver: Receiver) -> None:
    receiver.answer = lambda _received: 500
    secret = _register(network, receiver)
    _post(network, "first")
    wait_until(lambda: len(_deliveries(network, "failed")) == 1)
    (failed,) = _deliveries(network, "failed")
    assert len(failed["attempts"]) == ATTEMPTS
    receiver.answer = lambda _received: 200
    receiver.received.clear()

    answer = _call(network, "POST", f"/crm/deliveries/{failed['event_id']}/redeliver")

    assert answer.status_code == 202, answer.text
    wait_until(lambda: len(_deliveries(network, "delivered")) == 1)
    (received,) = receiver.received
    received.verify(secret)
    assert received.event_id == failed["event_id"]
    assert _deliveries(network, "failed") == []


def test_a_sample_can_be_sent_and_a_rotated_secret_signs_at_once(
    network: LiveNetwork, receiver: Receiver
) -> None:
    old = _register(network, receiver)
    new = _call(network, "POST", "/crm/rotate-secret").json()["signing_secret"]

    answer = _call(network, "POST", "/crm/samples", {"event_type": "quest.completed"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["delivered"] is True
    (received,) = receiver.received
    received.verify(old)
    received.verify(new)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(received.body + b" ", received.headers)
    assert received.event["is_sample"] is True
    assert received.event["type"] == "quest.completed"


def test_gone_disables_the_webhook(network: LiveNetwork, receiver: Receiver) -> None:
    receiver.answer = lambda _received: 410
    _register(network, receiver)
    _post(network, "first")

    wait_until(lambda: len(_deliveries(network, "failed")) == 1)

    assert _call(network, "GET", "/crm").json()["is_enabled"] is False
    assert len(receiver.received) == 1
