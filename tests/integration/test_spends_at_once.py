"""Twenty requests for the same points at once, with the stream, the schedule and a late activity
beside them: whole handlers, which take turns at every DynamoDB call, and to which things happen.
"""

import random
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import time_machine

from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.mishaps import Mishap
from tests.integration.spending import earn, hold, redeem
from tests.integration.turns_at_calls import Turns
from tests.integration.world import Answer, World
from tests.proof.record import record
from tests.proof.replayable import replayable
from tests.proof.seeds import seeds
from tests.unit.turns import Scheduler

SEEDS = seeds(8, 40)
SPENDERS = 20
RATE = 0.2
SERVER_ERROR = 500
# Nobody writes a single row here, and there are few transactions.
FAULTS = set(Mishap) - {Mishap.CONFLICT, Mishap.THROTTLED_IN_TRANSACTION}
# What was earned on 1 March is good through 31 March in Berlin.
NEXT_DAY = datetime.fromisoformat("2026-04-01T00:00:30+02:00")


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


def begin_anew(world: World, tables: dict[str, Any], seed: int) -> None:
    """Nothing of an earlier seed is seen in this one."""
    # The application shuffles whose turn it is.
    random.seed(seed)
    world.restore(tables)
    world.restart()
    world.invocations = 0
    warm(world)


def conclude(name: str, turns: Turns, counts: Counter[str]) -> None:
    """Assert that everything happened, and record it."""
    if len(SEEDS) > 1:
        assert [each for each in FAULTS if not turns.seen[each]] == []
    faults = {str(fault): times for fault, times in turns.seen.items()}
    record("races", name, {"seeds": len(SEEDS), **counts, **faults, "violations": 0})


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
    tables = spenders.snapshot()
    winners = set()
    counts = Counter[str]()

    for seed in SEEDS:
        begin_anew(spenders, tables, seed)
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

        with replayable("races", seed, turns.trace):
            scheduler.run(actors, check, may_kill=False)

        counts["turns"] += scheduler.turns
        counts["calls"] += len(turns.trace)
        turns.stop()
        assert Counter(answer.status for answer in answers.values()) == {200: 1, 409: 19}
        refused = [answer.body for answer in answers.values() if answer.status == 409]
        assert {body["code"] for body in refused} == {"INSUFFICIENT_POINTS"}
        assert spenders.balance("ann") == "0"
        assert_folds(spenders)
        ask_all_again(spenders, answers)
        winners |= {number for number, answer in answers.items() if answer.status == 200}
    assert len(winners) > min(len(SEEDS) / 3, 3) - 1
    conclude("spends at once", turns, counts)


def test_as_points_expire_and_others_come_there_are_as_many_as_they_allow(
    spenders: World, turns: Turns, clock: time_machine.Traveller
) -> None:
    earn(spenders, "300", "visit")
    earn(spenders, "250", "gift")
    late = {"activity_type_id": "gift", "value": "50", "transaction_timestamp": 1772366400}
    body: dict[str, Any] = {"idempotency_key": "late", "activity": late}
    assert spenders.post_membership_activity("ann", body).status == 200
    clock.move_to(NEXT_DAY)
    tables = spenders.snapshot()
    ends = Counter[int]()
    counts = Counter[str]()

    for seed in SEEDS:
        begin_anew(spenders, tables, seed)
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

        with replayable("races", seed, turns.trace):
            scheduler.run(actors, lambda: None, may_kill=False)

        counts["turns"] += scheduler.turns
        counts["calls"] += len(turns.trace)
        turns.stop()
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
    assert len(SEEDS) == 1 or ends.keys() == {2, 3}
    conclude("spends over midnight", turns, counts)
