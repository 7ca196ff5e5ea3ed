"""The ledger's stream once more, for what must never be in it: rows that were changed or deleted.

No code of ours does either, so somebody did it with rights of his own, or with the role of a
function that puts rows. The alarm is on this function being invoked at all; what it logs says which
rows.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Log the key of each row, and nothing of what is in it now: that is somebody's text."""
    for record in event["Records"]:
        change = record["dynamodb"]
        logger.critical(
            "ledger row changed",
            extra={
                "change": record["eventName"],
                "activity_key": change["Keys"]["activity_key"]["S"],
                "sequence_number": change["SequenceNumber"],
                "changed_at_seconds": change.get("ApproximateCreationDateTime"),
            },
        )
    logger.info("watched", extra={"records": len(event["Records"])})
