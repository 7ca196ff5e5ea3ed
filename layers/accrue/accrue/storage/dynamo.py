"""The low-level DynamoDB client, its value types, and the retries that botocore does not make."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import DYNAMODB_CONTEXT, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from accrue.storage.client_config import client_config
from accrue.storage.whole_answers import ensure_whole

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A transaction that meets another on the same item is cancelled at once; the winner needs
# milliseconds.
CONFLICT_ATTEMPTS = 10
FIRST_CONFLICT_WAIT_SECONDS = 0.02
LONGEST_CONFLICT_WAIT_SECONDS = 0.5
# Why an item of a transaction was refused whose condition did not hold.
CONDITION_FAILED = "ConditionalCheckFailed"
RETRYABLE_REASONS = frozenset(
    {
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
    }
)
# The same of a whole call, once botocore has tried again in vain.
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def dynamodb_client(tries: int = 3) -> "DynamoDBClient":
    """A client of DynamoDB, which tries each call so often and raises rather than give a part of an
    answer.
    """
    client = boto3.client("dynamodb", config=client_config(tries))
    client.meta.events.register("after-call.dynamodb", ensure_whole)
    return client


def to_item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Plain attributes as DynamoDB attribute values; floats are refused by the serializer."""
    return {name: _to_value(value) for name, value in attributes.items()}


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB attribute values as plain attributes; numbers are Decimal."""
    return {name: _from_value(value) for name, value in item.items()}


# What most values are takes the short way, to the same end: boto3 asks of each first whether it is
# one of six other things. A row is made in a sixth of the time, and read in less than half. All
# else, and what is nothing at all, boto3 decides.


def _to_value(value: Any) -> Any:  # noqa: ANN401 - any attribute
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is dict:
        return {"M": to_item(value)}
    if kind is list:
        return {"L": [_to_value(each) for each in value]}
    if kind is Decimal or kind is int:
        number = DYNAMODB_CONTEXT.create_decimal(value)
        if number.is_finite():
            return {"N": str(number)}
    return _serializer.serialize(value)


def _from_value(value: Any) -> Any:  # noqa: ANN401 - any attribute
    if "S" in value:
        return value["S"]
    if "M" in value:
        return to_attributes(value["M"])
    if "L" in value:
        return [_from_value(each) for each in value["L"]]
    if "N" in value:
        return DYNAMODB_CONTEXT.create_decimal(value["N"])
    return _deserializer.deserialize(value)


def cancellation_reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    """Why each item of a cancelled transaction failed, in the order of its items; code "None" did
    not.
    """
    return error.response.get("CancellationReasons", [])


def conflict_waits() -> Iterator[float]:
    """How long to wait before each further try: doubling, with full jitter."""
    longest = FIRST_CONFLICT_WAIT_SECONDS
    for _ in range(CONFLICT_ATTEMPTS - 1):
        yield random.uniform(0, longest)  # noqa: S311 - spreads retries, guards nothing
        longest = min(2 * longest, LONGEST_CONFLICT_WAIT_SECONDS)


def retry_conflicts[T](write: Callable[[], T]) -> T:
    """Make `write` again while it only meets other transactions or throttling.

    Any other error comes through. botocore retries neither cancelled transactions nor a
    single write that meets a transaction.
    """
    for wait in conflict_waits():
        try:
            return write()
        except ClientError as error:
            if not is_conflict(error):
                raise
        time.sleep(wait)
    return write()


def is_conflict(error: ClientError) -> bool:
    """Whether nothing but other transactions or throttling stood in the way."""
    code = error.response["Error"]["Code"]
    if code == "TransactionConflictException":
        return True
    codes = {reason.get("Code", "None") for reason in cancellation_reasons(error)} - {"None"}
    return bool(codes) and codes <= RETRYABLE_REASONS
