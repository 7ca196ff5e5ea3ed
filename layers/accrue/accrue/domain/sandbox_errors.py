"""Why a request about a sandbox or its clock is refused; see `domain.administration_errors`."""

from accrue.domain.administration_errors import ConflictError
from accrue.domain.errors import Fault


class SandboxFixedError(ConflictError):
    """Whether a network is a sandbox is said when it is made, and never changes."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("A network can't become a sandbox, nor cease to be one.", [fault])


class NotASandboxError(ConflictError):
    """Only a sandbox has a clock of its own."""

    def __init__(self) -> None:
        super().__init__(
            "Only a sandbox has a clock.",
            [
                Fault(
                    "path:network_id",
                    "is no sandbox, and its time is real time: make a network with is_sandbox",
                )
            ],
        )


class ClockGoesForwardOnlyError(ConflictError):
    """The clock shows a later time than it is to be moved to."""

    def __init__(self, shown: str) -> None:
        super().__init__(
            "The clock goes forward only.",
            [Fault("/now", f"is earlier than what the clock shows: send a time after {shown}")],
        )
