"""CatalogTable as administrators need it: read past every cache, and changed all or nothing.

The layout is described in `storage.catalog`. Each item carries the hash of its content, by which a
change recognises the state that was read: comparing attribute by attribute would miss one that was
added since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accrue.domain.administration_errors import CatalogMovedError
from accrue.domain.canonical import content_hash
from accrue.domain.pages import Page, PageRequest
from accrue.storage.dynamo import (
    CONDITION_FAILED,
    cancellation_reasons,
    retry_conflicts,
    to_attributes,
    to_item,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

type Attributes = Mapping[str, Any]

# What is in an item beside its content.
_PLACES = frozenset({"catalog_key", "item_key", "content_hash"})


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item as it was read, and as it shall be; None is one that is not there."""

    partition: str
    sort: str
    present: Attributes | None
    wanted: Attributes | None


class AdministrationTable:
    """Items of the catalog by key; what is given and taken is their content."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read_item(self, partition: str, sort: str) -> dict[str, Any] | None:
        """An item, read consistently, or None."""
        found = self._client.get_item(
            TableName=self._table_name, Key=_key(partition, sort), ConsistentRead=True
        )
        return _content(to_attributes(found["Item"])) if "Item" in found else None

    def list_items(
        self, partition: str, page: PageRequest, *, newest_first: bool = False
    ) -> Page[dict[str, Any]]:
        """Items of a partition in the order of their sort keys, behind the sort key `page.after`:
        as many as are asked for, or as make up 1 MB, since an answer has at most 6 MB.

        `next_after` is the sort key of the page's last item, if there are more.
        """
        query: dict[str, Any] = {}
        if page.after is not None:
            query["ExclusiveStartKey"] = _key(partition, page.after)
        found = self._client.query(
            TableName=self._table_name,
            KeyConditionExpression="catalog_key = :partition",
            ExpressionAttributeValues={":partition": {"S": partition}},
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            # One more than is shown, or a last page that is full would be followed by an empty one.
            Limit=page.limit + 1,
            **query,
        )
        items = [to_attributes(item) for item in found["Items"][: page.limit]]
        has_more = len(found["Items"]) > page.limit or "LastEvaluatedKey" in found
        next_after = items[-1]["item_key"] if has_more else None
        return Page(tuple(map(_content, items)), next_after)

    def change(self, *changes: ItemChange) -> None:
        """Make all changes or none. Raises CatalogMovedError if an item is not as it was read."""
        writes = [self._write(change) for change in changes]
        try:
            retry_conflicts(lambda: self._client.transact_write_items(TransactItems=writes))
        except self._client.exceptions.TransactionCanceledException as cancelled:
            codes = {reason.get("Code") for reason in cancellation_reasons(cancelled)}
            if CONDITION_FAILED not in codes:
                raise
            # The SDK tries again after a lost answer and then fails on what it wrote itself. A key
            # that was minted is shown only in this answer, so it must not be lost for that.
            if not self._are_made(changes):
                raise CatalogMovedError from cancelled

    def _are_made(self, changes: Sequence[ItemChange]) -> bool:
        return all(self._is_made(change) for change in changes)

    def _is_made(self, change: ItemChange) -> bool:
        there = self.read_item(change.partition, change.sort)
        if there is None or change.wanted is None:
            return there is change.wanted
        return content_hash(there) == content_hash(change.wanted)

    def _write(self, change: ItemChange) -> "TransactWriteItemTypeDef":
        key = _key(change.partition, change.sort)
        place: Any = {"TableName": self._table_name, **_as_read(change.present)}
        write: TransactWriteItemTypeDef
        if change.wanted is None:
            write = {"Delete": place | {"Key": key}}
        else:
            attributes = {**change.wanted, "content_hash": content_hash(change.wanted)}
            write = {"Put": place | {"Item": {**key, **to_item(attributes)}}}
        return write


def _as_read(present: Attributes | None) -> dict[str, Any]:
    """The condition that an item is as it was read."""
    if present is None:
        return {"ConditionExpression": "attribute_not_exists(catalog_key)"}
    return {
        "ConditionExpression": "content_hash = :read",
        "ExpressionAttributeValues": {":read": {"S": content_hash(present)}},
    }


def _content(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in _PLACES}


def _key(partition: str, sort: str) -> dict[str, Any]:
    return {"catalog_key": {"S": partition}, "item_key": {"S": sort}}
