"""Webhooks as admins of the demo network register them."""

from typing import Any

from tests.integration.receiver import Receiver
from tests.integration.world import Answer, World

WEBHOOKS = "/networks/{network_id}/webhooks"
HOOK = f"{WEBHOOKS}/{{webhook_id}}"


def put_webhook(world: World, body: Any, webhook_id: str = "crm", **request: Any) -> Answer:
    """PUT a webhook."""
    return world.call(f"PUT {HOOK}", body, path={"webhook_id": webhook_id}, **request)


def get_webhook(world: World, webhook_id: str = "crm") -> Answer:
    """GET a webhook."""
    return world.call(f"GET {HOOK}", path={"webhook_id": webhook_id})


def register(world: World, receiver: Receiver, webhook_id: str = "crm", **changes: Any) -> str:
    """Make the webhook lead to the receiver; gives its secret, or nothing if it was there."""
    is_there = get_webhook(world, webhook_id).status == 200
    headers = {"If-Match": "*"} if is_there else {}
    body = {"url": receiver.url, "event_types": ["*"], **changes}
    answer = put_webhook(world, body, webhook_id, headers=headers)
    assert answer.status in {200, 201}, answer
    return str(answer.body.get("signing_secret", ""))


def award(world: World, key: str = "key-1") -> None:
    """Post an activity and apply it: one event, points.awarded."""
    activity = {"activity_type_id": "activity_type_1", "value": "50", "transaction_timestamp": 1}
    body = {"idempotency_key": key, "activity": activity}
    assert world.post_membership_activity("12345", body).status == 200
    world.deliver()


def publish(world: World) -> None:
    """Publish the events of all postings."""
    assert world.publish() == {"batchItemFailures": []}


def publish_refused(world: World, receiver: Receiver) -> None:
    """Publish an event to a registered receiver that answers 500 to everything."""
    register(world, receiver)
    receiver.answer = lambda _received: 500
    award(world)
    publish(world)
