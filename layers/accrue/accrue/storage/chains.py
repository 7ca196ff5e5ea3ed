"""Chains of postings: those of a membership and their rows, as they are stored.

Nothing is read as what it should be: an audit looks for what was changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accrue.domain.activity import MembershipRef
from accrue.storage.balances import membership_key
from accrue.storage.batch_reads import read_items
from accrue.storage.dynamo import to_attributes
from accrue.storage.ledger import LedgerTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef, QueryInputTypeDef

_PREFIX = "POSTING#"
# Sorts behind every time.
_END = "~"
# What a step of a job does, and a little: most memberships are read with one query.
_POSTINGS_AT_ONCE = 300

type Attributes = Mapping[str, Any]


class StoredChains:
    """Implements `services.walk_chain.ChainReader`."""

    def __init__(self, client: "DynamoDBClient", balance_table: str, ledger: LedgerTable) -> None:
        self._client = client
        self._balance_table = balance_table
        self._ledger = ledger

    def find_balance_attributes(
        self, network_id: str, membership: MembershipRef
    ) -> Attributes | None:
        """The balance as it is stored, read consistently."""
        keys = [_key(network_id, membership, "BALANCE")]
        return next(self._read(keys), None)

    def pages_after(
        self, network_id: str, membership: MembershipRef, after: str
    ) -> Iterator[Sequence[tuple[str, Attributes]]]:
        """The postings behind a position, in the order of recording, each with its position."""
        query: QueryInputTypeDef = {
            "TableName": self._balance_table,
            "ConsistentRead": True,
            "KeyConditionExpression": "membership_key = :partition AND item_key BETWEEN :first"
            " AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": membership_key(network_id, membership)},
                ":first": {"S": _PREFIX},
                ":last": {"S": _PREFIX + _END},
            },
            "Limit": _POSTINGS_AT_ONCE,
        }
        if after:
            query["ExclusiveStartKey"] = _key(network_id, membership, _PREFIX + after)
        while True:
            answer = self._client.query(**query)
            yield [_placed(to_attributes(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def find_postings_at(
        self, network_id: str, membership: MembershipRef, positions: Sequence[str]
    ) -> Mapping[str, Attributes]:
        """The postings at these positions, by position, read consistently."""
        keys = [_key(network_id, membership, _PREFIX + each) for each in positions]
        return dict(map(_placed, self._read(keys)))

    def find_row_attributes(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> Mapping[str, Attributes]:
        """The rows under these ids, by id, read consistently."""
        return self._ledger.find_attributes(network_id, activity_ids)

    def _read(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        consistently: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
        return map(to_attributes, read_items(self._client, self._balance_table, keys, consistently))


def _placed(attributes: dict[str, Any]) -> tuple[str, Attributes]:
    return attributes["item_key"].removeprefix(_PREFIX), attributes


def _key(network_id: str, membership: MembershipRef, item_key: str) -> dict[str, Any]:
    return {
        "membership_key": {"S": membership_key(network_id, membership)},
        "item_key": {"S": item_key},
    }
