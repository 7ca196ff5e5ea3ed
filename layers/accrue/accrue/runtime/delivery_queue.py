"""The SQS queue that brings orders for attempts to `deliver_webhook`."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3

from accrue.domain.errors import WRONG_SHAPE
from accrue.domain.webhooks.delivery import AttemptOrder
from accrue.domain.webhooks.errors import QueueRefusedError
from accrue.storage.client_config import client_config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# SQS: messages in a batch, and the longest that it holds one back. What is due later comes early,
# and is sent again.
MAX_BATCH = 10
MAX_DELAY_SECONDS = 900
SEND_ATTEMPTS = 3


def sqs_client() -> "SQSClient":
    """A client of SQS."""
    return boto3.client("sqs", config=client_config())


class SqsOrderQueue:
    """Implements `services.plan_deliveries.OrderQueue`."""

    def __init__(self, client: "SQSClient", queue_url: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._queue_url = queue_url
        self._now = now

    def send(self, orders: Sequence[tuple[AttemptOrder, datetime]]) -> None:
        """Send each order for its time. Raises QueueRefusedError if some could not be sent."""
        for batch in batched(orders, MAX_BATCH, strict=False):
            self._send_batch([self._entry(str(i), *each) for i, each in enumerate(batch)])

    def _send_batch(self, entries: "list[SendMessageBatchRequestEntryTypeDef]") -> None:
        failed: dict[str, str] = {}
        for _ in range(SEND_ATTEMPTS):
            answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            # The call succeeds though single messages fail, under throttling for example.
            failed = {each["Id"]: each["Code"] for each in answer.get("Failed", [])}
            if not failed:
                return
            entries = [entry for entry in entries if entry["Id"] in failed]
        raise QueueRefusedError(f"{len(entries)} messages: {sorted(set(failed.values()))}")

    def _entry(
        self, entry_id: str, order: AttemptOrder, due_at: datetime
    ) -> "SendMessageBatchRequestEntryTypeDef":
        seconds = math.ceil((due_at - self._now()).total_seconds())
        return {
            "Id": entry_id,
            "MessageBody": order_text(order),
            "DelaySeconds": min(max(seconds, 0), MAX_DELAY_SECONDS),
        }


def order_text(order: AttemptOrder) -> str:
    """The order as a message."""
    return json.dumps(
        {
            "network_id": order.network_id,
            "webhook_id": order.webhook_id,
            "event_id": order.event_id,
            "attempt": order.attempt,
        }
    )


def order_from_text(text: str) -> AttemptOrder:
    """The order in a message; ValueError for what we never sent."""
    try:
        message: dict[str, Any] = json.loads(text)
        return AttemptOrder(
            str(message["network_id"]),
            str(message["webhook_id"]),
            str(message["event_id"]),
            int(message["attempt"]),
        )
    except (*WRONG_SHAPE, RecursionError) as error:
        raise ValueError("no order for an attempt") from error
