"""/networks/{network_id}/programs: publish versions of programs, show and compare them."""

from datetime import timedelta

from accrue.domain.administration_errors import ProgramVersionNotFoundError
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.preconditions import etag_of
from accrue.runtime.clock import utc_now
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import listed_page
from accrue.runtime.representations import saved, shown
from accrue.runtime.settings import CatalogSettings
from accrue.services.administer_programs import ProgramAdministrator
from accrue.storage.activity_types import ActivityTypeTable
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.networks import NetworkTable
from accrue.storage.programs import ProgramTable

settings = CatalogSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
networks = NetworkTable(table)
programs = ProgramAdministrator(
    ProgramTable(table),
    networks,
    ActivityTypeTable(table),
    NetworkClocks(networks, table, utc_now),
    timedelta(seconds=settings.catalog_cache_seconds),
)
MAX_VERSION_DIGITS = 8


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 or 201 with a version of a program, 200 with a page of them or what changed."""
    return ROUTES[request.route](request)


def list_programs(request: Request) -> Response:
    """The network's programs by id, with their latest versions."""
    page = programs.list(request.admin_network(), request.page)
    return Response(200, listed_page("programs", page, [p.to_document() for p in page.things]))


def get_program(request: Request) -> Response:
    """The latest version, and which one is in force; the ETag is the latest version's."""
    program = programs.get(request.admin_network(), request.path_parameter("program_id"))
    body = {**program.latest.to_document(), "version_in_force": program.version_in_force}
    return Response(200, body, {"ETag": etag_of(program.latest)})


def put_program(request: Request) -> Response:
    """Publish a version, unless the latest says the same."""
    network_id = request.admin_network()
    program_id = request.path_parameter("program_id")
    sent = document_body(request)
    return saved(programs.publish(network_id, program_id, sent, request.precondition))


def list_versions(request: Request) -> Response:
    """The program's versions, newest first."""
    network_id, program_id = request.admin_network(), request.path_parameter("program_id")
    page = programs.list_versions(network_id, program_id, request.page)
    return Response(200, listed_page("versions", page, [v.to_document() for v in page.things]))


def get_version(request: Request) -> Response:
    """One of them."""
    network_id, program_id = request.admin_network(), request.path_parameter("program_id")
    version = _version_number(request.path_parameter("version"))
    if version is None:
        raise ProgramVersionNotFoundError
    return shown(programs.get_version(network_id, program_id, version))


def compare_versions(request: Request) -> Response:
    """What changed from a version to another."""
    network_id, program_id = request.admin_network(), request.path_parameter("program_id")
    earlier, later = _version_in_query(request, "from"), _version_in_query(request, "to")
    return Response(200, programs.compare(network_id, program_id, earlier, later).to_document())


def _version_in_query(request: Request, name: str) -> int | None:
    text = request.query(name)
    if text is None:
        return None
    version = _version_number(text)
    if version is None:
        remedy = "is not a version: send its number, such as 1"
        raise InvalidRequestError.of(Fault(f"query:{name}", remedy))
    return version


def _version_number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_VERSION_DIGITS
    return int(text) if is_number else None


ROUTES: Routes = {
    "GET /networks/{network_id}/programs": list_programs,
    "GET /networks/{network_id}/programs/{program_id}": get_program,
    "PUT /networks/{network_id}/programs/{program_id}": put_program,
    "GET /networks/{network_id}/programs/{program_id}/versions": list_versions,
    "GET /networks/{network_id}/programs/{program_id}/versions/{version}": get_version,
    "GET /networks/{network_id}/programs/{program_id}/diff": compare_versions,
}
