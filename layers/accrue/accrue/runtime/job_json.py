"""Jobs as answers have them: counts are numbers, points and amounts decimal strings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accrue.domain.jobs.job import Job
from accrue.domain.timestamps import to_text


def job_in_brief(job: Job) -> dict[str, Any]:
    """A job as lists have it."""
    return {
        "job_id": job.job_id,
        "kind": job.kind.value,
        "of": job.of,
        "status": job.status.value,
        "created_at": to_text(job.created_at),
        "updated_at": to_text(job.updated_at),
        "key_id": job.key_id,
        "progress": {"done": job.done, "total": job.total, "steps": job.step},
        "counts": dict(job.counts),
        "findings": job.findings,
        "failure": job.failure
        and {"message": job.failure.message, "request_id": job.failure.request_id},
    }


def job_in_full(job: Job) -> dict[str, Any]:
    """The same with what it is to do and what it has come to."""
    return {
        **job_in_brief(job),
        "definition": plain_json(job.definition),
        "report": plain_json(job.report),
    }


def plain_json(value: Any) -> Any:  # noqa: ANN401 - any attributes
    """Stored attributes as JSON. Numbers there count something; points and amounts are text."""
    match value:
        case bool():
            return value
        case int() | Decimal():
            assert value == int(value), "what is not whole is kept as text"
            return int(value)
        case Mapping():
            return {name: plain_json(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain_json(inner) for inner in value]
    return value
