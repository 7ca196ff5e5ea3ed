"""/networks: make networks, change and show them."""

import secrets

from accrue.domain.definitions import contradictions_in_network, named_in_path, read_definition
from accrue.domain.network_parts import NetworkPart
from accrue.runtime.clock import utc_now
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import listed_page
from accrue.runtime.representations import saved, shown
from accrue.runtime.settings import AdministrationSettings
from accrue.services.administer_networks import NetworkAdministrator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.networks import NetworkTable
from accrue.storage.programs import ProgramTable

settings = AdministrationSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
stored = NetworkTable(table)
networks = NetworkAdministrator(
    stored, ProgramTable(table), NetworkClocks(stored, table, utc_now), secrets.token_bytes
)


@endpoint(accepts_operator=True)
def lambda_handler(request: Request) -> Response:
    """200 or 201 with the network, or 200 with a page of them."""
    return ROUTES[request.route](request)


def list_networks(request: Request) -> Response:
    """The ids of all networks, for the operator."""
    request.caller.ensure_operator()
    page = networks.list(request.page)
    return Response(200, listed_page("networks", page, [n.network_id for n in page.things]))


def get_network(request: Request) -> Response:
    """One of them, for the operator and its admins."""
    network_id = request.path_parameter("network_id")
    request.caller.ensure_operator_or_admin(network_id)
    return shown(networks.get(network_id))


def put_network(request: Request) -> Response:
    """Make it, which only the operator may, or change it."""
    network_id = request.path_parameter("network_id")
    request.caller.ensure_operator_or_admin(network_id)
    sent = named_in_path(document_body(request), "network_id", network_id)
    part = read_definition(sent, NetworkPart, contradictions_in_network, in_path="network_id")
    is_operator = request.caller.is_operator
    return saved(networks.put(part, request.precondition, may_create=is_operator))


ROUTES: Routes = {
    "GET /networks": list_networks,
    "GET /networks/{network_id}": get_network,
    "PUT /networks/{network_id}": put_network,
}
