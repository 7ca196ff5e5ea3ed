"""The function behind the ledger's stream: records one at a time, each with a read and a
transaction of its own.

"Processing messages from DynamoDB" in Powertools' "Batch Processing":
docs.aws.amazon.com/powertools/python/latest/utilities/batch/
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from benchmarks.baseline.stock import Stock
from benchmarks.baseline.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

type StreamHandler = Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]


def applying_handler(
    baseline: Stock, tables: Tables, dynamodb: "DynamoDBServiceResource"
) -> StreamHandler:
    """The function behind the stream. The rule is that a value of 50 is worth 50 points."""
    logger = Logger(service=baseline.name)
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
    balances = dynamodb.Table(tables.balance)

    def record_handler(record: DynamoDBRecord) -> None:
        assert record.dynamodb, "the stream has the new image"
        row = record.dynamodb.new_image or {}
        partition = f"{row['network_id']}#M#{row['program_membership_id']}"
        key = {"membership_key": partition, "item_key": "BALANCE"}
        balance = balances.get_item(Key=key, ConsistentRead=True).get("Item", key)
        posting = {
            "membership_key": partition,
            "item_key": f"POSTING#{row['recorded_at']}#{baseline.posting_id(row)}",
            "activity_id": row["activity_id"],
            "activity_type_id": row["activity_type_id"],
            "points": row["value"],
            "posted_at": datetime.now(UTC).isoformat(),
        }
        baseline.post(
            balances.meta.client,
            {"TableName": tables.balance, "Item": posting},
            _put_after(balance, row["value"], tables.balance),
        )

    @logger.inject_lambda_context(log_event=True)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        return process_partial_response(
            event=event, record_handler=record_handler, processor=processor, context=context
        )

    return lambda_handler


def _put_after(balance: dict[str, Any], points: Decimal, table: str) -> "PutTypeDef":
    version = balance.get("version", 0)
    after = {**balance, "points": balance.get("points", 0) + points, "version": version + 1}
    if not version:
        condition = "attribute_not_exists(item_key)"
        return {"TableName": table, "Item": after, "ConditionExpression": condition}
    return {
        "TableName": table,
        "Item": after,
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": version},
    }
