"""Queues on moto, and Lambda's part in them: it hands messages to the function that reads them."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import time_machine

from tests.integration.faults import Crash
from tests.integration.world import ENVIRONMENT, World
from tests.template import template

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Nothing stays invisible for longer than SQS's longest delay.
FIRST_STEP = timedelta(seconds=30)
LONGEST_STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Queue:
    """A queue of the template, and the function that reads it."""

    logical_id: str
    url: str
    operation: str


DELIVERIES = Queue("DeliveryQueue", ENVIRONMENT["DELIVERY_QUEUE_URL"], "deliver_webhook")
JOBS = Queue("JobQueue", ENVIRONMENT["JOB_QUEUE_URL"], "run_job")


@dataclass
class Orders:
    """A queue."""

    client: "SQSClient"
    world: World
    clock: time_machine.Traveller
    queue: Queue = DELIVERIES
    crashes: int = 0
    bodies: list[str] = field(default_factory=list)

    @property
    def seen(self) -> list[dict[str, Any]]:
        """All orders that were received, repeats included."""
        return [json.loads(body) for body in self.bodies]

    @property
    def length(self) -> int:
        """How many messages there are, visible or not."""
        answer = self.client.get_queue_attributes(QueueUrl=self.queue.url, AttributeNames=["All"])
        counts = (
            int(value)
            for name, value in answer["Attributes"].items()
            if name.startswith("ApproximateNumberOfMessages")
        )
        return sum(counts)

    def hand_over(self) -> int:
        """Hand over what is visible now, one message at a time; returns how many there were.

        What fails, or is crashed on, stays in the queue and is invisible for a while.
        """
        count = 0
        while True:
            answer = self.client.receive_message(
                QueueUrl=self.queue.url,
                MaxNumberOfMessages=1,
                AttributeNames=["ApproximateReceiveCount"],
            )
            for message in answer.get("Messages", []):
                count += 1
                self._invoke(message)
            if not answer.get("Messages"):
                return count

    def run(self, longest: timedelta = timedelta(days=3)) -> None:
        """Let time pass and hand messages over, until there are none."""
        waited = timedelta()
        step = FIRST_STEP
        while self.length:
            step = FIRST_STEP if self.hand_over() else min(2 * step, LONGEST_STEP)
            self.clock.shift(step)
            waited += step
            assert waited < longest, "the queue does not become empty"

    def send(self, **order: Any) -> None:
        """Put a message into the queue."""
        self.client.send_message(QueueUrl=self.queue.url, MessageBody=json.dumps(order))

    def empty(self) -> None:
        """Throw all messages away."""
        self.client.purge_queue(QueueUrl=self.queue.url)

    def _invoke(self, message: Any) -> None:
        self.bodies.append(message["Body"])
        try:
            answer = self.world.invoke(self.queue.operation, queue_event(message, self.queue))
        except Crash:
            self.crashes += 1
            self.world.restart()
            return
        if answer == {"batchItemFailures": []}:
            self.client.delete_message(
                QueueUrl=self.queue.url, ReceiptHandle=message["ReceiptHandle"]
            )
        else:
            assert answer == {"batchItemFailures": [{"itemIdentifier": message["MessageId"]}]}


def create_queue(queue: Queue = DELIVERIES) -> "SQSClient":
    """Make the queue as the template defines it for AWS."""
    client = boto3.client("sqs")
    visibility = template()["Resources"][queue.logical_id]["Properties"]["VisibilityTimeout"]
    if isinstance(visibility, dict):
        _, _, visibility = visibility["Fn::If"]
    client.create_queue(
        QueueName=queue.url.rpartition("/")[2], Attributes={"VisibilityTimeout": str(visibility)}
    )
    return client


def queue_event(message: Any, queue: Queue = DELIVERIES) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    name = queue.url.rpartition("/")[2]
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{name}",
                "awsRegion": "us-east-1",
            }
        ]
    }
