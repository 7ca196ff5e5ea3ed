"""What is in the tables of a network on the running stack, held against what clients were told."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from local.live_stack import LiveStack
from tests.integration.invariants import concerned
from tests.integration.world import plain
from tests.proof.soak.clients import Acknowledgement

type Item = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """The rows of a network, and what is in its partitions of BalanceTable."""

    rows: list[Item]
    items: list[Item]

    @classmethod
    def read(cls, stack: LiveStack, network_id: str) -> "Stored":
        """As they are now."""
        rows = _scan(stack, "ledger", "activity_key", network_id)
        return cls(
            [row for row in rows if not row["kind"].endswith("_marker")],
            _scan(stack, "balance", "membership_key", network_id),
        )

    def balances(self) -> dict[str, Decimal]:
        """The points of each membership."""
        return {
            item["program_membership_id"]: item["points"]
            for item in self.items
            if item["item_key"] == "BALANCE"
        }

    def postings(self) -> list[Item]:
        """All postings."""
        return [item for item in self.items if item["item_key"].startswith("POSTING#")]

    def lags_seconds(self) -> list[float]:
        """From when an activity was recorded to when its points were, of each posting."""
        recorded = {row["activity_id"]: row["recorded_at"] for row in self.rows}
        return [
            _seconds(recorded[item["activity_id"]], item["posted_at"]) for item in self.postings()
        ]

    def differences(self, acknowledged: Iterable[Acknowledgement]) -> Iterator[str]:
        """Rows that nobody was told of, or that are not there though somebody was told; and rows
        that something else came of than one posting for each membership, or one outcome.
        """
        told = {each.activity_id for each in acknowledged if each.is_accepted}
        rows = {row["activity_id"]: row for row in self.rows}
        # The attempt at a reference that is taken leaves a row of its own.
        counting = {name for name, row in rows.items() if row["kind"] != "duplicate"}
        yield from (
            f"{each} was acknowledged, and is not in the ledger" for each in told - counting
        )
        yield from (f"{each} is in the ledger, and nobody was told" for each in counting - told)
        postings = Counter((p["activity_id"], p["program_membership_id"]) for p in self.postings())
        outcomes = Counter(i["activity_id"] for i in self.items if i["item_key"] == "OUTCOME")
        for name, row in rows.items():
            settled = "settled_outcome" in row
            wanted = [] if settled else [(name, member) for _, member in concerned(row)]
            if outcomes.pop(name, 0) != settled:
                yield f"{name} has not the outcomes that it must have"
            if [postings.pop(place, 0) for place in wanted] != [1] * len(wanted):
                yield f"{name} has not the postings that it must have"
        yield from (f"{each} was posted, and nobody knows why" for each in postings)
        yield from (f"{each} has an outcome, and nobody knows why" for each in outcomes)


def _seconds(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def _scan(stack: LiveStack, table: str, key: str, network_id: str) -> list[Item]:
    pages = stack.client("dynamodb").get_paginator("scan")
    return [
        plain(item)
        for page in pages.paginate(TableName=stack.table_name(table), ConsistentRead=True)
        for item in page["Items"]
        if item[key]["S"].startswith(f"{network_id}#")
    ]
