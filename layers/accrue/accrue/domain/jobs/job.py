"""A job: what it is to do, how far it is, and what it has come to.

A job is done in steps. Each begins with the job as the step before left it, and is kept in one
transaction, if the job is still there: so a step that dies, or is done twice at once, counts once.
What a step writes elsewhere must be the same however often it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

type Attributes = Mapping[str, Any]
"""Plain attributes: text, bool, lists and maps of these, and whole numbers, which count something.

Points and amounts are text, as `canonical_text` has them: so they come back, and are shown, exactly
as they were kept.
"""


class JobKind(StrEnum):
    """What a job does."""

    REPLAY_PREVIEW = "replay_preview"
    REPLAY_COMMIT = "replay_commit"
    REPLAY_REVERSAL = "replay_reversal"
    BACKTEST = "backtest"
    AUDIT = "audit"
    REPAIR = "repair"


class JobStatus(StrEnum):
    """How a job stands. A failed one goes on where it was when it is started again."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job stopped, in words for whoever started it; `request_id` leads to the log."""

    message: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a network.

    `definition` is what it is to do, as it was read, with whatever was pinned when it was started.
    `of` is the job that this one speaks of. `step` counts the steps that are kept, and `cursor` is
    where the next one begins: empty at first. `done` counts what has been looked at, out of `total`
    if that is known; `counts` and `report` are what it has come to, and `findings` how many there
    are. `request_id` and `key_id` say who started it.
    """

    network_id: str
    job_id: str
    kind: JobKind
    definition: Attributes
    definition_hash: str
    created_at: datetime
    updated_at: datetime
    request_id: str
    key_id: str
    of: str | None = None
    status: JobStatus = JobStatus.QUEUED
    step: int = 0
    ordered_step: int = -1
    cursor: Attributes = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    report: Attributes = field(default_factory=dict)
    findings: int = 0
    failure: JobFailure | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in OVER

    def after(self, step: "JobStep", now: datetime) -> "Job":
        """The job with one more step done."""
        return replace(
            self,
            status=JobStatus.RUNNING if step.cursor is not None else JobStatus.COMPLETED,
            updated_at=now,
            step=self.step + 1,
            cursor=step.cursor or {},
            done=self.done + step.done,
            total=self.total if step.total is None else step.total,
            counts=step.counts,
            report=step.report,
            findings=self.findings + len(step.findings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """What a step came to.

    `cursor` is where the next one begins; None if the job is done. `counts` and `report` are those
    of the job from then on, whole: both must stay small, since they are kept with the job. `done`
    is how much more was looked at. `findings` are for people to read: errors, differences, changes.
    `records` are for jobs that follow this one. Each of both is small (1 KB in the usual case), and
    there may be a thousand of each.
    """

    cursor: Attributes | None
    done: int = 0
    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    report: Attributes = field(default_factory=dict)
    findings: Sequence[Attributes] = ()
    records: Sequence[Attributes] = ()


@dataclass(frozen=True, slots=True)
class JobOrder:
    """An order to do the step that follows so many."""

    network_id: str
    job_id: str
    step: int
