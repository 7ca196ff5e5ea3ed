"""Deliveries in EventTable: `<network>#DELIVERIES#<webhook_id>` / `<event_id>`.

The key is made of the event and the webhook alone: whoever plans the delivery, however often, plans
one. The index `by_delivery_status` has them in the order in which their events happened, apart by
webhook and status.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from accrue.domain.pages import Page, PageRequest
from accrue.domain.timestamps import from_text, to_text
from accrue.domain.webhooks.delivery import (
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    SendResult,
)
from accrue.domain.webhooks.errors import DeliveryMovedError
from accrue.storage.dynamo import to_attributes, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "by_delivery_status"
MAX_EVENT_ID_CHARS = 128
# A write is conditional, so that DynamoDB takes none of them together. The client keeps ten
# connections.
WRITES_UNDER_WAY = 8


class DeliveryTable:
    """Deliveries, seen through one client."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def add_deliveries(self, planned: Sequence[Delivery]) -> Sequence[Delivery]:
        """Write each delivery unless there is one of its event; returns what is there now, in
        their order.

        When one fails it raises; of the others, some may be written, and are there when it is tried
        again.
        """
        with ThreadPoolExecutor(WRITES_UNDER_WAY) as pool:
            return list(pool.map(self._add_delivery, planned))

    def _add_delivery(self, planned: Delivery) -> Delivery:
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=_to_item(planned),
                ConditionExpression="attribute_not_exists(item_key)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Not in the stubs: the item that stood in the way.
            response: Any = error.response
            return _from_item(response["Item"])
        return planned

    def find_delivery(self, network_id: str, webhook_id: str, event_id: str) -> Delivery | None:
        """The delivery, read consistently, or None."""
        # They come from a URL, and DynamoDB refuses long keys. No event has such an id.
        if not event_id or len(event_id) > MAX_EVENT_ID_CHARS:
            return None
        found = self._client.get_item(
            TableName=self._table_name,
            Key=_key(network_id, webhook_id, event_id),
            ConsistentRead=True,
        )
        return _from_item(found["Item"]) if "Item" in found else None

    def save_delivery(self, present: Delivery, wanted: Delivery) -> None:
        """Write it if what is there is `present`. Raises DeliveryMovedError."""
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=_to_item(wanted),
                ConditionExpression="attempt_count = :attempts AND round_number = :round"
                " AND delivery_status = :status AND under_way_until = :under_way_until",
                ExpressionAttributeValues={
                    **to_item({":under_way_until": _text(present.under_way_until)}),
                    ":attempts": {"N": str(present.attempt_count)},
                    ":round": {"N": str(present.round_number)},
                    ":status": {"S": present.status.value},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise DeliveryMovedError from error

    def list_deliveries(
        self,
        network_id: str,
        webhook_id: str,
        status: DeliveryStatus | None,
        page: PageRequest,
    ) -> Page[Delivery]:
        """Deliveries of one status or of all, the newest events first, behind `page.after`.

        Read from an index, a moment behind. One query for each status, however many there are; a
        page may hold fewer than its limit though more follow.
        """
        wanted = list(DeliveryStatus) if status is None else [status]
        found = [self._query(network_id, webhook_id, each, page) for each in wanted]
        # Where a query ended early, nothing older may be shown, or the next page would miss some.
        horizon = max((items[-1].position for items, is_cut in found if is_cut), default="")
        merged = sorted(
            (delivery for items, _ in found for delivery in items if delivery.position >= horizon),
            key=lambda delivery: delivery.position,
            reverse=True,
        )
        shown = tuple(merged[: page.limit])
        has_more = len(merged) > len(shown) or bool(horizon)
        return Page(shown, shown[-1].position if has_more else None)

    def _query(
        self, network_id: str, webhook_id: str, status: DeliveryStatus, page: PageRequest
    ) -> tuple[Sequence[Delivery], bool]:
        """The newest of a status, and whether there are older ones."""
        condition = "delivery_status_key = :partition"
        values = {":partition": {"S": _status_key(network_id, webhook_id, status)}}
        if page.after is not None:
            condition += " AND delivery_position < :after"
            values[":after"] = {"S": page.after}
        answer = self._client.query(
            TableName=self._table_name,
            IndexName=INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            Limit=page.limit,
        )
        items = [_from_item(item) for item in answer["Items"]]
        return items, bool(items) and "LastEvaluatedKey" in answer


def _status_key(network_id: str, webhook_id: str, status: DeliveryStatus) -> str:
    return f"{network_id}#{webhook_id}#{status.value}"


def _key(network_id: str, webhook_id: str, event_id: str) -> dict[str, Any]:
    return {
        "event_key": {"S": f"{network_id}#DELIVERIES#{webhook_id}"},
        "item_key": {"S": event_id},
    }


def _to_item(delivery: Delivery) -> dict[str, Any]:
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
        "next_attempt_at": _text(delivery.next_attempt_at),
        "under_way_until": _text(delivery.under_way_until),
        "expires_at": int(delivery.expires_at.timestamp()),
        "delivery_status_key": _status_key(
            delivery.network_id, delivery.webhook_id, delivery.status
        ),
        "delivery_position": delivery.position,
    }
    return {
        **to_item(attributes),
        **_key(delivery.network_id, delivery.webhook_id, delivery.event_id),
    }


def _from_item(item: Mapping[str, Any]) -> Delivery:
    attributes = to_attributes(item)
    return Delivery(
        network_id=attributes["network_id"],
        webhook_id=attributes["webhook_id"],
        event_id=attributes["event_id"],
        event_type=attributes["event_type"],
        occurred_at=from_text(attributes["occurred_at"]),
        body=attributes["body"],
        expires_at=datetime.fromtimestamp(int(attributes["expires_at"]), UTC),
        status=DeliveryStatus(attributes["delivery_status"]),
        failure=attributes["failure"],
        attempt_count=int(attributes["attempt_count"]),
        round_number=int(attributes["round_number"]),
        round_began_after=int(attributes["round_began_after"]),
        attempts=tuple(map(_attempt, attributes["attempts"])),
        next_attempt_at=_time(attributes["next_attempt_at"]),
        under_way_until=_time(attributes["under_way_until"]),
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else to_text(time)


def _time(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)


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
