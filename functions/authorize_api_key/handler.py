"""Authorizer of the routes whose callers send their key in `X-API-Key`: the key itself."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.authorizer import key_in_header, policy_for
from accrue.runtime.settings import CatalogSettings
from accrue.runtime.snapshots import NOBODY, start_from_snapshots
from accrue.services.authorize import authorize
from accrue.storage.catalog import CatalogTable
from accrue.storage.dynamo import dynamodb_client

settings = CatalogSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
start_from_snapshots(client, lambda: catalog.find_api_key(NOBODY, NOBODY))


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The IAM policy for the key in this header; no other header is looked at."""
    return policy_for(authorize(key_in_header(event, "X-API-Key"), catalog), event)
