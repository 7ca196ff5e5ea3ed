"""Deliveries as items of EventTable. What an item holds is nobody's to read in an error."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.timestamps import from_text, to_text
from accrue.domain.webhooks.delivery import (
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    SendResult,
)
from accrue.storage.dynamo import to_attributes, to_item


def delivery_status_key(network_id: str, webhook_id: str, status: DeliveryStatus) -> str:
    """Where the index has the webhook's deliveries of a status."""
    return f"{network_id}#{webhook_id}#{status.value}"


def delivery_key(network_id: str, webhook_id: str, event_id: str) -> dict[str, Any]:
    """Where the delivery of an event is."""
    return {
        "event_key": {"S": f"{network_id}#DELIVERIES#{webhook_id}"},
        "item_key": {"S": event_id},
    }


def delivery_to_item(delivery: Delivery) -> dict[str, Any]:
    """The delivery as an item."""
    attributes = {
        "network_id": delivery.network_id,
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "occurred_at": to_text(delivery.occurred_at),
        "body": delivery.body,
        "delivery_status": delivery.status.value,
        "failure": delivery.failure,
        "attempt_count": delivery.attempt_count,
        "round_number": delivery.round_number,
        "round_began_after": delivery.round_began_after,
        "attempts": [attempt.to_document() for attempt in delivery.attempts],
        "next_attempt_at": text_or_none(delivery.next_attempt_at),
        "under_way_until": text_or_none(delivery.under_way_until),
        "expires_at": int(delivery.expires_at.timestamp()),
        "delivery_status_key": delivery_status_key(
            delivery.network_id, delivery.webhook_id, delivery.status
        ),
        "delivery_position": delivery.position,
    }
    return {
        **to_item(attributes),
        **delivery_key(delivery.network_id, delivery.webhook_id, delivery.event_id),
    }


def delivery_from_item(item: Mapping[str, Any]) -> Delivery:
    """Read a delivery back.

    Raises UnreadableRowError, which names the attribute that has another shape than any that was
    written, and says nothing of what is in it.
    """
    attributes = to_attributes(item)

    def read[T](name: str, reader: Callable[[Any], T]) -> T:
        try:
            return reader(attributes[name])
        except WRONG_SHAPE:
            # Without the cause: it tells the value, and would be logged.
            raise UnreadableRowError(f"delivery: {name} is not as it was written") from None

    delivery = Delivery(
        network_id=read("network_id", _text),
        webhook_id=read("webhook_id", _text),
        event_id=read("event_id", _text),
        event_type=read("event_type", _text),
        occurred_at=read("occurred_at", from_text),
        body=read("body", _text),
        expires_at=read("expires_at", lambda seconds: datetime.fromtimestamp(int(seconds), UTC)),
        status=read("delivery_status", DeliveryStatus),
        failure=read("failure", _or_none(_text)),
        attempt_count=read("attempt_count", int),
        round_number=read("round_number", int),
        round_began_after=read("round_began_after", int),
        attempts=read("attempts", lambda attempts: tuple(map(_attempt, attempts))),
        next_attempt_at=read("next_attempt_at", _or_none(from_text)),
        under_way_until=read("under_way_until", _or_none(from_text)),
    )
    key = delivery_key(delivery.network_id, delivery.webhook_id, delivery.event_id)
    if key.items() <= item.items():
        return delivery
    raise UnreadableRowError("delivery: its ids are not those of its key")


def text_or_none(time: datetime | None) -> str | None:
    """The time as it is stored."""
    return None if time is None else to_text(time)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _or_none[T](reader: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda value: None if value is None else reader(value)


def _attempt(attributes: Mapping[str, Any]) -> DeliveryAttempt:
    status_code = attributes["status_code"]
    return DeliveryAttempt(
        from_text(attributes["attempted_at"]),
        SendResult(
            status_code=None if status_code is None else int(status_code),
            error=attributes["error"],
            duration_ms=int(attributes["duration_ms"]),
        ),
    )
