"""POST /networks/{network_id}/activities/batch: many activities, in either form."""

from collections.abc import Mapping, Sequence

from aws_lambda_powertools import Logger

from accrue.domain.batch_row import BatchRow, check_batch_key, parse_batch_row
from accrue.domain.errors import RefusalError
from accrue.domain.ledger_row import LedgerRow
from accrue.domain.recording import Unrecorded
from accrue.runtime.at_once import at_once
from accrue.runtime.batch_body import split_rows
from accrue.runtime.batch_response import (
    RowResult,
    batch_response,
    recorded_result,
    refused_result,
    unrecorded_result,
)
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.settings import BatchSettings
from accrue.runtime.snapshots import NOBODY, start_from_snapshots
from accrue.services.dry_enrolments import DryEnrolments
from accrue.services.dry_ledger import DryLedgerOfMany
from accrue.services.record_activity import ActivityRecording
from accrue.services.record_activity_batch import BatchRecorder
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.batch_catalog import BatchCatalog
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.ledger_inserts import LedgerInserts
from accrue.storage.unrecorded import unrecorded
from accrue.storage.users import UserTable

# A call is given up after two tries of three seconds with a second in between, and then the answer
# has to be written.
TRIES_A_CALL = 2
LEAST_TIME_MS = 8_000

logger = Logger()
settings = BatchSettings.from_environment()
client = dynamodb_client(TRIES_A_CALL)
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
users = UserTable(AdministrationTable(client, settings.catalog_table))
start_from_snapshots(client, lambda: catalog.find_network(NOBODY))


@endpoint(can_be_tried_out=True)
def lambda_handler(request: Request) -> Response:
    """200 and a result for each row, in their order."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    dry_run = request.dry_run
    batch_key = check_batch_key(request.header("Idempotency-Key"))
    texts = split_rows(request.body, is_base64_encoded=request.is_base64_encoded)
    rows = [_row(text, number, batch_key) for number, text in enumerate(texts)]
    dry_ledger = DryLedgerOfMany(ledger, unrecorded)

    def has_time() -> bool:
        return request.context.get_remaining_time_in_millis() >= LEAST_TIME_MS

    inserts = LedgerInserts(client, settings.ledger_table, has_time)
    with at_once(1 if dry_run.is_dry_run else settings.writes_at_once) as for_each:
        recorder = BatchRecorder(
            catalog=BatchCatalog(catalog),
            ledger=dry_ledger if dry_run.is_dry_run else ledger,
            inserter=dry_ledger if dry_run.is_dry_run else inserts,
            enrolments=DryEnrolments(users) if dry_run.is_dry_run else users,
            has_time=has_time,
            unrecorded=unrecorded,
            for_each=for_each,
        )
        outcomes = recorder.record(rows, request.caller, request.call_by(clocks))
    _log_failures(request, outcomes)
    results = [
        _result(row, outcome, dry_ledger.made) for row, outcome in zip(rows, outcomes, strict=True)
    ]
    return batch_response(results, is_dry_run=dry_run.is_dry_run, warnings=dry_run.warnings)


def _row(text: str, number: int, batch_key: str | None) -> BatchRow | RefusalError:
    """The row in this text, or what is wrong with it."""
    try:
        body = parse_json_body(text, is_base64_encoded=False)
        return parse_batch_row(body, number, batch_key)
    except RefusalError as refusal:
        return refusal


def _result(
    row: BatchRow | RefusalError,
    outcome: ActivityRecording | RefusalError | Unrecorded,
    made: Mapping[str, LedgerRow],
) -> RowResult:
    match row, outcome:
        case BatchRow(), ActivityRecording():
            return recorded_result(
                status=row.created_status,
                activity_id=None if outcome.named_id in made else outcome.named_id,
                replayed=outcome.replayed,
                duplicate_of=outcome.duplicate_of,
                warnings=row.warnings + outcome.warnings,
            )
        case BatchRow(), RefusalError():
            return refused_result(outcome, row.catalog_refusal_status)
        case _, Unrecorded():
            return unrecorded_result(outcome.why)
        case _, RefusalError():
            return refused_result(outcome, 400)
        case _:
            raise TypeError(outcome)


def _log_failures(
    request: Request, outcomes: Sequence[ActivityRecording | RefusalError | Unrecorded]
) -> None:
    """Each failure once, with the rows that it was of."""
    rows: dict[Exception, list[int]] = {}
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Unrecorded) and outcome.error is not None:
            rows.setdefault(outcome.error, []).append(number)
    for error, numbers in rows.items():
        ids = {
            "request_id": request.call.request_id,
            "function_request_id": request.call.invocation_id,
            "network_id": request.caller.network_id,
        }
        logger.error("rows failed", exc_info=error, extra={**ids, "rows": numbers})
