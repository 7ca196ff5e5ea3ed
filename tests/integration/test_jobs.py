"""Jobs on their table and queue, with a work that only counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, override

import pytest
import time_machine

from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole
from accrue.domain.errors import IdempotencyKeyReusedError
from accrue.domain.jobs.errors import (
    JobFailedError,
    JobMovedError,
    JobNotFoundError,
    JobOverError,
)
from accrue.domain.jobs.job import Attributes, Job, JobKind, JobOrder, JobStatus, JobStep
from accrue.domain.pages import PageRequest
from accrue.domain.program.parts import Document
from accrue.domain.recording import Call
from accrue.runtime import delivery_queue
from accrue.runtime.job_queue import SqsJobQueue, job_order_from_text
from accrue.services.administer_jobs import JobAdministrator
from accrue.services.job_ports import OpenedJob
from accrue.services.run_job import MOST_TRIES, WENT_WRONG, JobRunner, Ran
from accrue.storage import dynamo
from accrue.storage.job_scratch import JobScratchTable
from accrue.storage.jobs import JobTable
from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.orders import JOBS, Orders
from tests.integration.sweep import Outcome, stop_everywhere
from tests.integration.world import World

ADMIN = Caller("demo", KeyRole.ADMIN, "admin")
LIMIT = 7
A_STEP = 3


class CountDefinition(Document):
    """Count to a number."""

    kind: str = "audit"
    idempotency_key: str | None = "count-1"
    of: str | None = None
    limit: int = LIMIT


class CountOpener:
    """Opens it."""

    def open(self, network_id: str, definition: CountDefinition, now: datetime) -> OpenedJob:
        assert (network_id, now) == ("demo", datetime.now(UTC))
        return OpenedJob({"limit": definition.limit}, total=definition.limit)


@dataclass
class Counting:
    """Counts three at a time; each number is a record, each odd one a finding."""

    scratch: JobScratchTable
    error: Exception | None = None
    dies: bool = False
    meanwhile: Callable[[], object] = lambda: None
    begun: list[int] = field(default_factory=list)

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        assert has_time()
        first = int(job.cursor.get("next", 0))
        self.begun.append(first)
        if self.dies:
            raise Crash
        if self.error is not None:
            raise self.error
        numbers = range(first, min(first + A_STEP, int(job.definition["limit"])))
        self.scratch.put_all(job, "seen", {f"{n:04d}": {"number": n} for n in numbers})
        self.meanwhile()
        is_over = numbers[-1] + 1 == job.definition["limit"]
        return JobStep(
            cursor=None if is_over else {"next": numbers[-1] + 1},
            done=len(numbers),
            counts={"counted": job.counts.get("counted", 0) + len(numbers)},
            report={"last": str(numbers[-1])},
            findings=[{"odd": n} for n in numbers if n % 2],
            records=[{"number": n} for n in numbers],
        )


@dataclass
class Shop:
    """The frame around the work, on moto's table and queue."""

    world: World
    orders: Orders
    clock: time_machine.Traveller
    tries: Counter[str] = field(default_factory=Counter)
    ran: list[Ran] = field(default_factory=list)
    reported: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()
        self.work = Counting(JobScratchTable(self.client, "jobs"))

    def restart(self) -> None:
        """New clients, as in a new process."""
        self.client = dynamo.dynamodb_client()
        self.jobs = JobTable(self.client, "jobs")
        self.queue = SqsJobQueue(delivery_queue.sqs_client(), JOBS.url)

    def broken_queue(self, times: int) -> SqsJobQueue:
        """The queue, which refuses so many orders first."""
        refusals = iter(range(times))
        send = self.queue.send

        class Broken(SqsJobQueue):
            @override
            def send(self, order: JobOrder) -> None:
                if next(refusals, None) is not None:
                    raise RuntimeError("no queue")
                send(order)

        return Broken(self.orders.client, JOBS.url)

    def administrator(self) -> JobAdministrator:
        return JobAdministrator(
            jobs=self.jobs,
            queue=self.queue,
            opener_of={JobKind.AUDIT: CountOpener()},
            now=lambda: datetime.now(UTC),
            network_now=lambda _: datetime.now(UTC),
        )

    def start(self, definition: CountDefinition | None = None, request_id: str = "r-1") -> Job:
        call = Call(request_id, "invocation", datetime.now(UTC), lambda: "unique")
        return self.administrator().start(definition or CountDefinition(), ADMIN, call).job

    def run_until_idle(self) -> None:
        """Do what is ordered, until the queue is empty; what dies comes again."""
        while self.orders.length:
            answer = self.orders.client.receive_message(QueueUrl=JOBS.url, MaxNumberOfMessages=1)
            if not answer.get("Messages"):
                self.clock.shift(timedelta(minutes=7))
            for message in answer.get("Messages", []):
                self.handle(message)

    def handle(self, message: Any) -> None:
        """What Lambda does with a message."""
        order = job_order_from_text(message["Body"])
        self.tries[message["MessageId"]] += 1
        runner = JobRunner(
            self.jobs, self.queue, {JobKind.AUDIT: self.work}, lambda: datetime.now(UTC)
        )
        tries = self.tries[message["MessageId"]]
        try:
            ran = runner.try_step(order, "request-9", tries, lambda: True, self.reported.append)
        except Crash:
            self.restart()
            return
        if ran is not None:
            self.ran.append(ran)
            receipt = message["ReceiptHandle"]
            self.orders.client.delete_message(QueueUrl=JOBS.url, ReceiptHandle=receipt)

    def job(self) -> Job:
        (job,) = self.jobs.list_jobs("demo", PageRequest()).things
        return self.administrator().get("demo", job.job_id)

    def records(self) -> list[Attributes]:
        return [record for _, record in self.placed_records()]

    def placed_records(self, after: str = "") -> list[tuple[str, Attributes]]:
        return [each for sheet in self.jobs.records_after(self.job(), after) for each in sheet]


@pytest.fixture
def shop(
    empty_world: World, faults: Faults, job_orders: Orders, clock: time_machine.Traveller
) -> Shop:
    assert faults.calls == []
    return Shop(empty_world, job_orders, clock)


def test_a_job_is_done_step_by_step(shop: Shop) -> None:
    started = shop.start()
    assert (started.status, started.step, started.total) == (JobStatus.QUEUED, 0, LIMIT)

    shop.run_until_idle()

    job = shop.job()
    assert job == replace(
        started,
        status=JobStatus.COMPLETED,
        updated_at=job.updated_at,
        step=3,
        ordered_step=2,
        done=LIMIT,
        counts={"counted": LIMIT},
        report={"last": "6"},
        findings=3,
    )
    assert shop.records() == [{"number": n} for n in range(LIMIT)]
    assert shop.ran == [Ran.STEP_DONE, Ran.STEP_DONE, Ran.JOB_DONE]


def test_it_is_done_once_whatever_call_a_worker_is_stopped_at(shop: Shop, faults: Faults) -> None:
    tables = shop.world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        shop.world.restore(tables)
        assert shop.orders.length == 0
        shop.restart()
        shop.work = Counting(JobScratchTable(shop.client, "jobs"))
        faults.plan_crashes(crashes)
        _start_until_answered(shop)
        shop.run_until_idle()
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)

        job = shop.job()
        assert job.findings == 3
        findings = shop.jobs.list_findings(job, PageRequest(100)).things
        return Outcome(calls, (job.status, job.done, job.step, shop.records(), findings))

    undisturbed = stop_everywhere("jobs, all of one", faults, play)

    numbers = [{"number": n} for n in range(LIMIT)]
    odd = ({"odd": 1}, {"odd": 3}, {"odd": 5})
    assert undisturbed.told == (JobStatus.COMPLETED, LIMIT, 3, numbers, odd)
    assert len(undisturbed.calls) > 10


def _start_until_answered(shop: Shop) -> None:
    while True:
        try:
            shop.start()
        except Crash:
            shop.restart()
            continue
        return


def test_a_step_that_two_do_at_once_counts_once(shop: Shop) -> None:
    job = shop.start()
    other = JobRunner(
        shop.jobs,
        shop.queue,
        {JobKind.AUDIT: Counting(shop.work.scratch)},
        lambda: datetime.now(UTC),
    )
    ran: list[Ran] = []
    once = iter([None])

    def meanwhile() -> None:
        order = JobOrder("demo", job.job_id, 0)
        ran.extend(other.run(order, "other", lambda: True) for _ in once)

    shop.work.meanwhile = meanwhile

    shop.run_until_idle()

    assert ran == [Ran.STEP_DONE]
    assert shop.ran[0] is Ran.NOTHING_TO_DO
    assert shop.job().done == LIMIT
    assert shop.records() == [{"number": n} for n in range(LIMIT)]


def test_orders_that_come_again_do_not_become_more(shop: Shop) -> None:
    job = shop.start()
    for _ in range(5):
        shop.queue.send(JobOrder("demo", job.job_id, 0))

    shop.run_until_idle()

    assert shop.job().done == LIMIT
    assert shop.work.begun == [0, 3, 6]
    assert Counter(shop.ran)[Ran.NOTHING_TO_DO] == 5


def test_started_again_it_is_the_same_job(shop: Shop) -> None:
    first = shop.start()
    again = shop.start(request_id="r-2")
    shop.run_until_idle()

    assert again == replace(first, ordered_step=0)
    assert shop.work.begun == [0, 3, 6]
    assert shop.start().status is JobStatus.COMPLETED
    assert shop.orders.length == 0
    assert len(shop.jobs.list_jobs("demo", PageRequest()).things) == 1


def test_whoever_starts_it_a_moment_too_late_has_the_first_one(shop: Shop) -> None:
    first = shop.start()
    shop.run_until_idle()

    late = shop.jobs.add_job(replace(first, request_id="r-2"))

    assert late == shop.job()
    assert (late.request_id, late.status) == (first.request_id, JobStatus.COMPLETED)


def test_a_key_stands_for_one_definition(shop: Shop) -> None:
    shop.start()

    with pytest.raises(IdempotencyKeyReusedError):
        shop.start(CountDefinition(limit=8))


def test_a_step_that_fails_too_often_fails_the_job_and_a_new_start_goes_on(shop: Shop) -> None:
    shop.start()
    shop.work.error = RuntimeError("a bug")
    shop.run_until_idle()

    failed = shop.job()
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert (failed.failure.message, failed.failure.request_id) == (WENT_WRONG, "request-9")
    assert shop.work.begun == [0] * MOST_TRIES

    shop.work.error = None
    assert shop.start().status is JobStatus.RUNNING
    shop.run_until_idle()
    assert (shop.job().status, shop.job().done, shop.job().failure) == (
        JobStatus.COMPLETED,
        LIMIT,
        None,
    )


def test_what_can_never_be_done_fails_at_once_in_words(shop: Shop) -> None:
    shop.start()
    shop.work.error = JobFailedError("The program is gone.")

    shop.run_until_idle()

    failure = shop.job().failure
    assert failure is not None
    assert (failure.message, failure.request_id) == ("The program is gone.", "request-9")
    assert len(shop.work.begun) == 1


def test_a_step_that_dies_without_a_word_fails_the_job_in_the_end(shop: Shop) -> None:
    shop.start()
    shop.work.dies = True
    shop.run_until_idle()

    failed = shop.job()
    assert failed.failure is not None
    assert (failed.status, failed.failure.message) == (JobStatus.FAILED, WENT_WRONG)
    assert shop.work.begun == [0] * MOST_TRIES


def test_a_new_start_goes_on_whatever_call_it_is_stopped_at(shop: Shop, faults: Faults) -> None:
    shop.start()
    shop.work.error = RuntimeError("a bug")
    shop.run_until_idle()
    shop.work.error = None
    tables = shop.world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        shop.world.restore(tables)
        shop.restart()
        faults.plan_crashes(crashes)
        _start_until_answered(shop)
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        shop.run_until_idle()
        return Outcome(calls, (shop.job().status, shop.job().done))

    undisturbed = stop_everywhere("jobs, started again", faults, play)

    assert undisturbed.told == (JobStatus.COMPLETED, LIMIT)


def test_the_last_try_of_a_step_that_was_kept_still_orders_the_next(shop: Shop) -> None:
    shop.start()
    shop.queue = shop.broken_queue(times=MOST_TRIES + 1)

    shop.run_until_idle()

    assert (shop.job().status, shop.job().done) == (JobStatus.COMPLETED, LIMIT)
    assert shop.work.begun == [0, 3, 6]


def test_started_again_a_live_job_is_ordered_again(shop: Shop) -> None:
    """Whatever became of its order, a restored queue or one that was purged: it goes on."""
    shop.start()
    shop.orders.empty()

    shop.start()
    shop.run_until_idle()

    assert shop.job().status is JobStatus.COMPLETED


def test_what_an_expired_job_left_behind_is_not_the_next_ones(shop: Shop) -> None:
    first = shop.start()
    shop.run_until_idle()
    shop.client.delete_item(
        TableName="jobs",
        Key={"job_key": {"S": f"demo#JOB#{first.job_id}"}, "item_key": {"S": "JOB"}},
    )
    shop.clock.shift(timedelta(days=90, hours=3))

    again = shop.start()

    assert (again.job_id, again.step) == (first.job_id, 0)
    assert list(shop.jobs.records_after(again, "")) == []
    assert shop.jobs.list_findings(again, PageRequest(100)).things == ()
    assert shop.work.scratch.read_after(again, "seen", "", 10) == []
    assert shop.work.scratch.find_last_before(again, "seen", "0", "9") is None


def test_a_job_that_goes_on_from_another_points_at_that_one(shop: Shop) -> None:
    shop.start(CountDefinition(idempotency_key=None, of="jb_" + "a" * 32))

    with pytest.raises(IdempotencyKeyReusedError) as refused:
        shop.start(CountDefinition(idempotency_key=None, of="jb_" + "a" * 32, limit=8))

    (fault,) = refused.value.faults
    assert fault.pointer == "/of"


def test_cancelled_it_stops_before_the_next_step(shop: Shop) -> None:
    job = shop.start()
    once = iter([None])
    shop.work.meanwhile = lambda: [shop.administrator().cancel("demo", job.job_id) for _ in once]

    shop.run_until_idle()

    cancelled = shop.administrator().cancel("demo", job.job_id)
    assert (cancelled.status, cancelled.done) == (JobStatus.CANCELLED, 0)
    assert shop.orders.length == 0

    assert shop.start().status is JobStatus.RUNNING
    shop.run_until_idle()
    assert (shop.job().status, shop.job().done) == (JobStatus.COMPLETED, LIMIT)


def test_cancelled_while_its_order_waits_nothing_of_the_step_is_done(shop: Shop) -> None:
    job = shop.start()

    shop.administrator().cancel("demo", job.job_id)
    shop.run_until_idle()

    # A step writes as it goes along: that it would not be kept is too late.
    assert shop.work.begun == []


def test_what_has_ended_cannot_be_cancelled(shop: Shop) -> None:
    job = shop.start()
    shop.run_until_idle()

    with pytest.raises(JobOverError):
        shop.administrator().cancel("demo", job.job_id)


def test_another_networks_job_is_none(shop: Shop) -> None:
    job = shop.start()

    for network_id, job_id in [("other", job.job_id), ("demo", "jb_" + "a" * 32), ("demo", "#")]:
        with pytest.raises(JobNotFoundError):
            shop.administrator().get(network_id, job_id)


def test_a_step_is_kept_only_where_it_follows(shop: Shop) -> None:
    job = shop.start()
    step = JobStep(cursor={}, records=[{"n": 1}])
    after = job.after(step, job.created_at)
    shop.jobs.save_step(after, step)

    with pytest.raises(JobMovedError):
        shop.jobs.save_step(after, step)

    assert shop.records() == [{"n": 1}]


def test_many_records_and_findings_are_read_in_order_from_anywhere(shop: Shop) -> None:
    job = shop.start()
    things = [{"n": n, "text": "x" * 900} for n in range(1_000)]
    step = JobStep(cursor=None, records=things, findings=things)

    shop.jobs.save_step(job.after(step, job.created_at), step)

    placed = shop.placed_records()
    assert [record for _, record in placed] == things
    assert [record for _, record in shop.placed_records(placed[457][0])] == things[458:]
    found: list[Attributes] = []
    page = PageRequest(70)
    while True:
        answer = shop.jobs.list_findings(shop.job(), page)
        found += answer.things
        if answer.next_after is None:
            break
        page = PageRequest(70, answer.next_after)
    assert found == things


def test_jobs_are_listed_newest_first_in_pages(shop: Shop) -> None:
    for number in range(5):
        shop.clock.shift(timedelta(seconds=1))
        shop.start(CountDefinition(idempotency_key=f"count-{number}", limit=number + 1))

    first = shop.jobs.list_jobs("demo", PageRequest(3))
    second = shop.jobs.list_jobs("demo", PageRequest(3, first.next_after))

    assert [job.total for job in (*first.things, *second.things)] == [5, 4, 3, 2, 1]
    assert second.next_after is None
    assert first.things[0].definition == {}


def test_scratch_is_read_in_order_and_by_what_comes_last(shop: Shop) -> None:
    job = shop.start()
    scratch = shop.work.scratch
    scratch.put_all(job, "seen", {f"m{m}#{n:04d}": {"n": n} for m in range(3) for n in range(20)})
    scratch.put_all(job, "seen", {"m1#0005": {"n": 500}})
    scratch.put_all(job, "seem", {"m1#0007": {"n": -1}, "\U0001f389": {"n": 8}})
    assert len(scratch.read_after(job, "seem", "", 9)) == 2

    first = scratch.read_after(job, "seen", "", 25)
    assert [key for key, _ in first][:2] == ["m0#0000", "m0#0001"]
    rest = scratch.read_after(job, "seen", first[-1][0], 100)
    assert len(first) + len(rest) == 60
    assert scratch.find_last_before(job, "seen", "m1#", "0006") == {"n": 500}
    assert scratch.find_last_before(job, "seen", "m1#", "0005") == {"n": 4}
    assert scratch.find_last_before(job, "seen", "m1#", "0000") is None
    assert scratch.find_last_before(job, "seen", "m2#", "9999") == {"n": 19}
