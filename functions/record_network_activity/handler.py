"""POST /networks/{network_id}/activity: Village's activity API."""

from accrue.domain.network_activity_request import parse_network_activity
from accrue.runtime.clock import utc_now
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.idempotency import IdempotentRecorder
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.settings import RecordSettings
from accrue.services.enrol import AutomaticEnroller
from accrue.services.record_network_activity import NetworkRecorder
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.users import UserTable

settings = RecordSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
users = UserTable(AdministrationTable(client, settings.catalog_table))
enroller = AutomaticEnroller(users, catalog)


@endpoint(catalog_refusal_status=400)
def lambda_handler(request: Request) -> Response:
    """201 and the activity's id; for a duplicate the id of the first one."""
    request.caller.ensure_network(request.path_parameter("network_id"))
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_network_activity(body, request.header("Idempotency-Key"))
    recorder = NetworkRecorder(
        catalog, ledger, IdempotentRecorder(ledger, request.context), enroller
    )
    recording = recorder.record(parsed.request, request.caller, request.call_by(clocks))
    headers = {"Accrue-Activity-Id": recording.activity_id}
    if recording.replayed:
        headers["Idempotent-Replayed"] = "true"
    if recording.duplicate_of is not None:
        headers["Accrue-Duplicate-Of"] = recording.duplicate_of
    return Response(
        201,
        {"activity_id": recording.activity_id},
        {**headers, **warnings_header(parsed.warnings + recording.warnings)},
    )
