"""Jobs in memory, and works that are run to their end, with what may go wrong on the way.

All that is kept goes through the form in which a table has it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accrue.domain.jobs.job import Attributes, Job, JobKind, JobStatus
from accrue.services.job_ports import JobWork
from accrue.storage.dynamo import to_attributes, to_item
from accrue.storage.job_items import job_from_attributes, job_to_attributes
from tests.unit.activities import NOON

# A step that is done over and over is a bug.
MOST_STEPS = 10_000


def kept(thing: Mapping[str, Any]) -> dict[str, Any]:
    """What comes back of what a table is given."""
    return to_attributes(to_item(thing))


def new_job(kind: JobKind, definition: Attributes, job_id: str = "jb_1", **more: Any) -> Job:
    """A job of the network demo that was just started."""
    return Job(
        network_id="demo",
        job_id=job_id,
        kind=kind,
        definition=definition,
        definition_hash="",
        created_at=NOON,
        updated_at=NOON,
        request_id="request",
        key_id="admin",
        **more,
    )


@dataclass
class FakeJobs:
    """A `JobReader` and a `JobScratch`."""

    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    records: dict[str, list[tuple[str, Attributes]]] = field(default_factory=dict)
    findings: dict[str, list[Attributes]] = field(default_factory=dict)
    scratch: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def find_job(self, network_id: str, job_id: str) -> Job | None:
        return self.jobs.get((network_id, job_id))

    def records_after(self, job: Job, after: str) -> Iterable[Sequence[tuple[str, Attributes]]]:
        for place, record in self.records.get(job.job_id, []):
            if place > after:
                yield [(place, record)]

    def put_all(self, job: Job, space: str, things: Mapping[str, Attributes]) -> None:
        for key, thing in things.items():
            self.scratch[job.job_id, space, key] = kept({"thing": thing})["thing"]

    def read_after(
        self, job: Job, space: str, after: str, limit: int
    ) -> Sequence[tuple[str, Attributes]]:
        found = [
            (key, thing)
            for (job_id, where, key), thing in sorted(self.scratch.items())
            if (job_id, where) == (job.job_id, space) and key > after
        ]
        return found[:limit]

    def find_last_before(self, job: Job, space: str, prefix: str, before: str) -> Attributes | None:
        keys = [
            key
            for job_id, where, key in self.scratch
            if (job_id, where) == (job.job_id, space)
            and key.startswith(prefix)
            and key < prefix + before
        ]
        return self.scratch[job.job_id, space, max(keys)] if keys else None

    def run(
        self,
        work: JobWork,
        job: Job,
        *,
        has_time: Callable[[], bool] = lambda: True,
        again: Callable[[], bool] = lambda: False,
    ) -> Job:
        """The job at its end. A step of which `again` says so is done twice; the first counts."""
        self.jobs[job.network_id, job.job_id] = job
        for _ in range(MOST_STEPS):
            job = job_from_attributes(kept(job_to_attributes(job)))
            step = work.advance(job, has_time)
            if again():
                work.advance(job, has_time)
            job = job.after(step, NOON)
            self.jobs[job.network_id, job.job_id] = job
            records = self.records.setdefault(job.job_id, [])
            records += [
                (f"{job.step:08d}#{number:04d}", kept(record))
                for number, record in enumerate(step.records)
            ]
            self.findings.setdefault(job.job_id, []).extend(map(kept, step.findings))
            if job.is_over:
                assert job.status is JobStatus.COMPLETED
                return replace(job, report=kept(job.report))
        raise AssertionError(f"not over after {MOST_STEPS} steps")
