"""/networks/{network_id}/clock: a sandbox's clock, which admins move forward."""

from aws_lambda_powertools import Logger

from accrue.domain.clock_move import ClockMove
from accrue.domain.definitions import read_definition
from accrue.runtime.clock import utc_now
from accrue.runtime.document_body import document_body
from accrue.runtime.due_log import log_due_failures
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.settings import ActivitySettings
from accrue.services.administer_clock import ClockAdministrator
from accrue.services.apply_due import DueApplier
from accrue.services.apply_rules import RuleApplier
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import ClockTable
from accrue.storage.due_balances import DueBalances
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.networks import NetworkTable
from accrue.storage.program_catalog import ProgramCatalog

logger = Logger()
settings = ActivitySettings.from_environment()
client = dynamodb_client()
table = AdministrationTable(client, settings.catalog_table)
clocks = ClockAdministrator(NetworkTable(table), ClockTable(table), utc_now)
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
book = BalanceTable(client, settings.balance_table, LedgerTable(client, settings.ledger_table))
due_balances = DueBalances(client, settings.balance_table)
# One membership, its write retried until decided, takes less.
LEAST_TIME_LEFT_MS = 8_000


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 with what the clock shows."""
    return ROUTES[request.route](request)


def get_clock(request: Request) -> Response:
    """What time it is in the sandbox."""
    return Response(200, clocks.get(request.admin_network()).to_document())


def move_clock(request: Request) -> Response:
    """Make it a later time, and post what is due by then."""
    network_id = request.admin_network()
    move = read_definition(document_body(request), ClockMove)
    moved = clocks.move(network_id, move.now, _due_applier(request))
    log_due_failures(logger, network_id, moved.due.failures)
    return Response(200, moved.to_document())


def _due_applier(request: Request) -> DueApplier:
    return DueApplier(
        catalog=catalog,
        finder=due_balances,
        applier=RuleApplier(catalog, book, utc_now),
        has_time=lambda: request.context.get_remaining_time_in_millis() > LEAST_TIME_LEFT_MS,
        request_id=request.call.request_id,
    )


ROUTES: Routes = {
    "GET /networks/{network_id}/clock": get_clock,
    "POST /networks/{network_id}/clock": move_clock,
}
