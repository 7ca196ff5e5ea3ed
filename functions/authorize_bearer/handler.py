"""Authorizer of the routes whose callers send their key in `Authorization`: a bearer token."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.authorizer import key_in_header, policy_for
from accrue.runtime.settings import BearerSettings
from accrue.runtime.snapshots import NOBODY, start_from_snapshots
from accrue.services.authorize import authorize, authorize_operator
from accrue.storage.catalog import CatalogTable
from accrue.storage.dynamo import dynamodb_client

settings = BearerSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
start_from_snapshots(client, lambda: catalog.find_api_key(NOBODY, NOBODY))


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The IAM policy for the key in this header; no other header is looked at."""
    key = key_in_header(event, "Authorization", scheme="Bearer ")
    operator = authorize_operator(key, settings.operator_key_sha256)
    return policy_for(operator or authorize(key, catalog), event)
