"""LedgerTable: rows are inserted on a condition, and never changed.

Key `activity_key` = `<network_id>#<activity_id>`. The index `by_recorded_at` is
sharded by time, see `storage.time_shards`; `by_reference` holds the rows with a reference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ids import id_from_reference
from accrue.domain.ledger_row import LedgerRow, Marker, ReferenceMarker, ledger_row_from_attributes
from accrue.domain.recording import Attempt, LedgerPage, Recording
from accrue.domain.timestamps import to_text
from accrue.storage.batch_reads import read_items
from accrue.storage.dynamo import (
    CONDITION_FAILED,
    cancellation_reasons,
    retry_conflicts,
    to_attributes,
    to_item,
)
from accrue.storage.time_shards import TIME_SHARDS, shard_of, time_shard_of, time_shards_between

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef, TransactWriteItemTypeDef

INDEX = "by_recorded_at"
# What a caller does with a page must fit into the time that it has left.
ROWS_A_PAGE = 200
# Never over an existing row: this condition is what makes a row the record of its idempotency key.
INSERT_ONLY = "attribute_not_exists(activity_key)"


class LedgerTable:
    """The ledger, seen through one client."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None:
        """The row under this id, read consistently."""
        found = self._client.get_item(
            TableName=self._table_name,
            Key=row_key(network_id, activity_id),
            ConsistentRead=True,
        )
        return _row(found["Item"]) if "Item" in found else None

    def find_rows(self, network_id: str, activity_ids: Sequence[str]) -> dict[str, LedgerRow]:
        """The rows under these ids, by id, read consistently, each for itself."""
        found = self.find_attributes(network_id, activity_ids)
        return {each: ledger_row_from_attributes(row) for each, row in found.items()}

    def find_attributes(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """The rows under these ids as plain attributes, by id, read consistently."""
        keys = [row_key(network_id, each) for each in activity_ids]
        consistently: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
        found = read_items(self._client, self._table_name, keys, consistently)
        # By the key, whatever somebody made the row say.
        prefix = _key(network_id, "")
        return {row["activity_key"].removeprefix(prefix): row for row in map(to_attributes, found)}

    def insert(self, attempt: Attempt) -> Recording:
        """Write the attempt's row, with its marker if it has one; or give what is there already."""
        marker = attempt.marker
        if marker is None:
            return retry_conflicts(lambda: self._insert_alone(attempt))
        return retry_conflicts(lambda: self._insert_with_marker(attempt, marker))

    def _insert_alone(self, attempt: Attempt) -> Recording:
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=activity_item(attempt.activity),
                ConditionExpression=INSERT_ONLY,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            return met(attempt, to_attributes(refused.response["Item"]))  # type: ignore[typeddict-item]
        return Recording(attempt.activity, created=True)

    def insertion_of(self, row: Activity | Marker) -> "TransactWriteItemTypeDef":
        """The write of a row as part of a transaction; its condition fails if the row exists."""
        return self._insertion(
            activity_item(row) if isinstance(row, Activity) else _marker_item(row)
        )

    def _insertion(self, item: Mapping[str, Any]) -> "TransactWriteItemTypeDef":
        return {
            "Put": {
                "TableName": self._table_name,
                "Item": item,
                "ConditionExpression": INSERT_ONLY,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _insert_with_marker(self, attempt: Attempt, marker: ReferenceMarker) -> Recording:
        items = [activity_item(attempt.activity), _marker_item(marker)]
        try:
            self._client.transact_write_items(
                TransactItems=[self._insertion(item) for item in items]
            )
        except self._client.exceptions.TransactionCanceledException as cancelled:
            return _met_in_transaction(attempt, cancelled)
        return Recording(attempt.activity, created=True)

    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterator[LedgerPage]:
        """What was recorded with start <= recorded_at < end, in that order; eventually consistent.

        Where order matters (what is spent must have been earned), it is that of recording.
        """
        for shards in time_shards_between(network_id, start, end):
            of_the_day = [self._rows_of(time_shard, start, end) for time_shard in shards]
            in_order = merge(*of_the_day, key=lambda row: (row["recorded_at"], row["activity_key"]))
            for rows in batched(in_order, ROWS_A_PAGE, strict=False):
                yield _page(rows)

    def _rows_of(
        self, time_shard: str, start: datetime, end: datetime
    ) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            IndexName=INDEX,
            KeyConditionExpression="time_shard = :shard AND recorded_at BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":shard": {"S": time_shard},
                ":first": {"S": to_text(start)},
                ":last": {"S": to_text(end - timedelta(microseconds=1))},
            },
            PaginationConfig={"PageSize": ROWS_A_PAGE},
        )
        return (to_attributes(item) for page in pages for item in page["Items"])


def met(attempt: Attempt, attributes: Mapping[str, Any]) -> Recording:
    """What the attempt comes to that met this row."""
    # The SDK tries again after a lost answer and then fails on the very row that it wrote.
    mine = attributes["content_hash"] == attempt.activity.content_hash
    return Recording(ledger_row_from_attributes(attributes), created=mine)


def _met_in_transaction(attempt: Attempt, cancelled: ClientError) -> Recording:
    # The row comes first: if the key was used before, that answers, whoever has the reference.
    for reason in cancellation_reasons(cancelled):
        if reason["Code"] == CONDITION_FAILED:
            return met(attempt, to_attributes(reason["Item"]))
    raise cancelled


def _page(rows: Iterable[Mapping[str, Any]]) -> LedgerPage:
    page = LedgerPage()
    for row in rows:
        try:
            page.activities.append(Activity.from_attributes(row))
        except UnreadableRowError as error:
            activity_id = row["activity_key"].partition("#")[2]
            page.unreadable[activity_id] = error
            page.places[activity_id] = row["recorded_at"]
    return page


def _row(item: Mapping[str, Any]) -> LedgerRow:
    return ledger_row_from_attributes(to_attributes(item))


def activity_item(activity: Activity) -> dict[str, Any]:
    """The row in DynamoDB's own form."""
    attributes = activity.to_attributes()
    attributes["activity_key"] = _key(activity.network_id, activity.activity_id)
    attributes["time_shard"] = time_shard_of(
        activity.network_id, activity.activity_id, activity.recorded_at
    )
    if activity.reference_id is not None:
        partitions = reference_keys(activity.network_id, activity.reference_id)
        attributes["reference_key"] = partitions[shard_of(activity.activity_id)]
    return to_item(attributes)


def reference_keys(network_id: str, reference_id: str) -> list[str]:
    """The partitions of the index `by_reference` with all rows of a reference, markers aside.

    Of the id that it gives: whatever a partner puts into a reference stays out of keys. Several,
    because a partner may send the same with everything: one would limit how much he can send.
    """
    key = _key(network_id, id_from_reference(network_id, reference_id))
    return [f"{key}#{shard}" for shard in range(TIME_SHARDS)]


def row_key(network_id: str, activity_id: str) -> dict[str, Any]:
    """The key of the row with this id."""
    return {"activity_key": {"S": _key(network_id, activity_id)}}


def _marker_item(marker: Marker) -> dict[str, Any]:
    return to_item(
        {**marker.to_attributes(), "activity_key": _key(marker.network_id, marker.activity_id)}
    )


def _key(network_id: str, activity_id: str) -> str:
    return f"{network_id}#{activity_id}"
