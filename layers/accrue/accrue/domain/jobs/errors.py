"""Why a request about a job is refused, and how jobs fail.

RefusalError
|-- JobNotFoundError            the network has no such job
|-- JobNotReadyError            what it is to go on from is not there: a job that is not completed
`-- JobOverError                it has ended already

WriteRaceError
`-- JobMovedError               another worker has done the step
"""

from accrue.domain.administration_errors import ConflictError
from accrue.domain.errors import AccrueError, Fault, NotFoundError, WriteRaceError


class JobNotFoundError(NotFoundError):
    """The network has no such job; `where` points at its id."""

    def __init__(self, where: str = "path:job_id") -> None:
        super().__init__(
            "There is no such job in this network.",
            [Fault(where, "is unknown here: check the id; jobs are kept for 90 days")],
        )


class JobNotReadyError(ConflictError):
    """A job speaks of another one that it can't go on from."""

    def __init__(self, message: str, remedy: str, where: str = "/of") -> None:
        super().__init__(message, [Fault(where, remedy)])


class JobOverError(ConflictError):
    """The job has ended: there is nothing to cancel."""

    def __init__(self, status: str) -> None:
        super().__init__(
            f"The job is {status} already.",
            [Fault("path:job_id", f"is {status}: only a queued or running job can be cancelled")],
        )


class JobMovedError(WriteRaceError):
    """The job is not at the step any more that was to be kept."""


class JobFailedError(AccrueError):
    """A step can't be done, now or later, for a reason that whoever started the job can read."""
