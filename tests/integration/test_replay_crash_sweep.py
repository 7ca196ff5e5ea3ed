"""The world stops before and after every call of a preview, its commit and its reversal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole
from accrue.domain.jobs.definitions import read_job_definition
from accrue.domain.jobs.job import Job, JobKind, JobOrder, JobStatus
from accrue.domain.recording import Call
from accrue.services.administer_jobs import JobAdministrator
from accrue.services.commit_replay import ReplayCommitter
from accrue.services.open_replay import CommitOpener, PreviewOpener, ReversalOpener
from accrue.services.preview_replay import ReplayPreviewer
from accrue.services.resolve_replay import ReplayResolver
from accrue.services.reverse_replay import ReplayReverser
from accrue.services.run_job import JobRunner
from accrue.storage import dynamo
from accrue.storage.activity_types import ActivityTypeTable
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.job_scratch import JobScratchTable
from accrue.storage.jobs import JobTable
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog
from accrue.storage.programs import ProgramTable
from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.replays import (
    FORGOTTEN,
    SETTLED,
    define,
    in_small_steps,
    log,
    points_by_membership,
    post_together,
)
from tests.integration.spending import redeem
from tests.integration.sweep import Outcome, stop_everywhere
from tests.integration.world import World

ADMIN = Caller("demo", KeyRole.ADMIN, "admin")
PREVIEW = {"idempotency_key": "preview", "recorded_from": "2026-03-01T00:00:00Z"}
ALL = ("replay_preview", "replay_commit", "replay_reversal")


def real_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bench:
    """Jobs on real tables, with a queue that nothing happens to."""

    world: World
    clock: time_machine.Traveller
    queue: list[JobOrder] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    crashed: Callable[[], object] = lambda: None
    is_hasty: bool = False

    def __post_init__(self) -> None:
        self.client = dynamo.dynamodb_client()
        self.restart()

    def restart(self) -> None:
        """A new process, but for its client, which remembers nothing."""
        client = self.client
        self.jobs = JobTable(client, "jobs")
        catalog = ProgramCatalog(client, "catalog", 30)
        administration = AdministrationTable(client, "catalog")
        clocks = NetworkClocks(catalog, catalog, real_now)
        ledger = LedgerTable(client, "ledger")
        book = BalanceTable(client, "balance", ledger)
        resolver = ReplayResolver(catalog, catalog, ledger, book)
        scratch = JobScratchTable(client, "jobs")
        self.administrator = JobAdministrator(
            jobs=self.jobs,
            queue=self,
            opener_of={
                JobKind.REPLAY_PREVIEW: PreviewOpener(
                    catalog,
                    ActivityTypeTable(administration),
                    ProgramTable(administration),
                    clocks,
                    real_now,
                ),
                JobKind.REPLAY_COMMIT: CommitOpener(self.jobs),
                JobKind.REPLAY_REVERSAL: ReversalOpener(self.jobs),
            },
            now=real_now,
            network_now=clocks.now,
        )
        self.runner = JobRunner(
            jobs=self.jobs,
            queue=self,
            work_of={
                JobKind.REPLAY_PREVIEW: ReplayPreviewer(resolver, ledger, book, scratch, clocks),
                JobKind.REPLAY_COMMIT: ReplayCommitter(self.jobs, resolver, book, clocks),
                JobKind.REPLAY_REVERSAL: ReplayReverser(self.jobs, catalog, ledger, book, clocks),
            },
            now=real_now,
        )

    def send(self, order: JobOrder) -> None:
        """Take an order."""
        self.queue.append(order)

    def do(self, kind: str, **definition: Any) -> Job:
        """Start a job, and do its steps until it is over: from a crash on, with little time, so
        that whoever does a step again may come less far.
        """
        self.is_hasty = False
        job = self._insist(lambda: self._start({"kind": kind, **definition}))
        while self.queue:
            order = self.queue[0]
            self.clock.shift(timedelta(seconds=1))
            self._insist(lambda order=order: self.runner.run(order, "r", lambda: not self.is_hasty))  # type: ignore[misc]
            self.queue.pop(0)
            self.meanwhile()
        found = self._insist(lambda: self.jobs.find_job("demo", job.job_id))
        assert found is not None
        assert found.status is JobStatus.COMPLETED
        return found

    def replay(self, *, kinds: tuple[str, ...] = ALL) -> list[Job]:
        """Preview, commit and reversal."""
        done: list[Job] = []
        for kind in kinds:
            of = {"of": done[-1].job_id} if done else PREVIEW
            done.append(self.do(kind, **of))
        return done

    def _start(self, sent: Mapping[str, Any]) -> Job:
        call = Call("request", "invocation", real_now(), lambda: "unique")
        return self.administrator.start(read_job_definition(sent), ADMIN, call).job

    def _insist[T](self, act: Callable[[], T]) -> T:
        while True:
            try:
                return act()
            except Crash:
                self.is_hasty = True
                self.clock.shift(timedelta(seconds=1))
                self.restart()
                self.crashed()


@pytest.fixture
def bench(
    tea_house: World,
    faults: Faults,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    """Three logged activities that count by now: a quest, two memberships at once, a tier."""
    assert faults is not None
    in_small_steps(monkeypatch)
    for type_id in ("purchase", "referral"):
        define(tea_house, type_id, archived=True)
    clock.shift(FORGOTTEN)
    tea = [{"item_id": "earl-grey", "value": "20", "group_id": "tea"}]
    log(tea_house, 1, activity_type_id="purchase", value="120", line_items=tea)
    post_together(
        tea_house,
        {"referrer": "ann@example.com", "friend": "ben@example.com"},
        activity_short_id="referral",
    )
    log(tea_house, 3, activity_type_id="purchase", value="20", line_items=tea)
    for type_id in ("purchase", "referral"):
        define(tea_house, type_id)
    clock.shift(SETTLED)
    return Bench(tea_house, clock)


EXPECTED: Mapping[str, tuple[Mapping[str, int], Mapping[str, int]]] = {
    "replay_preview": ({"activities": 3, "memberships": 2, "skipped": 0}, {}),
    "replay_commit": (
        {"applied": 3, "changed": 0, "already_replayed": 0, "skipped": 0},
        {"ann": 275, "ben": 10},
    ),
    "replay_reversal": (
        {"reversed": 3, "already_reversed": 0, "not_reversed": 0},
        {"ann": 0, "ben": 0},
    ),
}


@pytest.mark.parametrize("kind", ALL)
def test_a_replay_that_is_stopped_at_any_call_comes_to_the_same(
    bench: Bench, faults: Faults, kind: str
) -> None:
    before = bench.replay(kinds=ALL[: ALL.index(kind)])
    of = {"of": before[-1].job_id} if before else PREVIEW
    began_at, tables = real_now(), bench.world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        bench.world.restore(tables)
        bench.clock.move_to(began_at)
        bench.queue.clear()
        bench.restart()
        witness = Witness()

        def look() -> None:
            witness.observe(bench.world)
            assert_folds(bench.world)

        bench.crashed = look
        faults.plan_crashes(crashes)
        job = bench.do(kind, **of)
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        look()
        told = [job.counts, job.report, job.done, points_by_membership(bench.world)]
        return Outcome(calls, told)

    undisturbed = stop_everywhere(f"run_job, {kind}", faults, play)
    counts, _, _, points = undisturbed.told
    assert (counts, points) == EXPECTED[kind]
    assert len(undisturbed.calls) > 10


def test_a_step_that_two_do_at_once_counts_once(bench: Bench) -> None:
    """Each step is done by somebody else as well, just before its own result is kept."""
    save = JobTable.save_step
    other = Bench(bench.world, bench.clock)
    busy: list[int] = []

    def saved(self: JobTable, after: Job, step: Any) -> None:
        if not busy:
            busy.append(after.step)
            order = JobOrder("demo", after.job_id, after.step - 1)
            other.runner.run(order, "other", lambda: True)
            bench.queue.extend(other.queue)
            other.queue.clear()
            busy.clear()
        save(self, after, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JobTable, "save_step", saved)
        preview, commit, reversal = bench.replay()

    assert preview.report["activities"] == 3
    assert commit.counts["applied"] == 3
    assert reversal.counts["reversed"] == 3
    assert points_by_membership(bench.world) == {"ann": 0, "ben": 0}
    Witness().observe(bench.world)
    assert_folds(bench.world)


def test_what_goes_on_meanwhile_is_neither_lost_nor_counted_twice(bench: Bench) -> None:
    numbers = iter(range(100, 200))
    define(bench.world, "gift")

    def live() -> None:
        number = next(numbers)
        log(bench.world, number, membership="ben", activity_type_id="gift", value="7")
        assert redeem(bench.world, "3", key=f"r-{number}", membership="ben").status == 200
        Witness().observe(bench.world)

    bench.meanwhile = live
    _, commit, reversal = bench.replay()

    assert commit.counts["applied"] + commit.counts["changed"] == 3
    assert reversal.counts["reversed"] == commit.counts["applied"] > 0
    happened = 200 - len(list(numbers)) - 100
    assert points_by_membership(bench.world) == {"ann": 0, "ben": 4 * happened}
    assert_folds(bench.world)
