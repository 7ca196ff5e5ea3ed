"""Putting many items, each over what is there; for what may be written again and again."""

import time
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from accrue.storage.dynamo import conflict_waits

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB's limit.
MAX_WRITES_AT_ONCE = 25


class UnwrittenItemsError(Exception):
    """DynamoDB went on leaving items unwritten."""


def put_items(
    client: "DynamoDBClient", table_name: str, items: Sequence[Mapping[str, Any]]
) -> None:
    """Put all of them, whose keys differ. Raises UnwrittenItemsError; some may be written then."""
    for chunk in batched(items, MAX_WRITES_AT_ONCE, strict=False):
        _put(client, table_name, [{"PutRequest": {"Item": item}} for item in chunk])


def _put(client: "DynamoDBClient", table_name: str, requests: Sequence[Any]) -> None:
    left = requests
    for wait in conflict_waits():
        answer = client.batch_write_item(RequestItems={table_name: left})
        if not answer["UnprocessedItems"]:
            return
        left = answer["UnprocessedItems"][table_name]
        time.sleep(wait)
    raise UnwrittenItemsError(f"{len(left)} items")
