"""Two networks in one process, behind a gateway, for the matrix of who may do what."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine

from tests.access.cells import Cell, Matrix
from tests.access.door import Question, Reply
from tests.access.judge import faults_of
from tests.access.neighbour import settle_in
from tests.integration.bus import create_bus
from tests.integration.gateway import Gateway
from tests.integration.logs import captured_logs
from tests.integration.orders import DELIVERIES, JOBS, Orders, create_queue
from tests.integration.queued import queued, restore_queues, snapshot_of_queues
from tests.integration.seal_bucket import restore_seals, snapshot_of_seals, versions
from tests.integration.tables import TABLES
from tests.integration.world import World

OPERATOR_KEY = "accrue_operator." + base64.urlsafe_b64encode(
    hashlib.sha256(b"1").digest()
).decode().rstrip("=")
OPERATOR_KEY_SHA256 = hashlib.sha256(OPERATOR_KEY.encode()).hexdigest()
# Longer than events are kept back, and than functions believe what they read.
A_WHILE = timedelta(minutes=1)

# By the table or queue in which it is; or the bucket.
type Stored = dict[str, list[Any]]


@dataclass
class InProcess:
    """A door to a world on moto."""

    world: World
    clock: time_machine.Traveller
    operator_key: str = OPERATOR_KEY
    since: str = "2026-03-01T11:00:00Z"
    period: tuple[str, str] = ("2026-03-01T12:01:00Z", "2026-03-01T12:02:00Z")
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        create_bus()
        self._deliveries = Orders(create_queue(DELIVERIES), self.world, self.clock)
        self._jobs = Orders(create_queue(JOBS), self.world, self.clock, JOBS)
        self.gateway = Gateway(self.world)

    def ask(self, question: Question, headers: Mapping[str, str]) -> Reply:
        """Send a request."""
        return self.gateway.ask(question, headers)

    def import_network(self, document: dict[str, Any]) -> dict[str, Any]:
        """Make a network."""
        report = self.world.import_network(document)
        self.clock.shift(A_WHILE)
        return report

    def run_jobs(self) -> None:
        """Do what is in the queue of jobs."""
        self._jobs.run()

    def hand_over(self) -> None:
        """Have the attempts and the jobs' steps made that are ordered for now: each once, whatever
        comes of it.
        """
        for orders in (self._deliveries, self._jobs):
            assert orders.hand_over()

    def settle(self) -> None:
        """What the streams and the queue of jobs would do meanwhile."""
        self.run_jobs()
        self.world.deliver()
        self.world.publish()
        self.clock.shift(A_WHILE)


@dataclass
class AccessWorld:
    """Two networks in which everything has happened once, and what is logged."""

    door: InProcess
    matrix: Matrix
    logs: StringIO

    def __post_init__(self) -> None:
        self._stored = self._now()
        self._tables = self.door.world.snapshot()
        self._queues = snapshot_of_queues()
        self._seals = snapshot_of_seals()

    def faults(self, cell: Cell) -> Iterator[str]:
        """What is wrong with what comes of a cell; afterwards all that is stored is as it was."""
        reply = self.door.ask(cell.question, cell.headers)
        yield from faults_of(cell, reply, self.matrix)
        now = self._now()
        if now == self._stored:
            return
        if cell.is_refused:
            yield f"{cell}: something was written or sent"
        for network in (self.matrix.ours, self.matrix.theirs):
            name = network.ids["network_id"]
            if network.ids["mark"] not in cell.readers and _of(name, now) != _of(
                name, self._stored
            ):
                yield f"{cell}: something of {name} was changed"
        self.restore()

    def restore(self) -> None:
        """Let all tables, queues and the seal bucket be as they were in the beginning, and nobody
        remember anything else.
        """
        self.door.world.restore(self._tables)
        restore_queues(self._queues)
        restore_seals(self._seals)
        self.door.clock.shift(A_WHILE)

    def lines(self) -> list[str]:
        """What was logged since it was asked last."""
        lines = self.logs.getvalue().splitlines()
        self.logs.seek(0)
        self.logs.truncate()
        return lines

    def _now(self) -> Stored:
        tables = {table: self.door.world.items(table) for table in TABLES.values()}
        queues = {f"queue {name}": bodies for name, bodies in queued().items()}
        return {**tables, **queues, "seals": versions()}


def _of(network_id: str, stored: Stored) -> list[str]:
    items = (json.dumps(item, default=str) for place in stored.values() for item in place)
    return [item for item in items if network_id in item]


def access_world(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> AccessWorld:
    """Our network and the one next to it; from the beginning everything is logged."""
    monkeypatch.setenv("OPERATOR_KEY_SHA256", OPERATOR_KEY_SHA256)
    world.restart()
    logs = captured_logs(world, monkeypatch)
    door = InProcess(world, clock)
    matrix = Matrix(settle_in(door, "north"), settle_in(door, "south"), door.operator_key)
    return AccessWorld(door, matrix, logs)
