"""How many records a second apply_rules applies on the embedded AWS, beside the baselines.

Each side has the same purchases in its own ledger, and applies them batch by batch, in turns with
the others. What the embedded AWS takes itself for each call and item stands beside: it is not what
AWS takes, but it is a service behind a network, and the same for all.
"""

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks.figures import Figure, Measured, Table
from benchmarks.moto_world import all_definitions
from benchmarks.network import MEMBERSHIPS, PLAIN, network_document, posts
from benchmarks.sides import BENCH_ENVIRONMENT, Side, apart, ensure_same_points, sides
from local.account import environment_of_account
from local.emulator import running_emulator
from local.ports import claim_port
from local.stopping import Stop
from tests.integration.tables import create_tables
from tests.integration.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A batch of the stream at its largest.
RECORDS = 100
ROUNDS = 5
HEAD = ("", "records a second", "calls", "items written", "waiting, ms", "of its own, ms")
BECAUSE = "the embedded AWS takes its time for each item, of which ours writes five eighths"

type Item = dict[str, Any]


@dataclass
class Run:
    """What a side took for a batch at best, and the calls that it made for each."""

    side: Side
    batches: Iterator[Sequence[Item]]
    seconds: float = math.inf
    of_its_own: float = math.inf
    calls: int = 0
    items: int = 0
    counted: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for client in self.side.clients:
            client.meta.events.register("provide-client-params.dynamodb", self._count)

    def _count(self, params: dict[str, Any], **_event: object) -> None:
        self.counted.append(len(params.get("TransactItems", ())))

    def deliver(self) -> None:
        """Apply the next batch."""
        rows = next(self.batches)
        self.counted.clear()
        began, own = time.perf_counter(), time.process_time()
        self.side.deliver(rows)
        self.of_its_own = min(self.of_its_own, time.process_time() - own)
        self.seconds = min(self.seconds, time.perf_counter() - began)
        self.calls, self.items = len(self.counted), sum(self.counted)


def measure() -> Measured:
    """The records that each side applies in a second."""
    with _emulated() as (client, compared):
        runs = [Run(side, batched(_rows(client, side), RECORDS, strict=True)) for side in compared]
        # The first batch fills the caches.
        for _ in range(ROUNDS + 1):
            for run in runs:
                run.deliver()
        ensure_same_points(
            compared, lambda table, key: client.get_item(TableName=table, Key=key).get("Item")
        )
        runs.append(_run_apart(client, compared[0]))
    ours, stock, correct, by_itself = (RECORDS / run.seconds for run in runs)
    name = f"throughput of apply_rules on the embedded AWS, {MEMBERSHIPS} memberships a batch"
    figure = Figure(
        name=name,
        unit="records/s",
        ours=ours,
        stock=stock,
        correct=correct,
        target=5,
        bound="at least",
        ratio=True,
        because=BECAUSE,
    )
    beside = replace(
        figure, name=f"{name}, while others write the same balances", ours=by_itself, target=None
    )
    about = f"""A batch of {RECORDS} records of {MEMBERSHIPS} memberships on the embedded AWS.
        Apart is how ours applies for a while after others wrote the same balances."""
    rows = [_row(run) for run in runs]
    return Measured([figure, beside], [Table("Throughput", about, HEAD, rows)])


def _run_apart(client: "DynamoDBClient", ours: Side) -> Run:
    """Ours on further rows, one membership after the other."""
    number = (ROUNDS + 1) * RECORDS
    ours.post(posts(PLAIN, range(number, 2 * number)))
    run = Run(apart(ours), batched(_rows(client, ours)[number:], RECORDS, strict=True))
    for _ in range(ROUNDS + 1):
        run.deliver()
    return run


def _row(run: Run) -> list[Any]:
    waiting = run.seconds - run.of_its_own
    return [
        run.side.name,
        RECORDS / run.seconds,
        run.calls,
        run.items,
        waiting * 1000,
        run.of_its_own * 1000,
    ]


@contextmanager
def _emulated() -> Iterator[tuple["DynamoDBClient", list[Side]]]:
    """All sides on an embedded AWS of their own, with what is to be applied in their ledgers."""
    with running_emulator(claim_port(0)) as emulator:
        emulator.wait_until_ready(Stop())
        os.environ.update(BENCH_ENVIRONMENT | environment_of_account(emulator.endpoint_url))
        client = boto3.client("dynamodb")
        create_tables(client, all_definitions())
        World(client).import_network(network_document())
        compared = sides()
        events = posts(PLAIN, range((ROUNDS + 1) * RECORDS))
        for side in compared:
            side.post(events)
        yield client, compared


def _rows(client: "DynamoDBClient", side: Side) -> list[Item]:
    """What is in its ledger, in the order of recording."""
    pages = client.get_paginator("scan").paginate(TableName=side.tables.ledger)
    rows: list[Item] = [item for page in pages for item in page["Items"]]
    return sorted(rows, key=lambda row: str(row["recorded_at"]["S"]))
