"""Invoked directly with a whole network as one document; makes the catalog be as it says."""

import secrets
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.errors import RefusalError
from accrue.domain.network_document import parse_network_document
from accrue.runtime.clock import utc_now
from accrue.runtime.error_table import error_body
from accrue.runtime.settings import CatalogSettings
from accrue.services.import_catalog import CatalogImporter
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog_tables import CatalogTables
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client

logger = Logger()
settings = CatalogSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
tables = CatalogTables.over(table)
importer = CatalogImporter.over(
    tables,
    clock=NetworkClocks(tables.networks, table, utc_now),
    real_now=utc_now,
    cache_lifetime=timedelta(seconds=settings.catalog_cache_seconds),
    random_bytes=secrets.token_bytes,
)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """How much was created, updated and left as it was, what, and the keys minted now.

    A key's text is shown only this once. A document with faults is answered with an error body
    that points at every one, and nothing is written.
    """
    try:
        report = importer.import_catalog(parse_network_document(event))
    except RefusalError as refusal:
        logger.info("import refused", extra={"faults": len(refusal.faults)})
        return error_body(refusal, context.aws_request_id)
    changes = {change.value: number for change, number in report.counts.items()}
    logger.info("imported", extra={"network_id": report.network_id, "changes": changes})
    return dict(report.to_document())
