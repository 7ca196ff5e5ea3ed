"""POST /v2/program-memberships/{program_membership_id}/activities: Hang's "record activities"."""

from accrue.domain.membership_activity_request import parse_membership_activity
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.settings import RecordSettings
from accrue.services.record_membership_activity import record_membership_activity
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable

settings = RecordSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """200 and exactly the idempotency key, however often it is sent."""
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_membership_activity(body, request.path_parameter("program_membership_id"))
    recording = record_membership_activity(
        parsed.request,
        request.caller,
        request.call_by(clocks),
        catalog=catalog,
        ledger=ledger,
        recorder=IdempotentRecorder(ledger, request.context),
    )
    headers = {"Accrue-Activity-Id": recording.activity_id}
    if recording.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(
        200,
        {"idempotency_key": parsed.request.idempotency_key},
        {**headers, **warnings_header(parsed.warnings + recording.warnings)},
    )
