"""/networks/{network_id}/users: make, change, show, suspend, reinstate and forget users."""

from accrue.domain.definitions import named_in_path, read_definition
from accrue.domain.network_parts import UserPart
from accrue.domain.suspension_part import SuspensionPart
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import listed_page
from accrue.runtime.representations import saved, shown
from accrue.runtime.settings import AdministrationSettings
from accrue.services.administer_users import UserAdministrator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.networks import NetworkTable
from accrue.storage.users import UserTable

settings = AdministrationSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
users = UserAdministrator(NetworkTable(table), UserTable(table))


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 or 201 with the user, or 200 with a page of them."""
    return ROUTES[request.route](request)


def list_users(request: Request) -> Response:
    """The network's users by id, forgotten ones too."""
    page = users.list(request.admin_network(), request.page)
    return Response(200, listed_page("users", page, [u.to_document() for u in page.things]))


def get_user(request: Request) -> Response:
    """One of them."""
    return shown(users.get(request.admin_network(), request.path_parameter("user_id")))


def put_user(request: Request) -> Response:
    """Make the user, or change what may be changed."""
    network_id = request.admin_network()
    sent = named_in_path(document_body(request), "user_id", request.path_parameter("user_id"))
    part = read_definition(sent, UserPart, in_path="user_id")
    return saved(users.put(network_id, part, request.precondition))


def suspend_user(request: Request) -> Response:
    """From now on the user earns nothing. The body may be left out."""
    network_id = request.admin_network()
    sent = document_body(request) if request.body else {}
    part = read_definition(sent, SuspensionPart)
    return shown(users.suspend(network_id, request.path_parameter("user_id"), part.reason))


def reinstate_user(request: Request) -> Response:
    """From now on the user earns again."""
    return shown(users.reinstate(request.admin_network(), request.path_parameter("user_id")))


def forget_user(request: Request) -> Response:
    """Whatever tells who the user is, is deleted for ever."""
    return shown(users.forget(request.admin_network(), request.path_parameter("user_id")))


ROUTES: Routes = {
    "GET /networks/{network_id}/users": list_users,
    "GET /networks/{network_id}/users/{user_id}": get_user,
    "PUT /networks/{network_id}/users/{user_id}": put_user,
    "POST /networks/{network_id}/users/{user_id}/suspend": suspend_user,
    "POST /networks/{network_id}/users/{user_id}/reinstate": reinstate_user,
    "POST /networks/{network_id}/users/{user_id}/forget": forget_user,
}
