"""Make one attempt of a delivery: at least once, never lost.

Who makes an attempt first writes that it is under way, and by when it is over for certain; the
order for the next one is sent *before* the attempt is noted in the delivery. So what is noted has
its successor in the queue, and whatever dies on the way leaves either the delivery as it was, with
its order to come again once the attempt is over, or all of it done:

| died before           | the order comes again and                                        |
|-----------------------|------------------------------------------------------------------|
| saying "under way"    | says it, and sends                                               |
| sending               | sends                                                            |
| ordering the next     | sends once more; the receiver drops the repeat by its id         |
| noting the attempt    | the same; the order for the next one is there twice              |
| being acknowledged    | finds the attempt noted, and is dropped                          |

The other way round, an order that was late could not tell whether its successor had been sent, and
would have to send it again each time: repeats would breed repeats. Here of two copies of an order
one makes the attempt. The other finds it noted, or under way and, when it comes again, noted; it
ends either way, and orders nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from accrue.domain.administration_errors import CatalogMovedError
from accrue.domain.webhooks.definition import Webhook
from accrue.domain.webhooks.delivery import (
    DISABLED,
    GONE,
    MISSING,
    AttemptOrder,
    Delivery,
    DeliveryAttempt,
    SendResult,
)
from accrue.domain.webhooks.errors import AttemptTooEarlyError, DeliveryMovedError
from accrue.domain.webhooks.retry_schedule import RetrySchedule
from accrue.domain.webhooks.signing import signed_headers
from accrue.services.plan_deliveries import OrderQueue


class WebhookSwitch(Protocol):
    """Reads a webhook as it is now. `save_webhook` raises CatalogMovedError if it is not `present`
    any more.
    """

    def find_webhook(self, network_id: str, webhook_id: str) -> Webhook | None: ...
    def save_webhook(self, network_id: str, present: Webhook | None, wanted: Webhook) -> None: ...


class DeliveryBook(Protocol):
    """Reads deliveries consistently. `save_delivery` raises DeliveryMovedError if what is there is
    not `present` any more.
    """

    def find_delivery(self, network_id: str, webhook_id: str, event_id: str) -> Delivery | None: ...
    def save_delivery(self, present: Delivery, wanted: Delivery) -> None: ...


class WebhookSender(Protocol):
    """Sends a body to a URL; whatever happens is a result."""

    def send(self, url: str, headers: dict[str, str], body: bytes) -> SendResult: ...


class Step(StrEnum):
    """What an order led to."""

    DELIVERED = "delivered"
    WILL_RETRY = "will_retry"
    FAILED = "failed"
    POSTPONED = "postponed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class WebhookDeliverer:
    """Makes attempts."""

    webhooks: WebhookSwitch
    deliveries: DeliveryBook
    queue: OrderQueue
    sender: WebhookSender
    schedule: RetrySchedule
    now: Callable[[], datetime]

    def deliver(self, order: AttemptOrder) -> Step:
        """Do what the order says, if it is still to be done.

        Raises AttemptTooEarlyError if the order must come again later.
        """
        delivery = self.deliveries.find_delivery(order.network_id, order.webhook_id, order.event_id)
        if delivery is None or not delivery.is_pending:
            return Step.DROPPED
        if order.attempt <= delivery.attempt_count:
            return Step.DROPPED
        if order.attempt > delivery.attempt_count + 1:
            # Whoever makes the earlier attempt has not noted it yet, or died and will do it again.
            raise AttemptTooEarlyError
        if delivery.next_attempt_at is not None and self.now() < delivery.next_attempt_at:
            self.queue.send([(order, delivery.next_attempt_at)])
            return Step.POSTPONED
        if delivery.is_under_way(self.now()):
            raise AttemptTooEarlyError
        webhook = self.webhooks.find_webhook(delivery.network_id, delivery.webhook_id)
        if webhook is None or not webhook.is_enabled:
            return self._note(delivery, delivery.failed(DISABLED if webhook else MISSING))
        return self._attempt(self._begun(delivery), webhook)

    def _begun(self, delivery: Delivery) -> Delivery:
        begun = delivery.begun_attempt(self.now())
        try:
            self.deliveries.save_delivery(delivery, begun)
        except DeliveryMovedError:
            # To another copy of the order, most likely. If it dies, this one makes the attempt.
            raise AttemptTooEarlyError from None
        return begun

    def _attempt(self, begun: Delivery, webhook: Webhook) -> Step:
        attempt = send_signed(
            webhook, begun.event_id, begun.body, sender=self.sender, now=self.now()
        )
        if attempt.result.status_code == GONE:
            self._disable(begun.network_id, webhook)
        after = begun.after(attempt, self.schedule)
        if after.next_attempt_at is not None:
            self.queue.send([(AttemptOrder.next_of(after), after.next_attempt_at)])
        return self._note(begun, after)

    def _note(self, present: Delivery, after: Delivery) -> Step:
        try:
            self.deliveries.save_delivery(present, after)
        except DeliveryMovedError:
            # A new round has begun, or another copy of the order was quicker: either has an order
            # of its own.
            return Step.DROPPED
        if after.is_pending:
            return Step.WILL_RETRY
        return Step(after.status.value)

    def _disable(self, network_id: str, webhook: Webhook) -> None:
        # If it was changed meanwhile, it may lead elsewhere by now: the next 410 will tell.
        with suppress(CatalogMovedError):
            self.webhooks.save_webhook(network_id, webhook, replace(webhook, is_enabled=False))


def send_signed(
    webhook: Webhook, event_id: str, body: str, *, sender: WebhookSender, now: datetime
) -> DeliveryAttempt:
    """Send a body to a webhook as it is now, signed with all its secrets that still sign."""
    octets = body.encode()
    headers = signed_headers(event_id, octets, webhook.secrets, now)
    return DeliveryAttempt(now, sender.send(webhook.url, headers, octets))
