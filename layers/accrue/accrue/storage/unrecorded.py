"""Why it is not known of a row that it is in the ledger, by what went wrong on the way there."""

from botocore.exceptions import ChecksumError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from accrue.domain.recording import Unrecorded, WhyUnrecorded
from accrue.storage.batch_reads import UnreadKeysError
from accrue.storage.dynamo import RETRYABLE_REASONS, THROTTLES, is_conflict

# There was no answer, or a part of one: what was asked for may have been done. A row then meets
# itself.
UNANSWERED = (NoConnectionError, HTTPClientError, ChecksumError)


def unrecorded(error: Exception) -> Unrecorded:
    """Of a row that met this. It is a failure, to be looked into, unless it was throttling."""
    if _is_throttle(error):
        return Unrecorded(WhyUnrecorded.THROTTLED)
    return Unrecorded(WhyUnrecorded.FAILED, error)


def may_do_better(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    return _is_throttle(error) or isinstance(error, UNANSWERED)


def code_of(error: Exception) -> str:
    """DynamoDB's code, if it is an error of its own."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _is_throttle(error: Exception) -> bool:
    """Whether nothing but throttling or another transaction stood in the way."""
    if isinstance(error, UnreadKeysError):
        return True
    if not isinstance(error, ClientError):
        return False
    return is_conflict(error) or code_of(error) in RETRYABLE_REASONS | THROTTLES
