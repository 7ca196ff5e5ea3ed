"""Twenty requests for the same points at once, with the stream, the schedule and a late activity
beside them: whole handlers, which take turns at every DynamoDB call, and to which things happen.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import time_machine
from botocore.client import BaseClient

from accrue.storage import dynamo
from tests.integration.faults import Crash, Faults, cancelled
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.spending import earn, hold, redeem
from tests.integration.world import Answer, World
from tests.unit.turns import Actor, Scheduler

# More of them for a longer run.
SEEDS = int(os.environ.get("SPENDING_SEEDS_OVER_HTTP", "20"))
SPENDERS = 20
RATE = 0.05
SERVER_ERROR = 500
FAULTS = ("crash", "lost answer", "conflict")
# What was earned on 1 March is good through 31 March in Berlin.
NEXT_DAY = datetime.fromisoformat("2026-04-01T00:00:30+02:00")


class Turns:
    """Lets whoever has a turn give it away before and after each DynamoDB call; some then die.

    `rate` is how often something happens at a call: the process dies there, a transaction is
    refused for a conflict, or its answer is lost on the way to the SDK.
    """

    def __init__(self, faults: Faults) -> None:
        self._here = threading.local()
        self._faults = faults
        self._chance = random.Random(0)  # noqa: S311 - a test's order
        self._rate = 0.0
        self.seen = Counter[str]()

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> "Turns":
        """In the clients of functions that start from now on."""
        turns = cls(Faults.install(monkeypatch))
        make_client = dynamo.dynamodb_client

        def client_with_turns() -> BaseClient:
            client = make_client()
            for when in ("before-call", "after-call"):
                client.meta.events.register(f"{when}.dynamodb", turns.pause)
            return client

        monkeypatch.setattr(dynamo, "dynamodb_client", client_with_turns)
        return turns

    def happen(self, chance: random.Random, rate: float) -> None:
        """From now on, things happen."""
        self._chance, self._rate = chance, rate
        self._faults.answer_with("TransactWriteItems", self._conflicts())

    def pause(self, **_event: object) -> None:
        """Nobody else's turn, for who is no actor."""
        pause = getattr(self._here, "pause", None)
        if pause is None:
            return
        pause()
        if self._chance.random() < self._rate:
            self.seen["crash"] += 1
            raise Crash
        if self._chance.random() < self._rate:
            self._faults.lose_answers("TransactWriteItems", 1)
            self.seen["lost answer"] += 1

    def _conflicts(self) -> Iterator[Mapping[str, Any] | None]:
        while True:
            if self._chance.random() < self._rate:
                self.seen["conflict"] += 1
                yield cancelled("None", "TransactionConflict", "None")
            yield None

    def actor(self, work: Callable[[], object]) -> Actor:
        """An actor that does this."""

        def with_turns(pause: Callable[[], None]) -> None:
            self._here.pause = pause
            while True:
                try:
                    work()
                except Crash:
                    # Whoever waited for it tries again.
                    continue
                return

        return Actor(with_turns)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch, spenders: World) -> Turns:
    """The functions start anew, taking turns."""
    turns = Turns.install(monkeypatch)
    spenders.restart()
    return turns


def warm(world: World) -> None:
    """What functions read once is read: they start one at a time."""
    redeem(world, "1000000", key="never")
    hold(world, "1000000", key="never")
    world.get_membership("ann")
    world.deliver([])
    world.invoke("apply_due", {})


def spend(world: World, number: int, answers: dict[int, Answer]) -> None:
    """Until it is answered."""
    answer = redeem(world, "100", key=f"redeem-{number}")
    while answer.status == SERVER_ERROR:
        answer = redeem(world, "100", key=f"redeem-{number}")
    answers[number] = answer


def deliver(world: World, rows: list[dict[str, Any]]) -> None:
    """As the stream does: all again until nothing failed."""
    while world.deliver(rows) != {"batchItemFailures": []}:
        pass


def ask_all_again(world: World, answers: dict[int, Answer]) -> None:
    """Who was served is told the same; who was refused is refused, and nothing comes of it."""
    before = world.items("ledger"), world.items("balance")
    for number, first in answers.items():
        again = redeem(world, "100", key=f"redeem-{number}")
        assert (again.status, again.body) == (first.status, first.body)
    assert (world.items("ledger"), world.items("balance")) == before


def test_of_twenty_spends_of_all_points_one_is_done(spenders: World, turns: Turns) -> None:
    earn(spenders, "100")
    warm(spenders)
    tables = spenders.snapshot()
    winners = set()

    for seed in range(SEEDS):
        spenders.restore(tables)
        scheduler, witness, answers = Scheduler(seed), Witness(), dict[int, Answer]()
        turns.happen(scheduler.chance, RATE if seed % 4 else 0)
        actors = [
            turns.actor(lambda n=number, a=answers: spend(spenders, n, a))  # type: ignore[misc]
            for number in range(SPENDERS)
        ]
        rows = spenders.items("ledger")
        actors += [turns.actor(lambda r=rows: deliver(spenders, r))]  # type: ignore[misc]
        seen: list[int] = []

        def check(seen: list[int] = seen, witness: Witness = witness) -> None:
            size = len(spenders.items("balance"))
            if seen != [size]:
                seen[:] = [size]
                witness.observe(spenders)

        scheduler.run(actors, check, may_kill=False)

        turns.happen(scheduler.chance, 0)
        assert Counter(answer.status for answer in answers.values()) == {200: 1, 409: 19}
        refused = [answer.body for answer in answers.values() if answer.status == 409]
        assert {body["code"] for body in refused} == {"INSUFFICIENT_POINTS"}
        assert spenders.balance("ann") == "0"
        assert_folds(spenders)
        ask_all_again(spenders, answers)
        winners |= {number for number, answer in answers.items() if answer.status == 200}
    assert len(winners) > min(SEEDS / 3, 3) - 1
    assert all(turns.seen[fault] for fault in FAULTS), turns.seen


def test_as_points_expire_and_others_come_there_are_as_many_as_they_allow(
    spenders: World, turns: Turns, clock: time_machine.Traveller
) -> None:
    earn(spenders, "300", "visit")
    earn(spenders, "250", "gift")
    warm(spenders)
    late = {"activity_type_id": "gift", "value": "50", "transaction_timestamp": 1772366400}
    body: dict[str, Any] = {"idempotency_key": "late", "activity": late}
    assert spenders.post_membership_activity("ann", body).status == 200
    clock.move_to(NEXT_DAY)
    tables = spenders.snapshot()
    ends = Counter[int]()

    for seed in range(SEEDS):
        spenders.restore(tables)
        scheduler, answers = Scheduler(seed), dict[int, Answer]()
        turns.happen(scheduler.chance, RATE if seed % 4 else 0)
        actors = [
            turns.actor(lambda n=number, a=answers: spend(spenders, n, a))  # type: ignore[misc]
            for number in range(8)
        ]
        rows = spenders.items("ledger")
        actors += [
            turns.actor(lambda r=rows: deliver(spenders, r)),  # type: ignore[misc]
            turns.actor(lambda: spenders.invoke("apply_due", {})),
            turns.actor(lambda: spenders.invoke("apply_due", {})),
        ]

        scheduler.run(actors, lambda: None, may_kill=False)

        turns.happen(scheduler.chance, 0)
        served = [number for number, answer in answers.items() if answer.status == 200]
        ends[len(served)] += 1
        # Who came before the late activity was refused rightly.
        served += [
            number
            for number in sorted(set(answers) - set(served))
            if redeem(spenders, "100", key=f"redeem-{number}").status == 200
        ]
        assert len(served) == 3, seed
        assert spenders.balance("ann") == "0"
        kinds = Counter(row["kind"] for row in spenders.rows("ledger"))
        assert kinds == {"activity": 3, "due": 1, "redemption": 3}
        Witness().observe(spenders)
        assert_folds(spenders)
    assert ends.keys() == {2, 3}
    assert all(turns.seen[fault] for fault in FAULTS), turns.seen
