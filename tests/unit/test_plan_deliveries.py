"""Plans of many deliveries: one look at the webhooks, and orders as soon as there are some."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.webhooks.definition import MAX_WEBHOOKS, Webhook
from accrue.domain.webhooks.delivery import AttemptOrder, Delivery, DeliveryStatus
from accrue.domain.webhooks.signing import secret_of
from accrue.services.plan_deliveries import MAX_PLANNED_AT_ONCE, WebhookDeliveryPlanner
from tests.unit.activities import NOON


class BrokenError(Exception):
    """What a table fails with."""


def _events(count: int, network_id: str = "demo") -> list[FollowUpEvent]:
    return [
        FollowUpEvent(
            event_id=f"ev_{network_id}_{number}",
            type="points.awarded",
            occurred_at=NOON,
            network_id=network_id,
            activity_id="ik_1",
            membership=None,
            sequence=None,
            data={},
        )
        for number in range(count)
    ]


def _webhook(webhook_id: str) -> Webhook:
    return Webhook(
        webhook_id=webhook_id,
        url="https://hooks.example.com/",
        event_types=("*",),
        is_enabled=True,
        description=None,
        secrets=(secret_of(bytes(32)),),
    )


@dataclass
class Places:
    """The webhooks, the table and the queue. `calls` has how many were given at a time."""

    webhooks: Sequence[Webhook]
    writes_until_broken: int = 1000
    there: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    looked_up: Counter[str] = field(default_factory=Counter)
    calls: list[tuple[str, int]] = field(default_factory=list)
    orders: list[AttemptOrder] = field(default_factory=list)

    def webhooks_of(self, network_id: str) -> Sequence[Webhook]:
        self.looked_up[network_id] += 1
        return self.webhooks

    def add_deliveries(self, planned: Sequence[Delivery]) -> Sequence[Delivery]:
        self.calls.append(("write", len(planned)))
        if len(self.calls) > self.writes_until_broken:
            raise BrokenError
        return [self.there.setdefault((d.webhook_id, d.event_id), d) for d in planned]

    def send(self, orders: Sequence[tuple[AttemptOrder, datetime]]) -> None:
        self.calls.append(("order", len(orders)))
        assert {due_at for _, due_at in orders} == {NOON}
        self.orders.extend(order for order, _ in orders)

    def plan(self, events: Sequence[FollowUpEvent]) -> None:
        planner = WebhookDeliveryPlanner(
            webhooks=self, deliveries=self, queue=self, now=lambda: NOON
        )
        planner.plan(events)


def test_webhooks_are_looked_up_once_for_each_network() -> None:
    places = Places([])

    places.plan([*_events(20), *_events(20, "other"), *_events(20)])

    assert places.looked_up == {"demo": 1, "other": 1}
    assert places.calls == []


def test_what_is_written_is_ordered_before_more_is_written() -> None:
    places = Places([_webhook(f"hook-{number}") for number in range(MAX_WEBHOOKS)])
    events = _events(2 * MAX_PLANNED_AT_ONCE // MAX_WEBHOOKS + 1)

    places.plan(events)

    most = MAX_PLANNED_AT_ONCE
    assert places.calls == [
        ("write", most),
        ("order", most),
        ("write", most),
        ("order", most),
        ("write", MAX_WEBHOOKS),
        ("order", MAX_WEBHOOKS),
    ]
    assert len(set(places.orders)) == len(events) * MAX_WEBHOOKS


def test_who_dies_on_the_way_has_ordered_what_he_wrote() -> None:
    places = Places([_webhook("hook")], writes_until_broken=2)

    with pytest.raises(BrokenError):
        places.plan(_events(2 * MAX_PLANNED_AT_ONCE))

    assert len(places.orders) == len(places.there) == MAX_PLANNED_AT_ONCE


def test_what_has_been_attempted_or_is_done_with_is_not_ordered() -> None:
    places = Places([_webhook("hook")])
    first, second, third = _events(3)
    places.plan([first, second, third])
    attempted = replace(places.there["hook", first.event_id], attempt_count=1)
    failed = replace(places.there["hook", second.event_id], status=DeliveryStatus.FAILED)
    places.there |= {("hook", first.event_id): attempted, ("hook", second.event_id): failed}
    places.orders.clear()

    places.plan([first, second, third])

    assert [order.event_id for order in places.orders] == [third.event_id]
