"""What is logged of memberships whose due points would not be posted."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger


def log_due_failures(logger: Logger, network_id: str, failures: Mapping[str, Exception]) -> None:
    """A line for each, with its ids; `failures` are by membership id."""
    for program_membership_id, error in failures.items():
        logger.error(
            "due points not applied",
            exc_info=error,
            extra={"network_id": network_id, "program_membership_id": program_membership_id},
        )
