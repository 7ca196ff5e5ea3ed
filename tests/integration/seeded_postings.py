"""A membership with very many postings, put into the table as they would have been written."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from accrue.domain.activity import MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.storage.balances import membership_key, posting_sort_key
from accrue.storage.dynamo import to_item
from tests.integration.world import World
from tests.unit.postings import NOTHING

ANN = MembershipRef("tea-club", "ann")


def seed_postings(
    world: World,
    count: int,
    first_at: datetime,
    apart: timedelta = timedelta(seconds=1),
    like: Posting = NOTHING,
) -> list[Posting]:
    """Ann's, of one point each, recorded and occurred one after the other; and her balance."""
    chain: list[Posting] = []
    for number in range(count):
        at = first_at + number * apart
        chain.append(
            replace(
                like,
                activity_id=f"ik_{number:0>32}".translate(str.maketrans("0189", "abcd")),
                membership=ANN,
                points=Decimal(1),
                balance_after=Decimal(number + 1),
                available_after=Decimal(number + 1),
                sequence=number + 1,
                occurred_at=at,
                recorded_at=at,
                posted_at=at,
            )
        )
    partition = {"S": membership_key("demo", ANN)}
    items = [
        to_item(each.to_attributes())
        | {"membership_key": partition, "item_key": {"S": posting_sort_key(each)}}
        for each in chain
    ]
    balance = Balance(MembershipState(points=Decimal(count)), sequence=count)
    items.append(
        to_item(balance.to_attributes("demo", ANN))
        | {"membership_key": partition, "item_key": {"S": "BALANCE"}}
    )
    world.put_items("balance", items)
    return chain
