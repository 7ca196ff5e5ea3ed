"""Invoked directly with a whole network as one document; makes the catalog be as it says."""

import secrets
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.changes import Change
from accrue.domain.errors import InvalidNetworkDocumentError
from accrue.domain.network_document import parse_network_document
from accrue.runtime.clock import utc_now
from accrue.runtime.error_table import error_body
from accrue.runtime.settings import CatalogSettings
from accrue.services.import_catalog import CatalogImporter, ImportReport
from accrue.storage.catalog_writer import CatalogWriterTable
from accrue.storage.dynamo import dynamodb_client

logger = Logger()
settings = CatalogSettings.from_environment()
catalog = CatalogWriterTable(dynamodb_client(), settings.catalog_table)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """How much was created, updated and left as it was, and the keys minted now.

    A key's text is shown only this once. A document with faults is answered with an error body
    that points at every one, and nothing is written.
    """
    importer = CatalogImporter(
        catalog=catalog,
        now=utc_now,
        cache_lifetime=timedelta(seconds=settings.catalog_cache_seconds),
        random_bytes=secrets.token_bytes,
    )
    try:
        report = importer.import_catalog(parse_network_document(event))
    except InvalidNetworkDocumentError as refusal:
        logger.info("import refused", extra={"faults": len(refusal.faults)})
        return error_body(refusal, context.aws_request_id)
    logger.info("imported", extra={"network_id": report.network_id, "changes": _counts(report)})
    return {
        "network_id": report.network_id,
        **_counts(report),
        "api_keys": [
            {"key_id": key.key_id, "role": key.role, "api_key": key.api_key}
            for key in report.minted
        ],
    }


def _counts(report: ImportReport) -> dict[str, int]:
    return {change.value: report.changes[change] for change in Change}
