"""Plan deliveries: for each event, one to each webhook of its network that wants it.

May be asked for the same events any number of times. The delivery is written first and the order
for its first attempt sent second: who dies in between is asked again, finds the delivery without
an attempt, and sends the order. Orders are sent as soon as some deliveries are written: should all
of them take too long, what was done till then is on its way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Protocol

from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.webhooks.definition import Webhook
from accrue.domain.webhooks.delivery import AttemptOrder, Delivery, planned_delivery

MAX_PLANNED_AT_ONCE = 100


class WebhookList(Protocol):
    """A network's webhooks, a short time behind."""

    def webhooks_of(self, network_id: str) -> Sequence[Webhook]: ...


class DeliveryPlan(Protocol):
    """Keeps planned deliveries; returns what is there now, in their order."""

    def add_deliveries(self, planned: Sequence[Delivery]) -> Sequence[Delivery]: ...


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
        for planned in batched(self._planned(events, now), MAX_PLANNED_AT_ONCE, strict=False):
            orders = [
                (AttemptOrder.next_of(there), now)
                for there in self.deliveries.add_deliveries(planned)
                # After an attempt, the order for the next one was sent before it was noted.
                if there.is_pending and not there.attempt_count
            ]
            if orders:
                self.queue.send(orders)

    def _planned(self, events: Sequence[FollowUpEvent], now: datetime) -> Iterator[Delivery]:
        network_ids = dict.fromkeys(event.network_id for event in events)
        webhooks = {each: self.webhooks.webhooks_of(each) for each in network_ids}
        for event in events:
            for webhook in webhooks[event.network_id]:
                if webhook.wants(event.type):
                    yield planned_delivery(event, webhook.webhook_id, now)
