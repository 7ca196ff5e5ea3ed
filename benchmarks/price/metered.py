"""Measures functions on moto: processor time, calls, units and what they log."""

import gc
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from moto.core.botocore_stubber import BotocoreStubber

from benchmarks.price.cost_meter import CostMeter, CostUnits
from benchmarks.price.work import Architecture, Work
from tests.integration.logs import function_handlers
from tests.integration.tables import Definitions

if TYPE_CHECKING:
    import logging

    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient

ROUNDS = 2

# Invokes a function so many times that it is about all of a round's activities.
type Round = Callable[[], None]


@dataclass
class _Text:
    """Takes what is logged, and counts it."""

    size: int = 0

    def listen(self) -> None:
        """Take what the functions log that there are by now."""
        for _, handler in function_handlers():
            cast("logging.StreamHandler[Any]", handler).setStream(self)

    def write(self, text: str) -> None:
        self.size += len(text.encode())

    def flush(self) -> None:
        pass


@dataclass
class Function:
    """What is measured: a round of it, how many activities and invocations that is, its clients."""

    name: str
    memory_mb: int
    activities: int
    invocations: int
    clients: Sequence["BaseClient"]
    architecture: Architecture = "arm64"


@dataclass
class Bench:
    """Measures functions; `client` is its own, to look into the tables."""

    client: "DynamoDBClient"
    definitions: Definitions
    stub_seconds: float = 0.0
    text: _Text = field(default_factory=_Text)

    def measure(self, function: Function, rounds: Iterable[Round]) -> Work:
        """The least processor time of all rounds but the last, and what the last one uses.

        Each round must be about other activities: nothing happens twice.
        """
        self.text.listen()
        *before, last = rounds
        seconds = math.inf
        for each in before:
            seconds = min(seconds, self._seconds(each))
        used, calls, log_bytes = self._used(function.clients, last)
        each_of = function.activities
        return Work(
            name=function.name,
            memory_mb=function.memory_mb,
            invocations=function.invocations / each_of,
            cpu_ms=seconds * 1000 / each_of,
            calls={
                operation: count / each_of
                for operation, count in calls.items()
                if operation != "events"
            },
            events=calls["events"] / each_of,
            table_writes=(used.writes - used.index_writes) / each_of,
            index_writes=used.index_writes / each_of,
            reads=used.reads / each_of,
            log_bytes=log_bytes / each_of,
            architecture=function.architecture,
        )

    def _used(
        self, clients: Sequence["BaseClient"], act: Round
    ) -> tuple[CostUnits, Counter[str], int]:
        """The units, the calls and the bytes of logs."""
        calls: Counter[str] = Counter()
        meter = CostMeter(self.client, self.definitions)
        of_tables = [
            cast("DynamoDBClient", client)
            for client in clients
            if client.meta.service_model.service_name == "dynamodb"
        ]
        count = partial(_count, calls)
        for client in clients:
            client.meta.events.register("before-call", count)
        meter.watch(of_tables)
        self.text.size = 0
        act()
        meter.unwatch(of_tables)
        for client in clients:
            client.meta.events.unregister("before-call", count)
        return meter.cost(), calls, self.text.size

    def _seconds(self, each: Round) -> float:
        gc.collect()
        # It would go through all that moto holds, again and again.
        gc.disable()
        of_stub, began = self.stub_seconds, time.process_time()
        each()
        seconds = (time.process_time() - began) - (self.stub_seconds - of_stub)
        gc.enable()
        return seconds


@contextmanager
def bench(client: "DynamoDBClient", definitions: Definitions) -> Iterator[Bench]:
    """Takes the time that moto needs, to be taken off, and what functions log."""
    measuring = Bench(client, definitions)
    answer = BotocoreStubber.__call__

    def timed(stubber: BotocoreStubber, *about: Any, **more: Any) -> Any:  # noqa: ANN401 - moto's
        began = time.process_time()
        try:
            return answer(stubber, *about, **more)
        finally:
            measuring.stub_seconds += time.process_time() - began

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(BotocoreStubber, "__call__", timed)
        yield measuring


def _count(
    calls: Counter[str], model: "OperationModel", params: Mapping[str, Any], **_rest: object
) -> None:
    calls[model.name] += 1
    if model.name == "PutEvents":
        calls["events"] += len(json.loads(params["body"])["Entries"])
