"""The tables as the template defines them, made on moto."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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

# What CloudFormation is told of a table, by its name.
type Definitions = Mapping[str, Mapping[str, Any]]


def table_definitions() -> Definitions:
    """The template's."""
    resources = template()["Resources"]
    return {name: resources[logical_id]["Properties"] for logical_id, name in TABLES.items()}


def create_tables(client: "DynamoDBClient", definitions: Definitions | None = None) -> None:
    """Make the tables, the template's by default, with their keys and indexes."""
    for name, properties in (definitions or table_definitions()).items():
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
