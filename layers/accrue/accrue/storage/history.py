"""A membership's postings in BalanceTable, by when they were recorded (`storage.balances`).

All are read consistently: what a balance includes is there.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.history import position_of
from accrue.domain.movement import ATTRIBUTES, Movement
from accrue.domain.pages import Page, PageRequest
from accrue.domain.posting import Posting
from accrue.domain.timestamps import to_text
from accrue.storage.balances import BalanceTable, membership_key
from accrue.storage.dynamo import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_PREFIX = "POSTING#"
# Sorts behind every time.
_END = "~"
_KEYS = "membership_key = :partition AND item_key BETWEEN :first AND :last"
# Placeholders, since some of the names are DynamoDB's reserved words.
_NAMES = {f"#{name}": name for name in ATTRIBUTES}
_PROJECTION = ", ".join(_NAMES)


class MembershipHistory:
    """Implements `services.ports.HistoryReader`."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self._balances = BalanceTable(client, table_name)

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance:
        """The balance as it is now."""
        return self._balances.find_balance(network_id, membership)

    def movements_since(
        self, network_id: str, membership: MembershipRef, since: datetime
    ) -> Iterator[Sequence[Movement]]:
        """What was recorded at `since` or later, in that order.

        A query looks at a megabyte of items, whatever of them is asked for.
        """
        query = self._query(network_id, membership, _PREFIX + to_text(since), _PREFIX + _END)
        query["ProjectionExpression"] = _PROJECTION
        query["ExpressionAttributeNames"] = _NAMES
        while True:
            answer = self._client.query(**query)
            yield [Movement.from_attributes(to_attributes(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def find_posting(
        self, network_id: str, membership: MembershipRef, of: Activity | Movement
    ) -> Posting | None:
        """The posting of one activity."""
        found = self._client.get_item(
            TableName=self._table_name,
            Key={
                "membership_key": {"S": membership_key(network_id, membership)},
                "item_key": {"S": _PREFIX + position_of(of)},
            },
            ConsistentRead=True,
        )
        return Posting.from_attributes(to_attributes(found["Item"])) if "Item" in found else None

    def list_newest_first(
        self, network_id: str, membership: MembershipRef, page: PageRequest
    ) -> Page[Posting]:
        """The postings, the one recorded last first. A page of large ones may be shorter."""
        query = self._query(network_id, membership, _PREFIX, _PREFIX + _END)
        return self._page({**query, "ScanIndexForward": False}, page)

    def list_recorded_between(
        self,
        network_id: str,
        membership: MembershipRef,
        start: datetime,
        end: datetime,
        page: PageRequest,
    ) -> Page[Posting]:
        """Those with start <= recorded_at < end, the one recorded first first; likewise."""
        # The end itself, without an activity's id, is before whatever was recorded then.
        first, last = (_PREFIX + to_text(moment) for moment in (start, end))
        return self._page(self._query(network_id, membership, first, last), page)

    def _page(self, query: "QueryInputTypeDef", page: PageRequest) -> Page[Posting]:
        # One more than are shown tells whether there are more.
        query["Limit"] = page.limit + 1
        if page.after is not None:
            query["ExclusiveStartKey"] = {
                "membership_key": query["ExpressionAttributeValues"][":partition"],
                "item_key": {"S": _PREFIX + page.after},
            }
        answer = self._client.query(**query)
        items = answer["Items"]
        postings = [Posting.from_attributes(to_attributes(i)) for i in items[: page.limit]]
        has_more = len(items) > page.limit or "LastEvaluatedKey" in answer
        next_after = position_of(postings[-1]) if has_more and postings else None
        return Page(tuple(postings), next_after)

    def _query(
        self, network_id: str, membership: MembershipRef, first: str, last: str
    ) -> "QueryInputTypeDef":
        values: dict[str, Any] = {
            ":partition": {"S": membership_key(network_id, membership)},
            ":first": {"S": first},
            ":last": {"S": last},
        }
        return {
            "TableName": self._table_name,
            "ConsistentRead": True,
            "KeyConditionExpression": _KEYS,
            "ExpressionAttributeValues": values,
        }
