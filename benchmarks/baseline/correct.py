"""The stock baseline made correct: what is done again comes to the same row and the same posting.

The idempotency layer forgets a key that expires, and one whose function died before its result was
kept; the stream delivers again whatever it likes.
"""

from hashlib import sha256
from typing import TYPE_CHECKING, override

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyValidationError

from benchmarks.baseline.models import Submission
from benchmarks.baseline.stock import Item, Stock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

CONDITION_FAILED = "ConditionalCheckFailed"


class Correct(Stock):
    """Ids that follow from what they are of, and conditions on their absence."""

    name = "correct"

    @override
    def identity(self, submitted: Submission) -> dict[str, str]:
        key = f"{submitted.network_id}#{submitted.body.idempotency_key}"
        return {"activity_id": _digest(key), "payload_hash": _digest(submitted.model_dump_json())}

    @override
    def insert(self, ledger: "Table", row: Item) -> None:
        try:
            ledger.put_item(
                Item=row,
                ConditionExpression="attribute_not_exists(activity_key)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ledger.meta.client.exceptions.ConditionalCheckFailedException as refused:
            # The row is there; the layer had forgotten its key.
            stored: Item = refused.response["Item"]  # type: ignore[typeddict-item]
            if stored["payload_hash"]["S"] != row["payload_hash"]:
                raise IdempotencyValidationError("the key is another payload's") from refused

    @override
    def posting_id(self, row: Item) -> str:
        activity_id: str = row["activity_id"]
        return activity_id

    @override
    def post(self, client: "DynamoDBClient", posting: "PutTypeDef", balance: "PutTypeDef") -> None:
        marker: PutTypeDef = {**posting, "ConditionExpression": "attribute_not_exists(item_key)"}
        try:
            super().post(client, marker, balance)
        except client.exceptions.TransactionCanceledException as cancelled:
            # Applied already, if the posting is what is in the way.
            if cancelled.response["CancellationReasons"][0]["Code"] != CONDITION_FAILED:
                raise


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
