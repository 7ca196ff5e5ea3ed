"""The delivery queue: makes the attempt that each message orders."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.webhooks.errors import AttemptTooEarlyError
from accrue.domain.webhooks.retry_schedule import RetrySchedule
from accrue.runtime.clock import utc_now
from accrue.runtime.delivery_queue import SqsOrderQueue, order_from_text, sqs_client
from accrue.runtime.settings import DeliverySettings
from accrue.runtime.webhook_addresses import AddressBook
from accrue.runtime.webhook_sender import HttpWebhookSender
from accrue.services.deliver_webhook import WebhookDeliverer
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.deliveries import DeliveryTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.webhooks import WebhookTable

logger = Logger()
settings = DeliverySettings.from_environment()
client = dynamodb_client()
deliverer = WebhookDeliverer(
    webhooks=WebhookTable(AdministrationTable(client, settings.catalog_table)),
    deliveries=DeliveryTable(client, settings.event_table),
    queue=SqsOrderQueue(sqs_client(), settings.delivery_queue_url, utc_now),
    sender=HttpWebhookSender(AddressBook(allows_private=settings.allow_private_webhooks)),
    schedule=RetrySchedule(settings.webhook_retry_delays_seconds),
    now=utc_now,
)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """The messages that must come again."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: dict[str, Any]) -> bool:
    ids: dict[str, Any] = {"message_id": record["messageId"]}
    try:
        order = order_from_text(record["body"])
        ids |= {
            "network_id": order.network_id,
            "webhook_id": order.webhook_id,
            "event_id": order.event_id,
            "attempt": order.attempt,
        }
        step = deliverer.deliver(order)
    except AttemptTooEarlyError:
        logger.warning("another attempt is under way or not noted yet", extra=ids)
        return False
    except Exception:
        logger.exception("attempt not made", extra=ids)
        return False
    logger.info("attempt", extra={**ids, "step": step.value})
    return True
