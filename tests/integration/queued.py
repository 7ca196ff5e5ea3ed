"""What is in all queues on moto: orders for deliveries and jobs, and what came over the bus.

Past the API: it would hand messages over, which makes them invisible.
"""

from copy import deepcopy
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from tests.integration.world import ENVIRONMENT

PARTS = ("_messages", "_pending_messages", "deleted_messages")


def queued() -> dict[str, list[str]]:
    """The bodies of the messages by queue, visible or not."""
    return {name: [each.body for each in queue._messages] for name, queue in _queues().items()}


def snapshot_of_queues() -> dict[str, dict[str, Any]]:
    """All messages as they are now, and what is known of them."""
    # Together: what is pending are the same messages.
    return deepcopy({name: {p: vars(queue)[p] for p in PARTS} for name, queue in _queues().items()})


def restore_queues(snapshot: dict[str, dict[str, Any]]) -> None:
    """All messages as they were."""
    for name, parts in deepcopy(snapshot).items():
        vars(_queues()[name]).update(parts)


def _queues() -> dict[str, Any]:
    region = ENVIRONMENT["AWS_DEFAULT_REGION"]
    queues: dict[str, Any] = sqs_backends[DEFAULT_ACCOUNT_ID][region].queues
    return queues
