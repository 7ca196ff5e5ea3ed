"""Both streams with their functions, on moto, while AWS has troubles of all kinds."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest
import time_machine

from accrue.domain.decide import decide
from tests.event_source.destination import Destination
from tests.event_source.mapping import (
    EventSourceMapping,
    FunctionFailedError,
    NotInvokedError,
)
from tests.event_source.settings import settings_of
from tests.event_source.stream import Stream
from tests.integration.faults import MOMENTS, Crash, CrashPoint, Faults, refused
from tests.integration.table_streams import TableStream
from tests.integration.world import World

SECOND = timedelta(seconds=1)
# Longer than a batch's window and than the reconciler's grace.
PAUSE = timedelta(minutes=5)
# Calls that an invocation makes at most in these histories; beyond it, nothing is stopped.
CALLS = 12
# Rows that a bug makes fail, or makes take the whole function down with them.
FAILS, KILLS = "13.13", "66.66"


@dataclass(eq=False)
class StreamStage:
    """The ledger's stream is `applied`, the balances' is `published`."""

    world: World
    faults: Faults
    clock: time_machine.Traveller
    chance: random.Random = field(default_factory=random.Random)
    crashes: float = 0
    deaths: float = 0
    is_unreachable: bool = False
    has_bug: bool = False
    failed: Counter[str] = field(default_factory=Counter)
    _applying: bool = False

    def __post_init__(self) -> None:
        """Streams begin with what is written from now on."""
        self._streams: list[TableStream] = []
        self.applied = self._mapping("ApplyRulesFunction", "apply_rules")
        self.published = self._mapping("PublishEventsFunction", "publish_events")

    def install_bug(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some rows can't be decided while there is the bug."""

        def decide_or_fail(activity: Any, *rest: Any) -> Any:
            amount = str(activity.amount)
            if self.has_bug and amount == KILLS and self._applying:
                raise Crash
            if self.has_bug and amount in {FAILS, KILLS}:
                raise ZeroDivisionError
            return decide(activity, *rest)

        monkeypatch.setattr("accrue.services.fold.decide", decide_or_fail)

    def limit_batches(self, size: int) -> None:
        """Smaller batches than the template's, so that more of them are made of few records."""
        for mapping in (self.applied, self.published):
            limited = min(mapping.settings.batch_size, size)
            mapping.settings = replace(mapping.settings, batch_size=limited)

    def flow(self) -> int:
        """What was written gets into the streams; returns how many changes there were."""
        return sum(each.flow() for each in self._streams)

    def step(self) -> bool:
        """One of the functions is invoked, if there is anything for it."""
        self.flow()
        mappings = [self.applied, self.published]
        self.chance.shuffle(mappings)
        return mappings[0].step() or mappings[1].step()

    def finish(self, *mappings: EventSourceMapping) -> None:
        """Time passes until the functions have done what there is to do."""
        is_over = False
        while not is_over:
            is_over = True
            for mapping in mappings or (self.applied, self.published):
                # One window is begun by the first look at a record, and over by the second.
                for _ in range(2):
                    self.flow()
                    while mapping.step():
                        is_over = False
                    self.clock.shift(2 * SECOND)

    def reconcile(self) -> dict[str, Any]:
        """The schedule invokes the reconciler."""
        self.clock.shift(PAUSE)
        report: dict[str, Any] = self.world.invoke("reconcile", {})["demo"]
        assert report["is_complete"]
        return report

    def break_tables(self, calls: int) -> None:
        """So many writes of each kind are refused."""
        for operation in ("TransactWriteItems", "PutItem", "BatchWriteItem", "PutEvents"):
            error = refused("InternalServerError")
            self.faults.answer_with(operation, repeat(error, calls))

    def mend(self) -> None:
        """No troubles any more, but for the bug."""
        self.crashes = self.deaths = 0
        self.is_unreachable = False
        self.break_tables(0)

    def split(self) -> None:
        """A shard of either stream is split, or has got too old and is followed by another."""
        stream = self.chance.choice(self._streams).stream
        shard = self.chance.choice([each for each in stream.shards if each.is_open])
        stream.split(shard, self.chance.choice((1, 2)))

    @property
    def splits(self) -> int:
        """How often a shard was followed by others."""
        return sum(each.stream.splits for each in self._streams)

    def _mapping(self, function_id: str, operation: str) -> EventSourceMapping:
        settings = settings_of(function_id)
        stream = Stream()
        stream.open(2)
        self._streams.append(TableStream(settings.table, stream, self.world))
        return EventSourceMapping(
            settings=settings,
            stream=stream,
            function=self._function(operation),
            now=lambda: datetime.now(UTC),
            chance=self.chance,
            destination=Destination(settings.keeps, operation),
            dies=lambda: self.chance.random() < self.deaths,
        )

    def _function(self, operation: str) -> Callable[[dict[str, Any]], object]:
        def invoke(event: dict[str, Any]) -> object:
            if self.is_unreachable:
                raise NotInvokedError
            self._plan_crash()
            self._applying = operation == "apply_rules"
            try:
                return self.world.invoke(operation, event)
            except Crash:
                self.world.restart()
                self.failed[operation] += 1
                raise FunctionFailedError from None
            finally:
                self._applying = False
                self.faults.plan_crashes(())

        return invoke

    def _plan_crash(self) -> None:
        if self.chance.random() < self.crashes:
            point = CrashPoint(self.chance.randint(1, CALLS), self.chance.choice(MOMENTS))
            self.faults.plan_crashes([point])


def unsettled(world: World) -> set[str]:
    """The activities that nothing came of yet, by id."""
    settled = {row["activity_id"] for row in (*world.postings(), *world.outcomes())}
    return {row["activity_id"] for row in _activities(world)} - settled


def _activities(world: World) -> Iterator[dict[str, Any]]:
    return (row for row in world.rows("ledger") if not row["kind"].endswith("_marker"))
