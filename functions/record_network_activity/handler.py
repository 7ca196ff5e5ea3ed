"""POST /networks/{network_id}/activity: Village's activity API."""

from accrue.domain.network_activity_request import parse_network_activity
from accrue.domain.recording import Call
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.recorded import recorded_headers
from accrue.runtime.settings import ActivitySettings
from accrue.runtime.snapshots import NOBODY, start_from_snapshots
from accrue.services.dry_enrolments import DryEnrolments
from accrue.services.dry_ledger import DryLedger
from accrue.services.enrol import AutomaticEnroller
from accrue.services.record_activity import ActivityRecording
from accrue.services.record_network_activity import NetworkRecorder
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.users import UserTable

settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
users = UserTable(AdministrationTable(client, settings.catalog_table))
start_from_snapshots(client, lambda: catalog.find_network(NOBODY))


@endpoint(catalog_refusal_status=400, can_be_tried_out=True)
def lambda_handler(request: Request) -> Response:
    """201 and the activity's id; for a duplicate the id of the first one."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    dry_run = request.dry_run
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_network_activity(body, request.header("Idempotency-Key"))
    call = request.call_by(clocks)
    enrolments = DryEnrolments(users)
    recorder = NetworkRecorder(
        catalog,
        ledger,
        IdempotentRecorder(DryLedger(ledger) if dry_run.is_dry_run else ledger, request.context),
        AutomaticEnroller(enrolments if dry_run.is_dry_run else users, catalog),
    )
    recording = recorder.record(parsed.request, request.caller, call)
    headers = recorded_headers(
        recording.named_id, replayed=recording.replayed, is_dry_run=dry_run.is_dry_run
    )
    if recording.duplicate_of is not None:
        headers["Accrue-Duplicate-Of"] = recording.duplicate_of
    warnings = dry_run.warnings + parsed.warnings + recording.warnings
    if dry_run.is_dry_run:
        return _tried_out(recording, call, enrolments, headers, warnings)
    return Response(
        201, {"activity_id": recording.named_id}, {**headers, **warnings_header(warnings)}
    )


def _tried_out(
    recording: ActivityRecording,
    call: Call,
    enrolments: DryEnrolments,
    headers: dict[str, str],
    warnings: tuple[str, ...],
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
        view,
        replayed=recording.replayed,
        enrols=enrolments.made,
        headers=headers,
        warnings=warnings,
    )
