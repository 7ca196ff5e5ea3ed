"""Moto answers, and undoes, what it would without `quick_moto`."""

from moto import mock_aws  # isort: skip

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.integration.conftest import MOTO
from tests.integration.quick_moto import install_quick_moto

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"balance": ("p", "s"), "ledger": ("p",)}
RICH: dict[str, Any] = {
    "p": {"S": "one"},
    "s": {"S": "first"},
    "list": {"L": [{"N": "1"}, {"M": {"deep": {"BOOL": False}, "none": {"NULL": True}}}]},
    "set": {"SS": ["a", "b"]},
    "empty": {"M": {}},
}
OTHER = {"p": {"S": "one"}, "s": {"S": "second"}}


def _put(table: str, item: dict[str, Any], condition: str = "attribute_not_exists(p)") -> Any:
    put = {"TableName": table, "Item": item, "ConditionExpression": condition}
    return {"Put": put | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}


def _play(client: "DynamoDBClient") -> list[Any]:
    """What is answered to each of some calls, and what is in the tables after it."""
    for table, names in KEY.items():
        client.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=[
                {"AttributeName": n, "KeyType": kind}  # type: ignore[typeddict-item]
                for n, kind in zip(names, ("HASH", "RANGE"), strict=False)
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    seen: list[Any] = []
    changed = {**RICH, "list": {"L": []}}
    for items in (
        [_put("balance", RICH), _put("ledger", {"p": {"S": "row"}})],
        [_put("balance", OTHER), _put("balance", RICH)],
        [_put("balance", changed, "attribute_exists(p)"), _put("ledger", {"p": {"S": "row"}})],
        [_put("ledger", {"p": {"S": "new"}}), _put("balance", OTHER, "attribute_exists(p)")],
        [_put("balance", OTHER), _put("balance", OTHER)],
        [_put("balance", changed, "attribute_exists(p)"), _put("ledger", {"p": {"S": "new"}})],
    ):
        try:
            seen.append(client.transact_write_items(TransactItems=items))
        except ClientError as refused:
            seen.append(refused.response)
        seen += [client.scan(TableName=table) for table in KEY]
        seen += [{"changes": _changes(table)} for table in KEY]
    seen.append(client.get_item(TableName="balance", Key={"p": RICH["p"], "s": RICH["s"]}))
    seen.append(
        client.query(
            TableName="balance",
            KeyConditionExpression="p = :p",
            ExpressionAttributeValues={":p": RICH["p"]},
        )
    )
    for each in seen:
        each.pop("ResponseMetadata", None)
    return seen


def _changes(table: str) -> list[Any]:
    """What the table's stream tells, but for ids and times."""
    tables: dict[str, Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
    changes = [each.to_json() for each in tables[table].stream_shard.items]
    return [(each["eventName"], each["dynamodb"].get("NewImage")) for each in changes]


def test_what_is_done_quickly_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws(config=MOTO):
        slow = _play(boto3.client("dynamodb", region_name="us-east-1"))
    install_quick_moto(monkeypatch)

    with mock_aws(config=MOTO):
        quick = _play(boto3.client("dynamodb", region_name="us-east-1"))

    assert quick == slow
    assert sum("CancellationReasons" in each for each in slow) == 3
