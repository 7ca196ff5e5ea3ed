"""What is compared: our functions, and those of the baselines, each beside its tables."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks.baseline.apply import applying_handler
from benchmarks.baseline.correct import Correct
from benchmarks.baseline.record import recording_handler
from benchmarks.baseline.stock import Stock
from benchmarks.baseline.tables import Tables
from tests.integration.logs import function_handlers
from tests.integration.world import ENVIRONMENT, Context, stream_event

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

OURS = "ours"
# Long enough for caches to stay warm while something is measured.
BENCH_ENVIRONMENT = {**ENVIRONMENT, "CATALOG_CACHE_SECONDS": "300"}


@dataclass(frozen=True, slots=True)
class Side:
    """A way of doing the job: what records, what applies, and the clients that they use."""

    name: str
    record: Handler
    apply: Handler
    tables: Tables
    clients: Sequence["DynamoDBClient"]

    def post(self, events: Sequence[Event]) -> None:
        """Have each request recorded."""
        for event in events:
            answer = self.record(event, Context(f"invocation-{next(_NUMBERS)}"))
            assert answer["statusCode"] == 200, answer  # noqa: PLR2004 - HTTP's

    def deliver(self, rows: Sequence[dict[str, Any]]) -> None:
        """Have rows applied, as one batch of the stream."""
        answer = self.apply(stream_event(rows), Context(f"invocation-{next(_NUMBERS)}"))
        assert answer == {"batchItemFailures": []}, answer


_NUMBERS = count(1)


def sides() -> list[Side]:
    """Ours, stock and correct; what they log goes nowhere."""
    os.environ.update(BENCH_ENVIRONMENT)
    found = [_ours(), _baseline(Stock()), _baseline(Correct())]
    nowhere = open(os.devnull, "w")  # noqa: PTH123, SIM115 - as long as the process
    for _, handler in function_handlers():
        handler.stream = nowhere  # type: ignore[attr-defined]
    return found


def _ours() -> Side:
    record = import_module("functions.record_membership_activity.handler")
    apply = import_module("functions.apply_rules.handler")
    return Side(
        OURS,
        record.lambda_handler,
        apply.lambda_handler,
        Tables("ledger", "balance", "", "catalog"),
        [record.client, apply.client],
    )


def _baseline(baseline: Stock) -> Side:
    tables = Tables.of(baseline.name)
    resources, client = [boto3.resource("dynamodb") for _ in range(2)], boto3.client("dynamodb")
    return Side(
        baseline.name,
        recording_handler(baseline, tables, resources[0], client),
        applying_handler(baseline, tables, resources[1]),
        tables,
        [client, *(resource.meta.client for resource in resources)],
    )
