"""What an activity leads to arrives at a queue behind a rule on the stack's bus, and in the log."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.live_stack import LiveStack
from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until
from tests.integration.world import stream_event

type Json = dict[str, Any]


class Receiver:
    """A queue that a rule on the bus sends a network's events to, as docs/events.md has it."""

    def __init__(self, stack: LiveStack, network_id: str) -> None:
        self._events, self._queues = stack.client("events"), stack.client("sqs")
        self._bus, self._name = stack.names["EventBusName"], f"accrue-{uuid.uuid4().hex[:12]}"
        self.queue_url = self._queues.create_queue(QueueName=self._name)["QueueUrl"]
        asked = self._queues.get_queue_attributes(
            QueueUrl=self.queue_url, AttributeNames=["QueueArn"]
        )
        pattern = {"source": ["accrue"], "detail": {"network_id": [network_id]}}
        rule = self._events.put_rule(
            Name=self._name, EventBusName=self._bus, EventPattern=json.dumps(pattern)
        )
        arn = asked["Attributes"]["QueueArn"]
        self._let_in(arn, rule["RuleArn"])
        self._events.put_targets(
            Rule=self._name, EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": arn}]
        )
        self.received: list[Json] = []

    def _let_in(self, queue_arn: str, rule_arn: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._queues.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"Policy": policy})

    def receive(self) -> list[Json]:
        """All events that came so far."""
        while True:
            answer = self._queues.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.received.append(json.loads(message["Body"]))
                self._queues.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
            if not answer.get("Messages"):
                return [each["detail"] for each in self.received]

    def close(self) -> None:
        """Stop listening."""
        self._events.remove_targets(Rule=self._name, EventBusName=self._bus, Ids=["queue"])
        self._events.delete_rule(Name=self._name, EventBusName=self._bus)
        self._queues.delete_queue(QueueUrl=self.queue_url)


@pytest.fixture
def receiver(stack: LiveStack, network: LiveNetwork) -> Iterator[Receiver]:
    """Whoever listens to the network's events."""
    receiver = Receiver(stack, network.network_id)
    yield receiver
    receiver.close()


def record_some(network: LiveNetwork) -> dict[str, Json]:
    """Activities of both forms, and one of a type that nobody defined; their events by id, as GET
    activity shows them.
    """
    answers = [
        network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY),
        network.post_network_activity(CLIENT_SAMPLE),
        network.post_network_activity({**CLIENT_SAMPLE, "activity_short_id": "unheard-of"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 201, 201]
    activity_ids = [answer.headers["Accrue-Activity-Id"] for answer in answers]
    wait_until(lambda: all(_events_of(network, each) for each in activity_ids))
    return {e["event_id"]: e for each in activity_ids for e in _events_of(network, each)}


def _events_of(network: LiveNetwork, activity_id: str) -> list[Json]:
    body = network.get_activity(activity_id).json()
    if body["outcome"] == "pending":
        return []
    of_memberships = [event for each in body["memberships"] for event in each["events"]]
    return [*body["events"], *of_memberships]


def test_events_arrive_at_a_queue_and_in_the_log_as_get_activity_shows_them(
    network: LiveNetwork, receiver: Receiver
) -> None:
    shown = record_some(network)
    assert {"points.awarded", "activity.undefined_type"} == {e["type"] for e in shown.values()}
    assert len(shown) == 4

    wait_until(lambda: {e["event_id"] for e in receiver.receive()} >= shown.keys())
    wait_until(lambda: len(network.list_events()["events"]) >= len(shown))

    assert {e["event_id"]: e for e in receiver.receive()} == shown
    assert {(m["source"], m["detail-type"]) for m in receiver.received} == {
        ("accrue", e["type"]) for e in shown.values()
    }
    page = network.list_events()
    assert {e["event_id"]: e for e in page["events"]} == shown
    assert network.list_events(cursor=page["next_cursor"])["events"] == []


def test_a_batch_that_is_delivered_again_is_published_with_the_same_ids(
    stack: LiveStack, network: LiveNetwork, receiver: Receiver
) -> None:
    shown = record_some(network)
    wait_until(lambda: {e["event_id"] for e in receiver.receive()} >= shown.keys())
    batch = stream_event(_results(stack, network.network_id))
    before = len(receiver.received)

    for _ in range(2):
        assert stack.invoke("publish_events", batch) == {"batchItemFailures": []}

    wait_until(lambda: len(receiver.receive()) >= before + 2 * len(shown))
    assert {e["event_id"]: e for e in receiver.receive()} == shown


def _results(stack: LiveStack, network_id: str) -> list[Json]:
    """The network's postings and outcomes, in DynamoDB's own form."""
    pages = stack.client("dynamodb").get_paginator("scan")
    return [
        item
        for page in pages.paginate(TableName=stack.table_name("balance"), ConsistentRead=True)
        for item in page["Items"]
        if item["membership_key"]["S"].startswith(f"{network_id}#")
        and item["item_key"]["S"] != "BALANCE"
    ]


def test_a_partner_key_does_not_list_events(network: LiveNetwork) -> None:
    answer = network.http.get(
        f"/networks/{network.network_id}/events",
        headers={"Authorization": f"Bearer {network.partner_api_key}"},
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "ADMIN_KEY_REQUIRED")
