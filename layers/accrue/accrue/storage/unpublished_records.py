"""What was never published because nobody could read it: `#UNPUBLISHED` in EventTable, for people.

`item_key` is made of the record's keys: a record that comes again is noted once. No note expires;
what it tells of is in the balance table, under `keys`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue.domain.timestamps import to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# No network's partitions begin with #.
PARTITION = "#UNPUBLISHED"
KEY_NAMES = ("membership_key", "item_key")


class UnpublishedRecords:
    """The notes, written through one client."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def note(self, keys: Mapping[str, Any], sequence_number: str) -> None:
        """Note a record by its item's keys, in DynamoDB's form; by its number if it has none."""
        values = [keys.get(name, {}).get("S", "") for name in KEY_NAMES]
        self._client.put_item(
            TableName=self._table_name,
            Item={
                "event_key": {"S": PARTITION},
                "item_key": {"S": " ".join(values) if all(values) else sequence_number},
                "keys": {"M": dict(keys)},
                "noted_at": {"S": to_text(self._now())},
            },
        )
