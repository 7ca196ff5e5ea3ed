"""What goes wrong around webhooks, beside what an administrator is refused."""

from accrue.domain.administration_errors import ConflictError
from accrue.domain.errors import AccrueError, Fault, WriteRaceError


class DeliveryMovedError(WriteRaceError):
    """The delivery is not as it was read. Nothing was written."""


class AttemptTooEarlyError(AccrueError):
    """The order came while another of its delivery's attempts is under way, or is not written down
    yet.
    """


class QueueRefusedError(AccrueError):
    """The queue went on refusing messages: nobody knows which of them it has."""


class WebhookDisabledError(ConflictError):
    """The webhook is sent nothing while it is disabled."""

    def __init__(self) -> None:
        super().__init__(
            "The webhook is disabled; nothing was sent.",
            [Fault("path:webhook_id", "is disabled: enable it with a PUT first")],
        )


class TooManyWebhooksError(ConflictError):
    """The network has as many webhooks as it may."""

    def __init__(self, most: int) -> None:
        remedy = f"would be one more than {most}: change one that you no longer need"
        super().__init__(
            f"A network has at most {most} webhooks; nothing was written.",
            [Fault("path:webhook_id", remedy)],
        )


class UnreachableUrlError(AccrueError):
    """Nothing will be sent to the URL; the message says why, as a remedy for who chose it."""
