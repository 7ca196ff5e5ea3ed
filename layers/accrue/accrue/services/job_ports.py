"""What jobs need from outside, as protocols, and what does their steps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.jobs.job import Attributes, Job, JobOrder, JobStep
from accrue.domain.pages import Page, PageRequest


class JobReader(Protocol):
    """Reads jobs, consistently. `records_after` gives the records of a job in the order of its
    steps, some at a time, each with where it is: those behind `after`, or all if it is empty.
    """

    def find_job(self, network_id: str, job_id: str) -> Job | None: ...
    def records_after(self, job: Job, after: str) -> Iterable[Sequence[tuple[str, Attributes]]]: ...


class JobStore(JobReader, Protocol):
    """Keeps jobs.

    `add_job` gives the job that is there: this one, or one with its id. `save_step` keeps a step
    with the job after it, all or nothing; raises JobMovedError if the job is not at the step before
    or is over. `save_job` writes a job that stays at its step, if it is there and stands as
    `present`; raises JobMovedError. `note_ordered` keeps that the order for the present step was
    sent.
    """

    def add_job(self, job: Job) -> Job: ...
    def save_step(self, after: Job, step: JobStep) -> None: ...
    def save_job(self, present: Job, wanted: Job) -> None: ...
    def note_ordered(self, job: Job) -> None: ...
    def list_jobs(self, network_id: str, page: PageRequest) -> Page[Job]: ...
    def list_findings(self, job: Job, page: PageRequest) -> Page[Attributes]: ...


class JobScratch(Protocol):
    """What a job keeps for itself between steps, by space and key; written over when a step is done
    again. All of it is read consistently, in the order of keys.

    `read_after` gives at most `limit` things behind the key `after` ("" for all).
    `find_last_before` gives, of the keys that begin with `prefix`, the last one below
    `prefix + before`.
    """

    def put_all(self, job: Job, space: str, things: Mapping[str, Attributes]) -> None: ...
    def read_after(
        self, job: Job, space: str, after: str, limit: int
    ) -> Sequence[tuple[str, Attributes]]: ...
    def find_last_before(
        self, job: Job, space: str, prefix: str, before: str
    ) -> Attributes | None: ...


class JobQueue(Protocol):
    """Brings orders to workers, at least once."""

    def send(self, order: JobOrder) -> None: ...


class JobWork(Protocol):
    """Does the steps of one kind of job.

    `advance` does the step that follows; it begins nothing more once `has_time` is false, but gets
    on by something in each step. It may be done again, and by two at once: what it writes must come
    to the same. Raises JobFailedError if that can never be.
    """

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep: ...


@dataclass(frozen=True, slots=True)
class OpenedJob:
    """What a job is to do, with whatever was pinned when it was started; `of` is the job that it
    goes on from, `total` how much there is to look at, if that is known.
    """

    definition: Attributes
    of: str | None = None
    total: int | None = None


class JobOpener[D](Protocol):
    """Checks what a definition speaks of, at a moment of the network's time.

    Raises a RefusalError, with pointers into the definition.
    """

    def open(self, network_id: str, definition: D, now: datetime) -> OpenedJob: ...
