"""POST /v2/program-memberships/{program_membership_id}/holds: sets points aside."""

from functools import partial

from accrue.domain.points_order import parse_hold
from accrue.domain.timestamps import to_text
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.order_response import order_response, shown_points
from accrue.runtime.settings import ActivitySettings
from accrue.services.dry_book import book_for
from accrue.services.hold_points import hold_points
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
    """200 and which points are held until when, however often it is sent."""
    dry_run = request.dry_run
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_hold(body, request.path_parameter("program_membership_id"))
    used_book = book_for(book, ledger, is_dry_run=dry_run.is_dry_run)
    recorder_of = partial(IdempotentRecorder, context=request.context)
    desk = OrderDesk(catalog, ledger, used_book, recorder_of)
    result = hold_points(parsed.order, request.caller, request.call_by(clocks), desk)
    assert result.row.hold_expires_at is not None
    shown = {
        "hold_id": result.row.activity_id,
        **shown_points(result),
        "expires_at": to_text(result.row.hold_expires_at),
    }
    return order_response(parsed.order, result, shown, parsed.warnings, dry_run)
