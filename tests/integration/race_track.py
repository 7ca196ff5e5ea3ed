"""Where races are run from the same beginning again and again."""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from tests.integration.acknowledged import Acknowledged
from tests.integration.invariants import Witness
from tests.integration.race import FLEETING, Race
from tests.integration.race_results import assert_all_is_right
from tests.integration.racing_network import racing_network
from tests.integration.turns_at_calls import Step, Turns
from tests.integration.world import World
from tests.proof.replayable import replayable
from tests.unit.turns import Scheduler

# How often something happens to a call: one after the other, seed by seed.
RATES = (0.05, 0.1, 0.2, 0)
# What was earned on 1 March is good through 31 March.
EVENING = datetime.fromisoformat("2026-03-31T23:57:00+00:00")
SWEPT_UNTIL = "2026-03-31T23:56:30.000000Z"
NEXT_DAY = datetime.fromisoformat("2026-04-01T00:00:30+00:00")
# Holds lapse, and what is cached is read again, in the middle of a race.
TICK = timedelta(milliseconds=100)
LATER = timedelta(minutes=10)
FUNCTIONS = (
    "record_membership_activity",
    "record_network_activity",
    "record_activity_batch",
    "redeem_points",
    "hold_points",
    "capture_hold",
    "release_hold",
    "reverse_activity",
    "apply_rules",
    "reconcile",
    "apply_due",
)


@dataclass
class Track:
    """The application with points that have just expired, and rows that nobody applied."""

    world: World
    clock: time_machine.Traveller
    turns: Turns
    monkeypatch: pytest.MonkeyPatch
    acknowledged: Acknowledged
    tables: dict[str, Any]

    @classmethod
    def prepare(
        cls, world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> "Track":
        """On empty tables."""
        world.import_network(racing_network())
        before = Race(world, random.Random(0), 0, Acknowledged())  # noqa: S311 - a test's order
        before.send(FLEETING)
        assert world.deliver() == {"batchItemFailures": []}
        clock.move_to(EVENING)
        before.prepare()
        swept = {"membership_key": {"S": "#RECONCILE#demo"}, "item_key": {"S": "SWEPT"}}
        world.put_items("balance", [{**swept, "swept_until": {"S": SWEPT_UNTIL}}])
        turns = Turns.install(monkeypatch)
        return cls(world, clock, turns, monkeypatch, before.acknowledged, world.snapshot())

    def run(self, seed: int) -> Race:
        """Run the race of this seed, and assert that all is well."""
        self._begin_anew(seed)
        scheduler, witness = Scheduler(seed), Witness()
        rate = RATES[seed % len(RATES)]
        race = Race(self.world, scheduler.chance, rate, deepcopy(self.acknowledged))
        actors = [self.turns.actor(work, name) for name, work in race.works()]
        self.turns.happen(scheduler.chance, rate)

        def check() -> None:
            self.clock.shift(TICK)
            if self.turns.may_have_written():
                witness.observe(self.world)

        with replayable("races", seed, self.turns.trace):
            scheduler.run(actors, check, may_kill=False)
            race.counts["turns"] = scheduler.turns
            race.counts["calls"] = len(self.turns.trace)
            self.turns.stop()
            self._settle(race)
            witness.observe(self.world)
            assert_all_is_right(self.world, race.acknowledged)
        return race

    def trace_of(self, seed: int) -> Sequence[Step]:
        """All calls of the race of this seed."""
        self.run(seed)
        return list(self.turns.trace)

    def _begin_anew(self, seed: int) -> None:
        """Nothing of an earlier race is seen in this one: not in memory, ids or times."""
        # The application shuffles whose turn it is.
        random.seed(seed)
        self.world.restore(self.tables)
        self.world.restart()
        self.world.invocations = 0
        for function in FUNCTIONS:
            self.world.start(function)
        numbers = count(1)
        self.monkeypatch.setattr("accrue.runtime.http.new_unique", lambda: f"race-{next(numbers)}")
        self.clock.move_to(NEXT_DAY)

    def _settle(self, race: Race) -> None:
        """What the stream did not bring, the reconciler does."""
        if race.chance.random() < 0.5:
            race.counts["rows delivered"] += len(self.world.items("ledger"))
            assert self.world.deliver() == {"batchItemFailures": []}
        self.clock.shift(LATER)
        (due,) = self.world.invoke("apply_due", {}).values()
        (swept,) = self.world.invoke("reconcile", {}).values()
        assert (due["failed"], due["is_complete"]) == (0, True)
        assert (swept["failed"], swept["is_complete"]) == (0, True)
        race.counts["rows reconciled"] += swept["found"]
