"""Start jobs, follow them, cancel them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accrue.domain.caller import Caller
from accrue.domain.canonical import content_hash
from accrue.domain.errors import IdempotencyKeyReusedError
from accrue.domain.ids import id_of_job
from accrue.domain.jobs.errors import JobMovedError, JobNotFoundError, JobOverError
from accrue.domain.jobs.job import Attributes, Job, JobKind, JobStatus
from accrue.domain.pages import Page, PageRequest
from accrue.domain.program.parts import Document
from accrue.domain.recording import Call
from accrue.services.job_ports import JobOpener, JobQueue, JobStore
from accrue.services.run_job import send_order

# In each round the job gets on by a step.
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class StartedJob:
    """A job, and whether it was there before."""

    job: Job
    replayed: bool


@dataclass(frozen=True, slots=True)
class JobAdministrator:
    """What administrators do with jobs; `now` is real time, `network_now` each network's own."""

    jobs: JobStore
    queue: JobQueue
    opener_of: Mapping[JobKind, JobOpener[Any]]
    now: Callable[[], datetime]
    network_now: Callable[[str], datetime]

    def start(self, definition: Document, caller: Caller, call: Call) -> StartedJob:
        """Start the job that the definition's key stands for, once; one that failed or was
        cancelled goes on where it stopped.

        `definition` has a `kind`, and an `idempotency_key` or the job that it is `of`. Raises
        IdempotencyKeyReusedError if the key stands for another definition, or a RefusalError of the
        opener.
        """
        sent = definition.model_dump(mode="json", exclude_none=True)
        kind = JobKind(sent["kind"])
        key = sent.get("idempotency_key") or sent["of"]
        job_id = id_of_job(caller.network_id, kind, key)
        job = self.jobs.find_job(caller.network_id, job_id)
        is_new = job is None
        if job is None:
            opened = self.opener_of[kind].open(
                caller.network_id, definition, self.network_now(caller.network_id)
            )
            now = self.now()
            wanted = Job(
                network_id=caller.network_id,
                job_id=job_id,
                kind=kind,
                definition=opened.definition,
                definition_hash=content_hash(sent),
                created_at=now,
                updated_at=now,
                request_id=call.request_id,
                key_id=caller.key_id,
                of=opened.of,
                total=opened.total,
            )
            job = self.jobs.add_job(wanted)
            is_new = job == wanted
        if job.definition_hash != content_hash(sent):
            raise IdempotencyKeyReusedError("/idempotency_key" if "of" not in sent else "/of")
        return StartedJob(self._set_going(job), replayed=not is_new)

    def _set_going(self, job: Job) -> Job:
        """The job, on its way, whatever became of its order: one that comes twice counts once."""
        if job.status is JobStatus.COMPLETED:
            return job
        if job.is_over:
            going = replace(job, status=JobStatus.RUNNING, failure=None, updated_at=self.now())
            try:
                self.jobs.save_job(job, going)
            except JobMovedError:
                # Somebody else did the same.
                going = self.get(job.network_id, job.job_id)
            job = going
        send_order(job, self.jobs, self.queue)
        return job

    def get(self, network_id: str, job_id: str) -> Job:
        """The job as it is now. Raises JobNotFoundError."""
        job = self.jobs.find_job(network_id, job_id)
        if job is None:
            raise JobNotFoundError
        return job

    def list(self, network_id: str, page: PageRequest) -> Page[Job]:
        """The network's jobs in brief, the newest first."""
        return self.jobs.list_jobs(network_id, page)

    def list_findings(self, network_id: str, job_id: str, page: PageRequest) -> Page[Attributes]:
        """What the job found, in order. Raises JobNotFoundError."""
        return self.jobs.list_findings(self.get(network_id, job_id), page)

    def cancel(self, network_id: str, job_id: str) -> Job:
        """Let it stop before its next step; what is done stays done. Cancelled already is fine.

        Raises JobNotFoundError or JobOverError.
        """
        for _ in range(MAX_ROUNDS):
            job = self.get(network_id, job_id)
            if job.status is JobStatus.CANCELLED:
                return job
            if job.is_over:
                raise JobOverError(job.status.value)
            cancelled = replace(job, status=JobStatus.CANCELLED, updated_at=self.now())
            try:
                self.jobs.save_job(job, cancelled)
            except JobMovedError:
                continue
            return cancelled
        raise JobMovedError(f"{MAX_ROUNDS} times in a row")
