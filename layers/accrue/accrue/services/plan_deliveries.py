"""Plan deliveries: for each event, one to each webhook of its network that wants it.

May be asked for the same events any number of times. The delivery is written first and the order
for its first attempt sent second: who dies in between is asked again, finds the delivery without
an attempt, and sends the order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.webhooks.definition import Webhook
from accrue.domain.webhooks.delivery import AttemptOrder, Delivery, planned_delivery


class WebhookList(Protocol):
    """A network's webhooks, a short time behind."""

    def webhooks_of(self, network_id: str) -> Sequence[Webhook]: ...


class DeliveryPlan(Protocol):
    """Keeps planned deliveries; returns what is there now."""

    def add_delivery(self, planned: Delivery) -> Delivery: ...


class OrderQueue(Protocol):
    """Brings each order to `deliver_webhook`, at least once, not before its time.

    Raises QueueRefusedError if some could not be sent.
    """

    def send(self, orders: Sequence[tuple[AttemptOrder, datetime]]) -> None: ...


@dataclass(frozen=True, slots=True)
class WebhookDeliveryPlanner:
    """Implements `services.ports.DeliveryPlanner`."""

    webhooks: WebhookList
    deliveries: DeliveryPlan
    queue: OrderQueue
    now: Callable[[], datetime]

    def plan(self, events: Sequence[FollowUpEvent]) -> None:
        """Plan the deliveries of these events."""
        now = self.now()
        orders = []
        for event in events:
            for webhook in self.webhooks.webhooks_of(event.network_id):
                if webhook.wants(event.type):
                    planned = planned_delivery(event, webhook.webhook_id, now)
                    there = self.deliveries.add_delivery(planned)
                    # After an attempt, the order for the next one was sent before it was noted.
                    if there.is_pending and not there.attempt_count:
                        orders.append((AttemptOrder.next_of(there), now))
        if orders:
            self.queue.send(orders)
