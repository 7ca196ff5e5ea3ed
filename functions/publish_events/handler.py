"""The balances' stream: publishes what each new posting or outcome led to."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.balance_stream import read_stream
from accrue.runtime.clock import utc_now
from accrue.runtime.delivery_queue import SqsOrderQueue, sqs_client
from accrue.runtime.event_bus import EventBridgeBus, event_bridge_client
from accrue.runtime.settings import PublishSettings
from accrue.services.plan_deliveries import WebhookDeliveryPlanner
from accrue.services.publish_events import EventPublisher
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.deliveries import DeliveryTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.event_log import EventLogTable
from accrue.storage.unpublished_records import UnpublishedRecords
from accrue.storage.webhooks import CachedWebhooks, WebhookTable

logger = Logger()
settings = PublishSettings.from_environment()
client = dynamodb_client()
unpublished = UnpublishedRecords(client, settings.event_table, utc_now)
publisher = EventPublisher(
    log=EventLogTable(client, settings.event_table, utc_now),
    planner=WebhookDeliveryPlanner(
        webhooks=CachedWebhooks(
            WebhookTable(AdministrationTable(client, settings.catalog_table)),
            settings.catalog_cache_seconds,
        ),
        deliveries=DeliveryTable(client, settings.event_table),
        queue=SqsOrderQueue(sqs_client(), settings.delivery_queue_url, utc_now),
        now=utc_now,
    ),
    bus=EventBridgeBus(event_bridge_client(), settings.event_bus_name),
)


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> PartialItemFailureResponse:
    """The records whose events could not be published, to be delivered again."""
    batch = read_stream(event, unpublished, utc_now())
    events = batch.events
    for failure in publisher.publish(events):
        batch.fail(failure.event, failure.error)
    counts = {"records": batch.size, "events": len(events), "failed": len(batch.failed)}
    logger.info("published", extra=counts)
    return batch.response()
