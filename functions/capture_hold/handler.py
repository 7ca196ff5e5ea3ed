"""POST /v2/program-memberships/{program_membership_id}/holds/{hold_id}/capture."""

from functools import partial

from accrue.domain.points_order import parse_capture
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.order_response import order_response, shown_closing
from accrue.runtime.settings import ActivitySettings
from accrue.services.capture_hold import capture_hold
from accrue.services.dry_book import book_for
from accrue.services.order_points import OrderDesk
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
    """200 and what of the hold was spent, however often it is sent."""
    dry_run = request.dry_run
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    membership = request.path_parameter("program_membership_id")
    parsed = parse_capture(body, membership, request.path_parameter("hold_id"))
    used_book = book_for(book, ledger, is_dry_run=dry_run.is_dry_run)
    recorder_of = partial(IdempotentRecorder, context=request.context)
    desk = OrderDesk(catalog, ledger, used_book, recorder_of)
    result = capture_hold(parsed.order, request.caller, request.call_by(clocks), desk)
    shown = {"capture_id": result.row.activity_id, **shown_closing(result)}
    return order_response(parsed.order, result, shown, parsed.warnings, dry_run)
