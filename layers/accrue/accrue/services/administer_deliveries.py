"""Show a webhook's deliveries, make them again, and send it samples."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.administration_errors import DeliveryNotFoundError
from accrue.domain.pages import Page, PageRequest
from accrue.domain.webhooks.definition import Webhook
from accrue.domain.webhooks.delivery import (
    AttemptOrder,
    Delivery,
    DeliveryStatus,
    SendResult,
)
from accrue.domain.webhooks.errors import DeliveryMovedError, WebhookDisabledError
from accrue.domain.webhooks.samples import sample_of
from accrue.services.deliver_webhook import DeliveryBook, WebhookSender, send_signed
from accrue.services.plan_deliveries import OrderQueue

# In each round somebody's attempt is noted, and a delivery has only so many.
MAX_ROUNDS = 10


class ListedDeliveries(DeliveryBook, Protocol):
    """Lists deliveries too, the newest events first."""

    def list_deliveries(
        self,
        network_id: str,
        webhook_id: str,
        status: DeliveryStatus | None,
        page: PageRequest,
    ) -> Page[Delivery]: ...


@dataclass(frozen=True, slots=True)
class SentSample:
    """A sample that was sent, and what came of it."""

    event_id: str
    result: SendResult


@dataclass(frozen=True, slots=True)
class DeliveryAdministrator:
    """What administrators do with the deliveries of a webhook that exists."""

    deliveries: ListedDeliveries
    queue: OrderQueue
    sender: WebhookSender
    now: Callable[[], datetime]

    def redeliver(self, network_id: str, webhook: Webhook, event_id: str) -> Delivery:
        """Begin a new round of attempts, whatever came of those before.

        Raises DeliveryNotFoundError or WebhookDisabledError. If it dies before the order is sent,
        the answer is an error, and asking once more begins one more round.
        """
        if not webhook.is_enabled:
            raise WebhookDisabledError
        for _ in range(MAX_ROUNDS):
            present = self.deliveries.find_delivery(network_id, webhook.webhook_id, event_id)
            if present is None:
                raise DeliveryNotFoundError
            begun = present.begun_again(self.now())
            try:
                self.deliveries.save_delivery(present, begun)
            except DeliveryMovedError:
                continue
            self.queue.send([(AttemptOrder.next_of(begun), self.now())])
            return begun
        raise DeliveryMovedError(f"{MAX_ROUNDS} times in a row")

    def send_sample(
        self, network_id: str, webhook: Webhook, event_type: str, unique: str
    ) -> SentSample:
        """Send a made-up event now, even to a disabled webhook; it is not kept, nor sent again.

        `unique` becomes part of its id.
        """
        now = self.now()
        sample = sample_of(event_type, network_id, unique, now)
        event_id = sample.event.event_id
        attempt = send_signed(webhook, event_id, sample.body, sender=self.sender, now=now)
        return SentSample(event_id, attempt.result)
