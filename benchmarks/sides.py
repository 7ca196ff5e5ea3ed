"""What is compared: our functions, and those of the baselines, each beside its tables."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from io import TextIOBase
from itertools import count
from typing import TYPE_CHECKING, Any, override

import boto3

from benchmarks.baseline.apply import applying_handler
from benchmarks.baseline.correct import Correct
from benchmarks.baseline.record import recording_handler
from benchmarks.baseline.stock import Stock
from benchmarks.baseline.tables import Tables
from benchmarks.fan_in.scenario import NeverSharing
from benchmarks.network import MEMBERSHIPS, PLAIN, balance_key
from tests.integration.logs import function_handlers
from tests.integration.world import ENVIRONMENT, Context, stream_event

if TYPE_CHECKING:
    from types import ModuleType

    from mypy_boto3_dynamodb import DynamoDBClient

type Event = dict[str, Any]
type Item = dict[str, Any]
type Key = Mapping[str, Mapping[str, str]]
type Handler = Callable[[Event, Any], Any]

OURS = "ours"
APART = "ours, each membership apart"
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

    def deliver(self, rows: Sequence[Item]) -> None:
        """Have rows applied, as one batch of the stream."""
        answer = self.apply(stream_event(rows), Context(f"invocation-{next(_NUMBERS)}"))
        assert answer == {"batchItemFailures": []}, answer


_NUMBERS = count(1)


def ensure_same_points(compared: Sequence[Side], find: Callable[[str, Key], Item | None]) -> None:
    """All sides do the same job: each membership of the plain program has the same points."""
    for number in range(MEMBERSHIPS):
        key = balance_key(PLAIN, number)
        balances = [find(side.tables.balance, key) for side in compared]
        points = {balance["points"]["N"] if balance else None for balance in balances}
        assert len(points) == 1, (key, points)


def sides() -> list[Side]:
    """Ours, stock and correct, in the environment of this process; what they log goes nowhere."""
    found = [_ours(), _baseline(Stock()), _baseline(Correct())]
    log_nowhere()
    return found


def apart(ours: Side) -> Side:
    """Ours as it is for a while after somebody was in the way: no membership shares a
    transaction.
    """
    function = sys.modules["functions.apply_rules.handler"]

    def apply(event: Event, context: Context) -> Any:  # noqa: ANN401 - a handler's answer
        shared, function.sharing = function.sharing, NeverSharing()  # type: ignore[attr-defined]
        try:
            return ours.apply(event, context)
        finally:
            function.sharing = shared  # type: ignore[attr-defined]

    return replace(ours, name=APART, apply=apply)


def log_nowhere() -> None:
    """What the functions that have started log from now on goes nowhere."""
    for _, handler in function_handlers():
        handler.stream = _Nowhere()  # type: ignore[attr-defined]


class _Nowhere(TextIOBase):
    @override
    def write(self, text: str, /) -> int:
        return len(text)


def _ours() -> Side:
    record, apply = _started("record_membership_activity"), _started("apply_rules")
    return Side(
        OURS,
        record.lambda_handler,
        apply.lambda_handler,
        Tables("ledger", "balance", "", "catalog"),
        [record.client, apply.client],
    )


def _started(operation: str) -> "ModuleType":
    """A function in an execution environment of its own."""
    name = f"functions.{operation}.handler"
    sys.modules.pop(name, None)
    return import_module(name)


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
