"""The index `by_due` of BalanceTable: balances to which something happens by itself.

A balance is in it by when that is next (`due_at`), and leaves it when nothing more is to come; see
`storage.balances`. It is sparse: whose points never expire is not in it.
"""

from collections.abc import Iterator
from datetime import datetime
from random import sample
from typing import TYPE_CHECKING

from accrue.domain.activity import MembershipRef
from accrue.domain.timestamps import to_text
from accrue.storage.balances import due_shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "by_due"
# What is read of a page and not done in time is read again.
DUE_A_PAGE = 100


class DueBalances:
    """Implements `services.apply_due.DueFinder`."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def memberships_due(self, network_id: str, until: datetime) -> Iterator[MembershipRef]:
        """Those of which something is due at `until` or before; eventually consistent.

        What is no longer due may be among them for a moment.
        """
        shards = list(due_shards(network_id))
        # In another order each time: of several who look at once, each begins somewhere else.
        for shard in sample(shards, len(shards)):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table_name,
                IndexName=INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :until",
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":until": {"S": to_text(until)},
                },
                PaginationConfig={"PageSize": DUE_A_PAGE},
            )
            for page in pages:
                for item in page["Items"]:
                    yield MembershipRef(item["program_id"]["S"], item["program_membership_id"]["S"])
