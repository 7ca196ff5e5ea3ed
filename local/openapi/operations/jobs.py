"""Jobs."""

from accrue.domain.errors import IdempotencyKeyReusedError, InvalidRequestError
from accrue.domain.jobs.errors import JobNotFoundError, JobNotReadyError, JobOverError
from local.openapi.answers.jobs import FindingPage, JobAnswer, JobPage
from local.openapi.operation import (
    ADMIN,
    OF_ADMINS,
    WITH_DEFINITION,
    Body,
    Link,
    Operation,
    answer,
    page_for_admins,
)

_ALL = "/networks/{network_id}/jobs"
_ONE = f"{_ALL}/{{job_id}}"
_SAME = {"network_id": "$request.path.network_id", "job_id": "$response.body#/job_id"}
_LINKS = {
    name: Link(operation_id=name, parameters=_SAME)
    for name in ("get_job", "list_findings", "cancel_job")
}

JOBS = {
    f"POST {_ALL}": Operation(
        operation_id="start_job",
        summary="Start a job",
        tag="Jobs",
        keys=ADMIN,
        body=Body.of("JobDefinition"),
        answers={
            202: answer(
                "It is on its way; sent again, it is the same job.",
                JobAnswer,
                headers={"Location": True, "Idempotent-Replayed": False},
                links=_LINKS,
            )
        },
        refusals=(
            *WITH_DEFINITION,
            *OF_ADMINS,
            JobNotFoundError,
            JobNotReadyError,
            IdempotencyKeyReusedError,
        ),
    ),
    f"GET {_ALL}": page_for_admins(
        "list_jobs", "A network's jobs", "Jobs", answer("A page, the newest first.", JobPage)
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_job",
        summary="How far a job is",
        tag="Jobs",
        keys=ADMIN,
        answers={200: answer("And what it has come to.", JobAnswer)},
        refusals=(*OF_ADMINS, JobNotFoundError),
    ),
    f"GET {_ONE}/findings": Operation(
        operation_id="list_findings",
        summary="What a job found",
        tag="Jobs",
        keys=ADMIN,
        query=("limit", "cursor"),
        answers={200: answer("A page, in order.", FindingPage)},
        refusals=(InvalidRequestError, *OF_ADMINS, JobNotFoundError),
    ),
    f"POST {_ONE}/cancellation": Operation(
        operation_id="cancel_job",
        summary="Stop a job before its next step",
        tag="Jobs",
        keys=ADMIN,
        answers={200: answer("What is done stays done.", JobAnswer)},
        refusals=(InvalidRequestError, *OF_ADMINS, JobNotFoundError, JobOverError),
    ),
}
