"""Deliveries in EventTable: `<network>#DELIVERIES#<webhook_id>` / `<event_id>`.

The key is made of the event and the webhook alone: whoever plans the delivery, however often, plans
one. The index `by_delivery_status` has them in the order in which their events happened, apart by
webhook and status.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from accrue.domain.pages import Page, PageRequest
from accrue.domain.webhooks.delivery import Delivery, DeliveryStatus
from accrue.domain.webhooks.errors import DeliveryMovedError
from accrue.storage.delivery_items import (
    delivery_from_item,
    delivery_key,
    delivery_status_key,
    delivery_to_item,
    text_or_none,
)
from accrue.storage.dynamo import to_item

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
                Item=delivery_to_item(planned),
                ConditionExpression="attribute_not_exists(item_key)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Not in the stubs: the item that stood in the way.
            response: Any = error.response
            return delivery_from_item(response["Item"])
        return planned

    def find_delivery(self, network_id: str, webhook_id: str, event_id: str) -> Delivery | None:
        """The delivery, read consistently, or None."""
        # They come from a URL, and DynamoDB refuses long keys. No event has such an id.
        if not event_id or len(event_id) > MAX_EVENT_ID_CHARS:
            return None
        found = self._client.get_item(
            TableName=self._table_name,
            Key=delivery_key(network_id, webhook_id, event_id),
            ConsistentRead=True,
        )
        return delivery_from_item(found["Item"]) if "Item" in found else None

    def save_delivery(self, present: Delivery, wanted: Delivery) -> None:
        """Write it if what is there is `present`. Raises DeliveryMovedError."""
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=delivery_to_item(wanted),
                ConditionExpression="attempt_count = :attempts AND round_number = :round"
                " AND delivery_status = :status AND under_way_until = :under_way_until",
                ExpressionAttributeValues={
                    **to_item({":under_way_until": text_or_none(present.under_way_until)}),
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
        values = {":partition": {"S": delivery_status_key(network_id, webhook_id, status)}}
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
        items = [delivery_from_item(item) for item in answer["Items"]]
        return items, bool(items) and "LastEvaluatedKey" in answer
