"""DynamoDB within the process, for what is measured without the network.

It keeps what is put and gives it back, so that a sequence of writes holds; it checks no condition,
since nobody else writes. The time it takes itself is known, to be taken off, and what it was asked.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks.wire import answer, asked
from tests.integration.tables import Definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
type Asked = Mapping[str, Any]
type Answer = Mapping[str, Any]


class StoredInMemory:
    """Tables by their name, of items by their key."""

    def __init__(self, definitions: Definitions) -> None:
        self._keys = {
            table: [each["AttributeName"] for each in properties["KeySchema"]]
            for table, properties in definitions.items()
        }
        self._items: dict[str, dict[tuple[str, ...], Item]] = defaultdict(dict)
        self._answers: dict[str, Callable[[Asked], Answer]] = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "PutItem": self._put,
            "UpdateItem": self._nothing,
            "TransactWriteItems": self._transact,
        }
        self.seconds = 0.0
        self.calls: Counter[str] = Counter()

    def serve(self, client: "DynamoDBClient") -> None:
        """Answer a client from now on."""
        client.meta.events.register_first("before-send.dynamodb", self._answer)  # type: ignore[arg-type]

    def put(self, table: str, item: Item) -> None:
        """Keep an item, in place of one with the same key."""
        self._items[table][self._key(table, item)] = item

    def find(self, table: str, key: Asked) -> Item | None:
        """The item under a key, or None."""
        return self._items[table].get(self._key(table, key))

    def items(self, table: str) -> list[Item]:
        """All items of a table, oldest key first."""
        return list(self._items[table].values())

    def _key(self, table: str, item: Asked) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in self._keys[table])

    def _answer(self, request: AWSPreparedRequest, **_rest: object) -> AWSResponse:
        counting = sys.getprofile()
        sys.setprofile(None)
        began = time.process_time()
        operation, what = asked(request)
        self.calls[operation] += 1
        response = answer(self._answers[operation](what))
        self.seconds += time.process_time() - began
        sys.setprofile(counting)
        return response

    def _get(self, asked: Asked) -> Answer:
        found = self.find(asked["TableName"], asked["Key"])
        return {"Item": found} if found else {}

    def _batch_get(self, asked: Asked) -> Answer:
        found = {
            table: [item for key in wanted["Keys"] if (item := self.find(table, key))]
            for table, wanted in asked["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, asked: Asked) -> Answer:
        """Of a partition, the key's first attribute being the only value that is asked for."""
        ((_, partition),) = asked["ExpressionAttributeValues"].items()
        of_table = self._items[asked["TableName"]]
        keys = sorted(key for key in of_table if key[0] == partition["S"])
        in_order = keys if asked.get("ScanIndexForward", True) else keys[::-1]
        found = [of_table[key] for key in in_order[: asked.get("Limit")]]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _put(self, asked: Asked) -> Answer:
        self.put(asked["TableName"], asked["Item"])
        return {}

    def _nothing(self, _asked: Asked) -> Answer:
        return {}

    def _transact(self, asked: Asked) -> Answer:
        for write in asked["TransactItems"]:
            self._put(write["Put"])
        return {}
