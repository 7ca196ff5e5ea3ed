"""Scenarios that are played from their beginning again and again, while the world stops."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine

from tests.integration.faults import Call, Crash, CrashPoint, Faults
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.world import Answer, World

SECOND = timedelta(seconds=1)
# These tell when it was, which is another time after a crash.
TIMES = {"recorded_at", "posted_at", "expires_at"}

type Act = Callable[[World], Answer]


@dataclass(frozen=True)
class Ask:
    """A request of a client, repeated until it is answered; `key` is free if it is refused."""

    act: Act
    key: str
    status: int = 200


@dataclass(frozen=True)
class Work:
    """What AWS has a function do, again until it is done."""

    act: Callable[[World], object]


@dataclass(frozen=True)
class Scenario:
    """What happens in peace, when, and then while the world stops; and what it comes to."""

    steps: tuple[Ask | Work, ...]
    comes_to: str
    prepare: Callable[[World, time_machine.Traveller], object] = lambda _world, _clock: None
    at: datetime | None = None


def apply_due(world: World) -> None:
    """What the schedule does."""
    (report,) = world.invoke("apply_due", {}).values()
    assert report["is_complete"]


@dataclass
class Play:
    """One run of a scenario from its beginning."""

    world: World
    faults: Faults
    clock: time_machine.Traveller
    scenario: Scenario
    witness: Witness = field(default_factory=Witness)
    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[object] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def run(self, *crashes: CrashPoint) -> None:
        """Play it with these crashes, and assert that all is well."""
        self.world.restart()
        self.faults.plan_crashes(crashes)
        for step in self.scenario.steps:
            self._act_until_done(step)
        self.calls = self.faults.calls_since_crash
        assert self.faults.crashes_left == 0, "a crash point was never reached"
        self.faults.plan_crashes(())
        self._deliver_shuffled()
        apply_due(self.world)
        self._observe()
        assert_folds(self.world)
        assert _figures(self.world) == self.scenario.comes_to
        self._assert_answers_stay()

    def _act_until_done(self, step: Ask | Work) -> None:
        while True:
            self.clock.shift(SECOND)
            try:
                answer = step.act(self.world)
            except Crash:
                self.world.restart()
                self._observe()
                assert_folds(self.world)
                continue
            self._observe()
            if isinstance(step, Ask):
                assert isinstance(answer, Answer)
                assert answer.status == step.status, answer
                self.answers[step.key] = answer
                self.told.append(_without_times(answer))
            return

    def _observe(self) -> None:
        self.witness.observe(self.world)

    def _deliver_shuffled(self) -> None:
        rows = self.world.items("ledger") * 2
        random.Random(len(self.calls)).shuffle(rows)  # noqa: S311 - a test's order
        assert self.world.deliver(rows) == {"batchItemFailures": []}

    def _assert_answers_stay(self) -> None:
        before = self.world.items("ledger"), self.world.items("balance")
        for step in self.scenario.steps:
            if not isinstance(step, Ask):
                continue
            again, first = step.act(self.world), self.answers[step.key]
            if first.status == 200:
                assert (again.status, again.body) == (200, first.body)
                assert again.headers["Idempotent-Replayed"] == "true"
                assert again.headers["Accrue-Activity-Id"] == first.headers["Accrue-Activity-Id"]
        assert (self.world.items("ledger"), self.world.items("balance")) == before
        ids = Counter(row["activity_id"] for row in self.world.rows("ledger"))
        assert set(ids.values()) == {1}


class Stage:
    """Where a scenario is played from the same beginning again and again."""

    def __init__(
        self, world: World, faults: Faults, clock: time_machine.Traveller, scenario: Scenario
    ) -> None:
        self._world, self._faults, self._clock, self._scenario = world, faults, clock, scenario
        scenario.prepare(world, clock)
        if scenario.at is not None:
            clock.move_to(scenario.at)
        self._began_at = datetime.now().astimezone()
        self._tables = world.snapshot()

    def play(self, *crashes: CrashPoint) -> Play:
        """The scenario with these crashes."""
        self._world.restore(self._tables)
        self._clock.move_to(self._began_at)
        play = Play(self._world, self._faults, self._clock, self._scenario)
        play.run(*crashes)
        return play


def _figures(world: World) -> str:
    """Ann's, and Ben's if he has any."""
    ben = _figures_of(world, "ben")
    return _figures_of(world, "ann") + (f"; ben {ben}" if ben else "")


def _figures_of(world: World, membership: str) -> str:
    shown: Mapping[str, Any] = world.get_membership(membership).body
    names = ("balance", "available", "pending", "held", "owed")
    return " ".join(f"{name} {shown[name]}" for name in names if shown[name] != "0")


def _without_times(answer: Answer) -> tuple[int, dict[str, Any]]:
    body = {
        name: [{k: v for k, v in each.items() if k not in TIMES} for each in value]
        if isinstance(value, list)
        else value
        for name, value in answer.body.items()
        if name not in TIMES
    }
    return answer.status, body
