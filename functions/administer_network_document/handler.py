"""/networks/{network_id}/document: a network's definitions as one document."""

import secrets
from datetime import timedelta

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.runtime.clock import utc_now
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.representations import shown
from accrue.runtime.settings import CatalogSettings
from accrue.services.administer_network_document import NetworkDocumentAdministrator
from accrue.services.import_catalog import CatalogImporter
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog_tables import CatalogTables
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client

settings = CatalogSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
tables = CatalogTables.over(table)
documents = NetworkDocumentAdministrator(
    CatalogImporter.over(
        tables,
        clock=NetworkClocks(tables.networks, table, utc_now),
        real_now=utc_now,
        cache_lifetime=timedelta(seconds=settings.catalog_cache_seconds),
        random_bytes=secrets.token_bytes,
    )
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 with the definitions, what a document would change of them, or what it did."""
    return ROUTES[request.route](request)


def export_document(request: Request) -> Response:
    """All that the network defines, to be imported here or elsewhere."""
    return shown(documents.export(request.admin_network()))


def import_document(request: Request) -> Response:
    """Make the network be as the document says; keys are shown this once."""
    network_id = request.admin_network()
    _ensure_unconditional(request)
    report = documents.import_document(network_id, document_body(request))
    return Response(200, report.to_document())


def _ensure_unconditional(request: Request) -> None:
    """Whoever sends a condition relies on it, and the parts are written one after the other."""
    for header in ("If-Match", "If-None-Match"):
        if request.header(header):
            remedy = "is not looked at by an import: leave it out, and compare with /document/diff"
            raise InvalidRequestError.of(Fault(f"header:{header}", remedy))


def compare_document(request: Request) -> Response:
    """What an import of the document would change, without changing it."""
    network_id = request.admin_network()
    differences = documents.compare(network_id, document_body(request))
    listed = [each.to_document() for each in differences]
    return Response(200, {"network_id": network_id, "differences": listed})


ROUTES: Routes = {
    "GET /networks/{network_id}/document": export_document,
    "PUT /networks/{network_id}/document": import_document,
    "POST /networks/{network_id}/document/diff": compare_document,
}
