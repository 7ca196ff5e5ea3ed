"""Reading many items by their keys."""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from accrue.storage.dynamo import conflict_waits

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef

# DynamoDB: 100 keys a BatchGetItem.
MAX_KEYS_PER_READ = 100


class UnreadKeysError(Exception):
    """DynamoDB went on leaving keys unread: it is not known what is under them."""


def read_items(
    client: "DynamoDBClient",
    table_name: str,
    keys: Sequence[Mapping[str, Any]],
    how: "KeysAndAttributesTypeDef",
) -> Iterator[dict[str, Any]]:
    """The items under the keys, in no order; raises UnreadKeysError rather than leave one out."""
    for chunk in batched(keys, MAX_KEYS_PER_READ, strict=False):
        yield from _read(client, table_name, chunk, how)


def _read(
    client: "DynamoDBClient",
    table_name: str,
    keys: Sequence[Mapping[str, Any]],
    how: "KeysAndAttributesTypeDef",
) -> Iterator[dict[str, Any]]:
    wanted = keys
    for wait in conflict_waits():
        answer = client.batch_get_item(RequestItems={table_name: {**how, "Keys": wanted}})
        yield from answer["Responses"].get(table_name, [])
        if not answer["UnprocessedKeys"]:
            return
        wanted = answer["UnprocessedKeys"][table_name]["Keys"]
        time.sleep(wait)
    raise UnreadKeysError(f"{len(wanted)} keys")
