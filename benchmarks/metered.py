"""All sides on moto, and a meter on all that they use of DynamoDB."""

from collections.abc import Mapping
from itertools import count, islice
from typing import Any

from benchmarks.moto_world import all_definitions
from benchmarks.network import membership_key, posts
from benchmarks.sides import Item, Side, sides
from tests.integration.meter import Meter, Units
from tests.integration.world import World


class Metered:
    """The sides, each of which records and applies purchases of a membership of a program."""

    def __init__(self, world: World) -> None:
        self.sides = sides()
        self.world = world
        self._meter = Meter(world.client, all_definitions())
        self._numbers = count()
        for side in self.sides:
            self._meter.watch(side.clients)

    def record(
        self, side: Side, program_id: str, how_many: int = 1, membership: int = 0
    ) -> tuple[Units, list[Item]]:
        """What it takes to record purchases, and their rows in the order of recording."""
        events = posts(program_id, islice(self._numbers, how_many), [membership])
        self._meter.take()
        side.post(events)
        used = self._meter.take()
        return used, self.rows(side)[-how_many:]

    def apply(self, side: Side, rows: list[Item]) -> Units:
        """What it takes to apply rows as one batch."""
        self._meter.take()
        side.deliver(rows)
        return self._meter.take()

    def find(self, table: str, key: Mapping[str, Any]) -> Item | None:
        """The item under a key, or None."""
        return self.world.client.get_item(TableName=table, Key=key).get("Item")

    def rows(self, side: Side) -> list[Item]:
        """A side's ledger, in the order of recording."""
        rows = self.world.items(side.tables.ledger)
        return sorted(rows, key=lambda row: row["recorded_at"]["S"])

    def postings_of(self, program_id: str, membership: int = 0) -> list[Item]:
        """Our postings on a membership."""
        partition = membership_key(program_id, membership)
        return [
            item
            for item in self.world.items("balance")
            if item["membership_key"]["S"] == partition and item["item_key"]["S"] != "BALANCE"
        ]
