"""Do the step of a job that an order asks for, and order the next one.

A step is kept before the next one is ordered. So an order that comes again finds the job ahead of
it; if the one who kept the step died before he could order the next, that is done then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from accrue.domain.jobs.errors import JobFailedError, JobMovedError
from accrue.domain.jobs.job import Job, JobFailure, JobKind, JobOrder, JobStatus, JobStep
from accrue.services.job_ports import JobQueue, JobStore, JobWork

# A step that fails so often fails for good: whoever waits for the job must hear of it.
MOST_TRIES = 5
WENT_WRONG = (
    "Something failed on our side, again and again. Start the same job again: it goes on where it"
    " stopped. If it fails again, tell us the request_id."
)


class Ran(StrEnum):
    """What came of an order."""

    STEP_DONE = "step_done"
    JOB_DONE = "job_done"
    JOB_FAILED = "job_failed"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Does steps; `now` is real time."""

    jobs: JobStore
    queue: JobQueue
    work_of: Mapping[JobKind, JobWork]
    now: Callable[[], datetime]

    def try_step(
        self,
        order: JobOrder,
        request_id: str,
        tries: int,
        has_time: Callable[[], bool],
        report: Callable[[Exception], object],
    ) -> Ran | None:
        """Do the step that is ordered; None if the order must come again.

        `tries` is how often it has come, this time included: behind the last, the job fails, be it
        that the step raised, which is reported, or that it died without a word each time.
        """
        if tries <= MOST_TRIES:
            try:
                return self.run(order, request_id, has_time)
            except Exception as error:  # noqa: BLE001 - reported
                report(error)
            if tries < MOST_TRIES:
                return None
        try:
            return self.give_up(order, request_id)
        except Exception as error:  # noqa: BLE001 - reported
            report(error)
            return None

    def run(self, order: JobOrder, request_id: str, has_time: Callable[[], bool]) -> Ran:
        """Do the step that is ordered. What is raised is to be tried again."""
        job = self._at_step(order)
        if job is None:
            return Ran.NOTHING_TO_DO
        try:
            step = self.work_of[job.kind].advance(job, has_time)
        except JobFailedError as failed:
            return self._fail(job, JobFailure(str(failed), request_id))
        return self._keep(job.after(step, self.now()), step)

    def _keep(self, after: Job, step: JobStep) -> Ran:
        try:
            self.jobs.save_step(after, step)
        except JobMovedError:
            # Somebody else did it, and orders the next; or it was cancelled.
            return Ran.NOTHING_TO_DO
        if after.is_over:
            return Ran.JOB_DONE
        send_order(after, self.jobs, self.queue)
        return Ran.STEP_DONE

    def give_up(self, order: JobOrder, request_id: str) -> Ran:
        """Let the job fail whose step failed too often; not if the job has got on meanwhile."""
        job = self._at_step(order)
        return self._fail(job, JobFailure(WENT_WRONG, request_id)) if job else Ran.NOTHING_TO_DO

    def _at_step(self, order: JobOrder) -> Job | None:
        """The job that is where the order says. One that has got on goes on: who kept the step may
        have died before he ordered the next.
        """
        job = self.jobs.find_job(order.network_id, order.job_id)
        # One that has expired, or a table that was restored to an earlier time: there the job waits
        # until it is started again.
        if job is None or job.is_over or order.step > job.step:
            return None
        if order.step < job.step:
            if job.ordered_step < job.step:
                send_order(job, self.jobs, self.queue)
            return None
        return job

    def _fail(self, job: Job, failure: JobFailure) -> Ran:
        failed = replace(job, status=JobStatus.FAILED, failure=failure, updated_at=self.now())
        try:
            self.jobs.save_job(job, failed)
        except JobMovedError:
            return Ran.NOTHING_TO_DO
        return Ran.JOB_FAILED


def send_order(job: Job, jobs: JobStore, queue: JobQueue) -> None:
    """Order the job's next step, and keep that it was ordered."""
    queue.send(JobOrder(job.network_id, job.job_id, job.step))
    jobs.note_ordered(job)
