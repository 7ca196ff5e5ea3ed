"""POST /networks/{network_id}/activities/{activity_id}/reversal: undoes an activity."""

from functools import partial

from accrue.domain.reversal_request import parse_reversal
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.reversal_response import reversal_response
from accrue.runtime.settings import ActivitySettings
from accrue.services.dry_book import book_for
from accrue.services.reverse_activity import ReversalDesk
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
book = BalanceTable(client, settings.balance_table, ledger)


@endpoint(can_be_tried_out=True)
def lambda_handler(request: Request) -> Response:
    """200 and what was taken back, however often it is sent."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    dry_run = request.dry_run
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_reversal(body, request.path_parameter("activity_id"))
    recorder_of = partial(IdempotentRecorder, context=request.context)
    used_book = book_for(book, ledger, is_dry_run=dry_run.is_dry_run)
    desk = ReversalDesk(catalog, ledger, used_book, recorder_of)
    result = desk.reverse(parsed.request, request.caller, request.call_by(clocks))
    return reversal_response(parsed.request, result, parsed.warnings, dry_run)
