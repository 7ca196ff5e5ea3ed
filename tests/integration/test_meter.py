"""What the meter counts that a request does not say: it is in the table."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.meter import Meter, Units
from tests.integration.tables import table_definitions
from tests.integration.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"membership_key": {"S": "demo#M#1"}, "item_key": {"S": "BALANCE"}}
LARGE = KEY | {"text": {"S": "x" * 3000}}
KEPT = "attribute_not_exists(item_key)"

type Write = Callable[["DynamoDBClient"], Any]


def overwrite(client: "DynamoDBClient") -> None:
    client.put_item(TableName="balance", Item=KEY)


def update(client: "DynamoDBClient") -> None:
    values = {":text": {"S": "short"}}
    client.update_item(
        TableName="balance",
        Key=KEY,
        UpdateExpression="SET note = :text",
        ExpressionAttributeValues=values,
    )


def delete(client: "DynamoDBClient") -> None:
    client.delete_item(TableName="balance", Key=KEY)


def refused(client: "DynamoDBClient") -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client.put_item(TableName="balance", Item=KEY, ConditionExpression=KEPT)


def refused_in_a_transaction(client: "DynamoDBClient") -> None:
    put: Any = {"TableName": "balance", "Item": KEY, "ConditionExpression": KEPT}
    with pytest.raises(ClientError, match="TransactionCanceled"):
        client.transact_write_items(TransactItems=[{"Put": put}])


@pytest.mark.parametrize(
    ("write", "times"),
    [(overwrite, 1), (update, 1), (delete, 1), (refused, 1), (refused_in_a_transaction, 2)],
)
def test_a_write_costs_what_is_there(empty_world: World, write: Write, times: int) -> None:
    empty_world.client.put_item(TableName="balance", Item=LARGE)
    client = boto3.client("dynamodb")
    meter = Meter(empty_world.client, table_definitions())
    meter.watch([client])

    write(client)

    assert meter.take() == Units(writes=3 * times)
    assert meter.take() == Units()


def test_what_is_refused_costs_as_if_it_were_written(empty_world: World) -> None:
    empty_world.client.put_item(TableName="balance", Item=KEY)
    client = boto3.client("dynamodb")
    meter = Meter(empty_world.client, table_definitions())
    meter.watch([client])

    # It would have had an entry in an index.
    due = {"due_shard": {"S": "0"}, "due_at": {"S": "2026-04-01"}}
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        client.put_item(TableName="balance", Item=LARGE | due, ConditionExpression=KEPT)

    assert meter.take() == Units(writes=3)
