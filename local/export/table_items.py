"""The items of a table, one by one, in DynamoDB's own form."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from accrue.domain.timestamps import from_text
from local.export.period import Period

type Item = Mapping[str, Any]


def scan_items(client: Any, table_name: str) -> Iterator[Item]:  # noqa: ANN401 - a boto3 client
    """All items of a table, a page of them in memory at a time."""
    pages = client.get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
    return (item for page in pages for item in page["Items"])


def written_at(item: Item) -> datetime | None:
    """When an item was written, as far as it says so: ledger rows, postings and outcomes do, which
    never change. DynamoDB itself knows it of each item.
    """
    if "activity_key" in item:
        return from_text(item["recorded_at"]["S"])
    item_key = item["item_key"]["S"]
    if item_key.startswith("POSTING#"):
        return from_text(item["posted_at"]["S"])
    return from_text(item["settled_at"]["S"]) if item_key == "OUTCOME" else None


def within(items: Iterator[Item], period: Period) -> Iterator[tuple[Item, datetime]]:
    """The items that were written in the period, each with when."""
    for item in items:
        moment = written_at(item)
        if moment is not None and period.holds(moment):
            yield item, moment
