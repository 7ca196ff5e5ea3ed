"""The stack's bus on moto, and somebody who listens to it: a rule that sends all to a queue."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID

from tests.integration.world import ENVIRONMENT

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BUS = ENVIRONMENT["EVENT_BUS_NAME"]
QUEUE = "whoever-listens"
AT_ONCE = 10


@dataclass
class Listener:
    """Receives what is put on the bus from now on, in the order in which it was put."""

    client: "SQSClient"
    queue_url: str

    def messages(self) -> list[dict[str, Any]]:
        """What came since the last look, in the form in which EventBridge sends it."""
        received: list[dict[str, Any]] = []
        while True:
            answer = self.client.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=AT_ONCE
            )
            if not answer.get("Messages"):
                return received
            for message in answer["Messages"]:
                received.append(json.loads(message["Body"]))
                self.client.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    def events(self) -> list[dict[str, Any]]:
        """The events that came since the last look."""
        return [message["detail"] for message in self.messages()]


def create_bus() -> Listener:
    """Make the bus, and listen to it."""
    events, queues = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name=BUS)
    queue_url = queues.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = f"arn:aws:sqs:{ENVIRONMENT['AWS_DEFAULT_REGION']}:{DEFAULT_ACCOUNT_ID}:{QUEUE}"
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["accrue"]}))
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return Listener(queues, queue_url)
