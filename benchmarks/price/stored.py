"""The bytes of an activity that stay, as they are billed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import boto3

from tests.integration.item_size import item_size
from tests.integration.seal_bucket import BUCKET
from tests.integration.world import World

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html:
# what the index of a table takes of each item.
ITEM_OVERHEAD_BYTES = 100


@dataclass(frozen=True, slots=True)
class Stored:
    """For each activity: in tables for ever, in their indexes for ever, in the log of events until
    it expires, and in seals.
    """

    tables: float
    indexes: float
    events: float
    seals: float


def stored_each(world: World, published: int) -> Stored:
    """What is there now, for each row of the ledger; `published` have events.

    The only index that has anything here is by_recorded_at, with whole rows. Balances are few, and
    don't grow.
    """
    ledger, results = world.items("ledger"), world.items("balance")
    seals = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    return Stored(
        tables=_bytes([*ledger, *results]) / len(ledger),
        indexes=_bytes(ledger) / len(ledger),
        events=_bytes(world.items("events")) / published,
        seals=sum(each["Size"] for each in seals) / len(ledger),
    )


def _bytes(items: Iterable[dict[str, Any]]) -> int:
    return sum(item_size(item) + ITEM_OVERHEAD_BYTES for item in items)
