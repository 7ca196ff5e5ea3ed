"""What a job of each kind is told to do, as an administrator sends it."""

from collections.abc import Mapping
from typing import Any

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.definitions import read_definition
from accrue.domain.errors import Fault
from accrue.domain.jobs.audit_definition import AuditDefinition, RepairDefinition
from accrue.domain.jobs.backtest_definition import BacktestDefinition
from accrue.domain.jobs.job import JobKind
from accrue.domain.jobs.replay_definition import (
    ReplayCommitDefinition,
    ReplayPreviewDefinition,
    ReplayReversalDefinition,
)
from accrue.domain.program.parts import Document

# Each has a `kind`, and an `idempotency_key` or the job that it is `of`.
DEFINITIONS: Mapping[JobKind, type[Document]] = {
    JobKind.REPLAY_PREVIEW: ReplayPreviewDefinition,
    JobKind.REPLAY_COMMIT: ReplayCommitDefinition,
    JobKind.REPLAY_REVERSAL: ReplayReversalDefinition,
    JobKind.BACKTEST: BacktestDefinition,
    JobKind.AUDIT: AuditDefinition,
    JobKind.REPAIR: RepairDefinition,
}


def read_job_definition(sent: Mapping[str, Any]) -> Document:
    """The definition. Raises InvalidDefinitionError with a pointer to every fault."""
    kind = sent.get("kind")
    model = DEFINITIONS.get(JobKind(kind)) if isinstance(kind, str) and kind in JobKind else None
    if model is None:
        state = "is not a kind of job" if kind is not None else "is missing"
        remedy = f"{state}: send one of {', '.join(DEFINITIONS)}"
        raise InvalidDefinitionError.of([Fault("/kind", remedy)])
    return read_definition(sent, model)
