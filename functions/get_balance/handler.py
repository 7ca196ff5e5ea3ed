"""GET /v2/program-memberships/{program_membership_id}/balance: a balance as of a moment."""

from accrue.domain.amounts import canonical_text
from accrue.domain.history_queries import moment_asked_for
from accrue.domain.timestamps import to_text
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.settings import ActivitySettings
from accrue.services.get_balance import BalanceTeller
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.history import MembershipHistory
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
teller = BalanceTeller(
    catalog=catalog,
    history=MembershipHistory(client, settings.balance_table),
    ledger=LedgerTable(client, settings.ledger_table),
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and the balance, by when things were recorded and by when they occurred."""
    now = clocks.now(request.caller.network_id)
    as_of = moment_asked_for(request.parameters, request.repeated_parameters, now)
    view = teller.get_balance(
        request.path_parameter("program_membership_id"), request.caller, as_of, now
    )
    return Response(
        200,
        {
            "program_membership_id": view.membership.program_membership_id,
            "as_of": to_text(as_of),
            "points_unit": view.points_unit,
            "by_recorded_at": canonical_text(view.balance.by_recorded_at),
            "by_occurred_at": canonical_text(view.balance.by_occurred_at),
        },
    )
