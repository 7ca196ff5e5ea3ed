"""Jobs. What a kind of job reports and finds is described with that kind, in docs/jobs.md."""

from typing import Any

from accrue.domain.jobs.job import JobKind, JobStatus
from local.openapi.answers.part import Count, NextCursor, Part, TimeText


class JobProgress(Part):
    """How much was looked at, out of how much if that is known, in how many steps."""

    done: Count
    total: Count | None
    steps: Count


class JobFailureAnswer(Part):
    """Why a job stopped; the request id leads to the log."""

    message: str
    request_id: str


class JobInBrief(Part):
    """A job, and how far it is."""

    job_id: str
    kind: JobKind
    of: str | None
    status: JobStatus
    created_at: TimeText
    updated_at: TimeText
    key_id: str
    progress: JobProgress
    counts: dict[str, int]
    findings: Count
    failure: JobFailureAnswer | None


class JobAnswer(JobInBrief):
    """The same with what it is to do and what it has come to."""

    definition: dict[str, Any]
    report: dict[str, Any]


class JobPage(Part):
    """Jobs in brief, the newest first."""

    jobs: list[JobInBrief]
    next_cursor: NextCursor


class FindingPage(Part):
    """What a job found that somebody should look at, in order."""

    findings: list[dict[str, Any]]
    next_cursor: NextCursor
