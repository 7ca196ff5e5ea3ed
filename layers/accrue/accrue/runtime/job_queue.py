"""The SQS queue that brings orders for steps to `run_job`."""

import json
from typing import TYPE_CHECKING, Any

from accrue.domain.errors import WRONG_SHAPE
from accrue.domain.jobs.job import JobOrder

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsJobQueue:
    """Implements `services.job_ports.JobQueue`."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, order: JobOrder) -> None:
        """Send the order."""
        message = {"network_id": order.network_id, "job_id": order.job_id, "step": order.step}
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(message))


def job_order_from_text(text: str) -> JobOrder:
    """The order in a message; ValueError for what we never sent."""
    try:
        message: dict[str, Any] = json.loads(text)
        return JobOrder(str(message["network_id"]), str(message["job_id"]), int(message["step"]))
    except (*WRONG_SHAPE, RecursionError) as error:
        raise ValueError("no order for a step") from error
