"""The tables as the template defines them, made on moto."""

from typing import TYPE_CHECKING

from tests.template import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = {
    "LedgerTable": "ledger",
    "BalanceTable": "balance",
    "CatalogTable": "catalog",
    "EventTable": "events",
    "JobTable": "jobs",
}


def create_tables(client: "DynamoDBClient") -> None:
    """Make the tables with the template's keys, indexes and streams."""
    for logical_id, name in TABLES.items():
        properties = template()["Resources"][logical_id]["Properties"]
        optional = {
            wanted: properties[wanted]
            for wanted in ("GlobalSecondaryIndexes",)
            if wanted in properties
        }
        client.create_table(
            TableName=name,
            AttributeDefinitions=properties["AttributeDefinitions"],
            KeySchema=properties["KeySchema"],
            BillingMode="PAY_PER_REQUEST",
            **optional,
        )
