"""What came of activities, as it is stored, for whoever wants to attest it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accrue.domain.activity import Activity
from accrue.storage.balances import result_keys
from accrue.storage.batch_reads import read_items
from accrue.storage.dynamo import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef


class SettledResults:
    """Implements `services.seal_ledger.ResultFinder`."""

    def __init__(self, client: "DynamoDBClient", balance_table: str) -> None:
        self._client = client
        self._balance_table = balance_table

    def find_settled(
        self, activities: Sequence[Activity]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The postings, or the outcome, of each activity of which all is there, by its id; read
        consistently.
        """
        wanted = {each.activity_id: set(result_keys(each)) for each in activities}
        found = self._read(sorted(set().union(*wanted.values())))
        return {
            activity_id: [found[key] for key in sorted(keys)]
            for activity_id, keys in wanted.items()
            if keys <= found.keys()
        }

    def _read(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        consistently: KeysAndAttributesTypeDef = {"Keys": [], "ConsistentRead": True}
        dynamo_keys = [{"membership_key": {"S": p}, "item_key": {"S": s}} for p, s in keys]
        items = read_items(self._client, self._balance_table, dynamo_keys, consistently)
        return {
            (item["membership_key"], item["item_key"]): item for item in map(to_attributes, items)
        }
