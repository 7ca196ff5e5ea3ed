"""The streams of moto's tables: each change, in the order in which it was made."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.event_source.stream import Stream, StreamRecord
from tests.integration.tables import TABLES
from tests.integration.world import World
from tests.template import template


@dataclass
class TableStream:
    """The stream of a table, as the template has it, from the moment on when this is made."""

    logical_id: str
    stream: Stream
    world: World

    def __post_init__(self) -> None:
        """Switch the table's stream on."""
        settings = template()["Resources"][self.logical_id]["Properties"]["StreamSpecification"]
        specification: Any = {"StreamEnabled": True, **settings}
        self.world.client.update_table(
            TableName=TABLES[self.logical_id], StreamSpecification=specification
        )

    def flow(self) -> int:
        """Put what has changed since the last time into the shards; returns how much it was."""
        records = list(self._take())
        for record in records:
            self.stream.put(record)
        return len(records)

    def _take(self) -> Iterator[StreamRecord]:
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
        shard: Any = tables[TABLES[self.logical_id]].stream_shard
        taken, shard.items = shard.items, []
        # Moto numbers records by how many there are.
        shard.starting_sequence_number += len(taken)
        for each in taken:
            yield _record(each.to_json())


def _record(change: dict[str, Any]) -> StreamRecord:
    of = change["dynamodb"]
    written_at = of["ApproximateCreationDateTime"].replace(tzinfo=UTC)
    keys = of["Keys"]
    body = {
        **change,
        "dynamodb": {**of, "ApproximateCreationDateTime": written_at.timestamp()},
    }
    return StreamRecord(
        sequence_number=int(of["SequenceNumber"]),
        written_at=written_at,
        partition=json.dumps(next(iter(keys.values()))),
        item=json.dumps(keys, sort_keys=True),
        body=body,
        size=len(json.dumps(body)),
    )
