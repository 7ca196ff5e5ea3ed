"""The world stops before and after each call that an audit, a repair or a back-test makes; steps
are done twice, by two at once, and while others post.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.folds import assert_folds
from tests.integration.jobs import JobDesk
from tests.integration.orders import JOBS
from tests.integration.reversals import buy, reverse
from tests.integration.spending import earn, held, redeem, release
from tests.integration.sweep import Outcome, stop_everywhere
from tests.integration.test_audit_balances import change_balance
from tests.integration.world import World

DAY = timedelta(days=1)
KINDS = ("audit", "repair", "backtest")


@dataclass
class Stage:
    """A small network, in which a job of a kind is done again and again from the same beginning."""

    desk: JobDesk
    faults: Faults
    clock: time_machine.Traveller
    kind: str

    def __post_init__(self) -> None:
        world = self.desk.world
        first = buy(world, "50", "visit", key="first")
        self.clock.shift(DAY)
        late = buy(world, "30", "sale", key="late", is_applied=False)
        assert redeem(world, "20").status == 200
        assert release(world, held(world, "5")).status == 200
        self.clock.shift(DAY)
        rows = [i for i in world.items("ledger") if i["activity_key"]["S"].endswith(late)]
        assert world.deliver(rows) == {"batchItemFailures": []}
        earn(world, "11", "gift", membership="ben")
        # In a later step than what it reverses.
        assert reverse(world, first, amount="20").status == 200
        self.clock.shift(DAY)
        self.body: dict[str, Any] = {"idempotency_key": "job-1"}
        if self.kind == "repair":
            change_balance(world)
            audit = self.desk.run("audit", idempotency_key="audit-1", program_id="tea-club")
            assert audit["counts"]["differences"] == 1
            self.body = {"of": audit["job_id"], "reason": "somebody changed it"}
        if self.kind == "backtest":
            now = datetime.now(UTC) - timedelta(hours=1)
            self.body |= {"program_id": "tea-club", "version": 1}
            self.body |= {"from": (now - 9 * DAY).isoformat(), "until": now.isoformat()}
        self._began_at = datetime.now(UTC)
        self._tables = world.snapshot()

    def play(self, *crashes: CrashPoint) -> Outcome:
        """What it comes to with these crashes."""
        world = self.desk.world
        world.restore(self._tables)
        self.clock.move_to(self._began_at)
        world.restart()
        self.faults.plan_crashes(crashes)
        job_id = self._started()
        self.desk.orders.run()
        assert self.faults.crashes_left == 0, "a crash point was never reached"
        calls = list(self.faults.calls_since_crash)
        self.faults.plan_crashes(())
        job = self.desk.get(job_id)
        assert job["status"] == "completed", job
        repairs = [row for row in world.rows("ledger") if row.get("activity_id", "")[:3] == "au_"]
        findings = self.desk.findings(job)
        told = job["counts"], job["report"], findings, len(repairs), _points(world)
        return Outcome(calls, told)

    def _started(self) -> str:
        while True:
            try:
                answer = self.desk.start(self.kind, **self.body)
            except Crash:
                self.desk.world.restart()
                continue
            assert answer.status == 202, answer
            job_id: str = answer.body["job_id"]
            return job_id


def _points(world: World) -> list[str]:
    return [world.balance(membership) for membership in ("ann", "ben")]


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that end in the middle of a membership."""
    for module in ("audit_membership", "backtest_membership"):
        monkeypatch.setattr(f"accrue.services.{module}.CHUNK", 2)
    for module in ("audit_balances", "repair_balances", "backtest_program"):
        monkeypatch.setattr(f"accrue.services.{module}.POSTINGS_A_STEP", 4)
    monkeypatch.setattr("accrue.services.audit_balances.ROWS_A_STEP", 4)
    monkeypatch.setattr("accrue.storage.ledger.ROWS_A_PAGE", 4)
    monkeypatch.setattr("accrue.storage.chains._POSTINGS_AT_ONCE", 3)


@pytest.fixture
def make_stage(
    spenders: World,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    small_steps: None,
) -> Callable[[str], Stage]:
    assert small_steps is None
    faults = Faults.install(monkeypatch)
    spenders.restart()
    desk = JobDesk.of(spenders, clock)
    return lambda kind: Stage(desk, faults, clock, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_before_and_after_each_call(make_stage: Callable[[str], Stage], kind: str) -> None:
    stage = make_stage(kind)

    undisturbed = stop_everywhere(f"run_job, {kind}", stage.faults, stage.play)

    sent = [c for c in undisturbed.calls if c.operation == "SendMessage"]
    assert len(sent) >= 2, "several steps"
    if kind == "repair":
        counts, _, _, repairs, _ = undisturbed.told
        assert counts["repaired"] == repairs == 1
        assert_folds(stage.desk.world)


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_may_be_done_by_two_at_once(
    make_stage: Callable[[str], Stage], kind: str
) -> None:
    """Just before one keeps it, another has done it."""
    stage = make_stage(kind)
    undisturbed = stage.play()
    steps = [n for n, c in enumerate(undisturbed.calls) if c.operation == "TransactWriteItems"]
    assert len(steps) >= 4
    twice = []

    def do_too() -> None:
        order = stage.desk.orders.seen[-1]
        event = _event_of(order)
        twice.append(stage.desk.world.invoke("run_job", event))

    # The first transaction is that of the start.
    stage.faults.run_before("TransactWriteItems", lambda: None, *[do_too] * (len(steps) - 1))

    assert stage.play().told == undisturbed.told
    assert len(twice) >= 3
    if kind == "repair":
        assert_folds(stage.desk.world)


def _event_of(order: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": "again",
                "body": json.dumps(order),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSourceARN": JOBS.url,
            }
        ]
    }


def test_what_is_posted_meanwhile_is_no_difference(make_stage: Callable[[str], Stage]) -> None:
    stage = make_stage("audit")
    world, orders = stage.desk.world, stage.desk.orders
    answer = stage.desk.start("audit", **stage.body)
    invoke = world.invoke

    def and_somebody_buys(operation: str, event: dict[str, Any], *more: Any) -> Any:
        done = invoke(operation, event, *more)
        if operation == "run_job":
            earn(world, "3")
            earn(world, "4", membership="ben")
        return done

    world.invoke = and_somebody_buys  # type: ignore[method-assign, assignment]
    stage.faults.run_before("Query", *[lambda: earn(world, "1")] * 9)
    orders.run()

    job = stage.desk.get(answer.body["job_id"])
    assert job["status"] == "completed"
    assert stage.desk.findings(job) == []
    assert job["progress"]["steps"] >= 3


def test_a_repair_waits_for_what_is_posted_meanwhile(make_stage: Callable[[str], Stage]) -> None:
    stage = make_stage("repair")
    world = stage.desk.world
    before = int(world.balance("ann"))

    def buy_too() -> None:
        earn(world, "10")

    # The start, two steps of the walk, and then the repair, twice too late.
    stage.faults.run_before("TransactWriteItems", *[lambda: None] * 3, buy_too, buy_too)
    job = stage.desk.run("repair", **stage.body)

    assert job["counts"]["repaired"] == 1
    (row,) = (row for row in world.rows("ledger") if row["activity_id"].startswith("au_"))
    assert row["amount"] == 0
    assert int(world.balance("ann")) == before - 100 + 20
    assert_folds(world)
    again = stage.desk.run("audit", idempotency_key="audit-2", program_id="tea-club")
    assert again["counts"]["differences"] == 0
