"""POST /v2/program-memberships/{program_membership_id}/activities: Hang's "record activities"."""

from accrue.domain.membership_activity_request import parse_membership_activity
from accrue.domain.recording import Call
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.recorded import recorded_headers
from accrue.runtime.settings import ActivitySettings
from accrue.runtime.snapshots import NOBODY, start_from_snapshots
from accrue.services.dry_ledger import DryLedger
from accrue.services.record_activity import ActivityRecording
from accrue.services.record_membership_activity import record_membership_activity
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable

settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
start_from_snapshots(client, lambda: catalog.find_network(NOBODY))


@endpoint(can_be_tried_out=True)
def lambda_handler(request: Request) -> Response:
    """200 and exactly the idempotency key, however often it is sent."""
    dry_run = request.dry_run
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_membership_activity(body, request.path_parameter("program_membership_id"))
    call = request.call_by(clocks)
    inserter = DryLedger(ledger) if dry_run.is_dry_run else ledger
    recording = record_membership_activity(
        parsed.request,
        request.caller,
        call,
        catalog=catalog,
        ledger=ledger,
        recorder=IdempotentRecorder(inserter, request.context),
    )
    headers = recorded_headers(
        recording.row.activity_id, replayed=recording.replayed, is_dry_run=dry_run.is_dry_run
    )
    warnings = dry_run.warnings + parsed.warnings + recording.warnings
    if dry_run.is_dry_run:
        return _tried_out(recording, call, headers, warnings)
    return Response(
        200,
        {"idempotency_key": parsed.request.idempotency_key},
        {**headers, **warnings_header(warnings)},
    )


def _tried_out(
    recording: ActivityRecording, call: Call, headers: dict[str, str], warnings: tuple[str, ...]
) -> Response:
    # Not at the start: whoever records must not wait for what decides.
    from accrue.runtime.dry_run_response import dry_run_response  # noqa: PLC0415
    from accrue.services.try_out import Trial  # noqa: PLC0415
    from accrue.storage.balances import BalanceTable  # noqa: PLC0415
    from accrue.storage.program_catalog import ProgramCatalog  # noqa: PLC0415

    book = BalanceTable(client, settings.balance_table)
    programs = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
    trial = Trial(programs, ledger, book, call.received_at)
    view = trial.view_of(recording.row, is_recorded=recording.replayed)
    return dry_run_response(
        view, replayed=recording.replayed, enrols=(), headers=headers, warnings=warnings
    )
