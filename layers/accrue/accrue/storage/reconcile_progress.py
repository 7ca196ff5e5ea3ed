"""Where the reconciler is; kept in BalanceTable under `#RECONCILE#<network>`.

One item says up to when the ledger is swept. One for each activity that would not apply keeps it
from being forgotten.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from accrue.domain.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SWEPT = "SWEPT"
STUCK = "STUCK#"


class ReconcileProgressTable:
    """The reconciler's own items, seen through one client."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def swept_until(self, network_id: str) -> datetime | None:
        """Everything recorded before it has been looked at; None before the first sweep."""
        found = self._client.get_item(
            TableName=self._table_name, Key=_key(network_id, SWEPT), ConsistentRead=True
        )
        return from_text(found["Item"]["swept_until"]["S"]) if "Item" in found else None

    def save_swept_until(self, network_id: str, moment: datetime) -> None:
        """Remember that everything recorded before `moment` has been looked at.

        Where another run has come further, that stays.
        """
        # Runs overlap: one that is behind must not send the next one back.
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table_name,
                Item={**_key(network_id, SWEPT), "swept_until": {"S": to_text(moment)}},
                ConditionExpression="attribute_not_exists(swept_until) OR swept_until < :moment",
                ExpressionAttributeValues={":moment": {"S": to_text(moment)}},
            )

    def list_stuck(self, network_id: str) -> Sequence[str]:
        """The ids of the activities that would not apply."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="membership_key = :partition AND begins_with(item_key, :stuck)",
            ExpressionAttributeValues={
                ":partition": {"S": _partition(network_id)},
                ":stuck": {"S": STUCK},
            },
            ConsistentRead=True,
        )
        return [
            item["item_key"]["S"].removeprefix(STUCK) for page in pages for item in page["Items"]
        ]

    def add_stuck(self, network_id: str, activity_id: str) -> None:
        """Keep an activity that would not apply."""
        self._client.put_item(
            TableName=self._table_name, Item=_key(network_id, STUCK + activity_id)
        )

    def remove_stuck(self, network_id: str, activity_id: str) -> None:
        """Let go of an activity that is applied by now."""
        self._client.delete_item(
            TableName=self._table_name, Key=_key(network_id, STUCK + activity_id)
        )


def _partition(network_id: str) -> str:
    return f"#RECONCILE#{network_id}"


def _key(network_id: str, item_key: str) -> dict[str, dict[str, str]]:
    return {"membership_key": {"S": _partition(network_id)}, "item_key": {"S": item_key}}
