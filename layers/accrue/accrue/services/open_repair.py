"""Open a repair: of a completed audit of the same network."""

from dataclasses import dataclass
from datetime import datetime

from accrue.domain.field_parsers import without_emails
from accrue.domain.jobs.audit_definition import RepairDefinition
from accrue.domain.jobs.errors import JobNotFoundError, JobNotReadyError
from accrue.domain.jobs.job import JobKind, JobStatus
from accrue.domain.json_values import pointer
from accrue.services.job_ports import JobReader, OpenedJob


@dataclass(frozen=True, slots=True)
class RepairOpener:
    """Opens repairs."""

    jobs: JobReader

    def open(self, network_id: str, definition: RepairDefinition, now: datetime) -> OpenedJob:  # noqa: ARG002 - each row is dated when it is written
        """The repair with its reason. Raises JobNotFoundError or JobNotReadyError."""
        audit = self.jobs.find_job(network_id, definition.of)
        if audit is None:
            raise JobNotFoundError(pointer("of"))
        if audit.kind is not JobKind.AUDIT:
            raise JobNotReadyError("Only audits are repaired.", "is no audit: send the id of one")
        if audit.status is not JobStatus.COMPLETED:
            remedy = f"is {audit.status.value}: send the id of an audit that is completed"
            raise JobNotReadyError("The audit is not completed.", remedy)
        reason = without_emails(definition.reason)
        return OpenedJob({"reason": reason}, of=audit.job_id)
