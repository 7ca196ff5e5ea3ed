"""GET /networks/{network_id}/activities/{activity_id}: an activity, what came of it, and why."""

from accrue.runtime.activity_view import activity_view
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.settings import ActivitySettings
from accrue.services.get_activity import ActivityReader
from accrue.storage.balances import BalanceTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

settings = ActivitySettings.from_environment()
client = dynamodb_client()
reader = ActivityReader(
    catalog=ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds),
    ledger=LedgerTable(client, settings.ledger_table),
    book=BalanceTable(client, settings.balance_table),
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and the activity as soon as its POST was answered; `pending` until it is applied."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    view = reader.get_activity(request.path_parameter("activity_id"), request.caller)
    return Response(200, activity_view(view), {"Accrue-Activity-Id": view.activity.activity_id})
