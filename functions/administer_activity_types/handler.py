"""/networks/{network_id}/activity-types: define, change, archive and show activity types."""

from accrue.domain.definitions import (
    contradictions_in_activity_type,
    named_in_path,
    read_definition,
)
from accrue.domain.network_parts import ActivityTypePart
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import listed_page
from accrue.runtime.representations import saved, shown
from accrue.runtime.settings import AdministrationSettings
from accrue.services.administer_activity_types import ActivityTypeAdministrator
from accrue.storage.activity_types import ActivityTypeTable
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.programs import ProgramTable

settings = AdministrationSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
activity_types = ActivityTypeAdministrator(ActivityTypeTable(table), ProgramTable(table))


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 or 201 with the activity type, or 200 with a page of them."""
    return ROUTES[request.route](request)


def list_activity_types(request: Request) -> Response:
    """The network's activity types by id."""
    page = activity_types.list(request.admin_network(), request.page)
    return Response(
        200, listed_page("activity_types", page, [t.to_document() for t in page.things])
    )


def get_activity_type(request: Request) -> Response:
    """One of them."""
    network_id = request.admin_network()
    return shown(activity_types.get(network_id, request.path_parameter("activity_type_id")))


def put_activity_type(request: Request) -> Response:
    """Define it, or change it."""
    network_id = request.admin_network()
    sent = named_in_path(
        document_body(request), "activity_type_id", request.path_parameter("activity_type_id")
    )
    part = read_definition(
        sent, ActivityTypePart, contradictions_in_activity_type, in_path="activity_type_id"
    )
    return saved(activity_types.put(network_id, part, request.precondition))


ROUTES: Routes = {
    "GET /networks/{network_id}/activity-types": list_activity_types,
    "GET /networks/{network_id}/activity-types/{activity_type_id}": get_activity_type,
    "PUT /networks/{network_id}/activity-types/{activity_type_id}": put_activity_type,
}
