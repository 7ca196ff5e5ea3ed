"""Histories that are put into the tables as they would have been written, rows and postings."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, Entry
from accrue.domain.program.program import ProgramVersion
from accrue.services.refold import Decided, refold
from accrue.storage.balances import membership_key, posting_sort_key
from accrue.storage.dynamo import to_item
from accrue.storage.ledger import activity_item
from accrue.storage.program_versions import program_version_from_attributes
from tests.integration.world import World
from tests.unit.activities import activity

# So many rows are applied in another order than they were recorded.
WINDOW = 12


def seed_history(
    world: World,
    membership_id: str,
    count: int,
    first_at: datetime,
    apart: timedelta = timedelta(minutes=1),
) -> None:
    """Purchases of a membership of the tea club, one a minute; some are applied late."""
    membership = MembershipRef("tea-club", membership_id)
    version = _version(world)
    chance = random.Random(membership_id)  # noqa: S311 - the same each time
    balance = Balance()
    entries: list[Entry] = []
    rows: list[Activity] = []
    for row in _in_another_order(membership, count, first_at, apart, chance):
        posted_at = row.recorded_at + timedelta(seconds=1)
        entry = refold(row, membership, balance, Decided(posted_at, version))
        balance = entry.balance
        entries.append(entry)
        rows.append(row)
    partition = {"S": membership_key("demo", membership)}
    items = [
        to_item(entry.posting.to_attributes())
        | {"membership_key": partition, "item_key": {"S": posting_sort_key(entry.posting)}}
        for entry in entries
    ]
    items.append(
        to_item(balance.to_attributes("demo", membership))
        | {"membership_key": partition, "item_key": {"S": "BALANCE"}}
    )
    world.put_items("balance", items)
    world.put_items("ledger", [activity_item(row) for row in rows])


def _in_another_order(
    membership: MembershipRef,
    count: int,
    first_at: datetime,
    apart: timedelta,
    chance: random.Random,
) -> Iterator[Activity]:
    window: list[Activity] = []
    for number in range(count):
        at = first_at + number * apart
        row = activity(
            str(chance.choice(["12.40", "8", "31.99", "120"])),
            activity_id=_id(membership.program_membership_id, number),
            activity_type_id="purchase",
            roles={"member": [membership]},
            occurred_at=at - timedelta(minutes=5),
            recorded_at=at,
        )
        window.append(replace(row, amount=Decimal(row.amount)))
        if len(window) > WINDOW:
            yield window.pop(chance.randrange(len(window)))
    yield from window


def _id(membership_id: str, number: int) -> str:
    text = f"{membership_id}{number}".translate(str.maketrans("0189-", "abcde"))
    return f"ik_{text:2>32}"


def _version(world: World) -> ProgramVersion:
    (row,) = (r for r in world.rows("catalog") if "#PROGRAM#" in r["catalog_key"])
    return program_version_from_attributes(row)
