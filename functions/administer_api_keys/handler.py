"""/networks/{network_id}/api-keys: issue, list and revoke API keys."""

import secrets

from accrue.domain.definitions import read_definition
from accrue.domain.network_parts import ApiKeyPart
from accrue.runtime.clock import utc_now
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import listed_page
from accrue.runtime.settings import AdministrationSettings
from accrue.services.administer_api_keys import ApiKeyAdministrator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.api_keys import ApiKeyTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.networks import NetworkTable

settings = AdministrationSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
api_keys = ApiKeyAdministrator(
    ApiKeyTable(table), NetworkTable(table), utc_now, secrets.token_bytes
)


@endpoint(accepts_operator=True)
def lambda_handler(request: Request) -> Response:
    """201 with a new key and its secret, 200 with a key or a page of them."""
    return ROUTES[request.route](request)


def list_api_keys(request: Request) -> Response:
    """The network's keys by id, revoked ones too, without anything secret."""
    page = api_keys.list(_network_of(request), request.page)
    return Response(200, listed_page("api_keys", page, [k.to_document() for k in page.things]))


def issue_api_key(request: Request) -> Response:
    """Mint a key; its text is in this answer and in no other."""
    network_id = _network_of(request)
    issued = api_keys.issue(network_id, read_definition(document_body(request), ApiKeyPart))
    return Response(201, issued.to_document())


def revoke_api_key(request: Request) -> Response:
    """Make it open nothing any more."""
    network_id = _network_of(request)
    revoked = api_keys.revoke(network_id, request.path_parameter("key_id"))
    return Response(200, revoked.to_document())


def _network_of(request: Request) -> str:
    network_id = request.path_parameter("network_id")
    request.caller.ensure_operator_or_admin(network_id)
    return network_id


ROUTES: Routes = {
    "GET /networks/{network_id}/api-keys": list_api_keys,
    "POST /networks/{network_id}/api-keys": issue_api_key,
    "POST /networks/{network_id}/api-keys/{key_id}/revoke": revoke_api_key,
}
