"""/networks/{network_id}/jobs: start jobs, follow them, cancel them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from accrue.domain.jobs.definitions import read_job_definition
from accrue.domain.jobs.job import JobKind
from accrue.runtime.clock import utc_now
from accrue.runtime.delivery_queue import sqs_client
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.job_json import job_in_brief, job_in_full, plain_json
from accrue.runtime.job_queue import SqsJobQueue
from accrue.runtime.paging import checked_page, listed_page
from accrue.runtime.settings import JobSettings
from accrue.services.administer_jobs import JobAdministrator
from accrue.services.job_ports import JobOpener
from accrue.services.open_audit import AuditOpener
from accrue.services.open_backtest import BacktestOpener
from accrue.services.open_repair import RepairOpener
from accrue.services.open_replay import CommitOpener, PreviewOpener, ReversalOpener
from accrue.storage.activity_types import ActivityTypeTable
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.api_keys import ApiKeyTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.job_items import is_finding_position
from accrue.storage.jobs import JobTable, is_job_position
from accrue.storage.networks import NetworkTable
from accrue.storage.program_catalog import ProgramCatalog
from accrue.storage.programs import ProgramTable
from accrue.storage.users import UserTable

settings = JobSettings.from_environment()
client = dynamodb_client()
catalog = AdministrationTable(client, settings.catalog_table)
clocks = NetworkClocks(NetworkTable(catalog), catalog, utc_now)
job_table = JobTable(client, settings.job_table)
definitions = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)


def _settled_until(network_id: str) -> datetime:
    grace = timedelta(seconds=settings.reconcile_grace_seconds)
    return clocks.settled_until(network_id, utc_now() - grace)


opener_of: Mapping[JobKind, JobOpener[Any]] = {
    JobKind.REPLAY_PREVIEW: PreviewOpener(
        definitions, ActivityTypeTable(catalog), ProgramTable(catalog), clocks, utc_now
    ),
    JobKind.REPLAY_COMMIT: CommitOpener(job_table),
    JobKind.REPLAY_REVERSAL: ReversalOpener(job_table),
    JobKind.BACKTEST: BacktestOpener(
        ProgramTable(catalog), NetworkTable(catalog), ActivityTypeTable(catalog), _settled_until
    ),
    JobKind.AUDIT: AuditOpener(UserTable(catalog), ApiKeyTable(catalog), _settled_until),
    JobKind.REPAIR: RepairOpener(job_table),
}
jobs = JobAdministrator(
    jobs=job_table,
    queue=SqsJobQueue(sqs_client(), settings.job_queue_url),
    opener_of=opener_of,
    now=utc_now,
    network_now=clocks.now,
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """202 with a job that was started, 200 with one, or with a page of what is asked for."""
    return ROUTES[request.route](request)


def start_job(request: Request) -> Response:
    """Start it; sent again, it is the same job."""
    network_id = request.admin_network()
    started = jobs.start(read_job_definition(document_body(request)), request.caller, request.call)
    headers = {"Location": f"/networks/{network_id}/jobs/{started.job.job_id}"}
    if started.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(202, job_in_full(started.job), headers)


def list_jobs(request: Request) -> Response:
    """The network's jobs in brief, the newest first."""
    network_id = request.admin_network()
    page = jobs.list(network_id, checked_page(request.page, is_job_position))
    return Response(200, listed_page("jobs", page, [job_in_brief(each) for each in page.things]))


def get_job(request: Request) -> Response:
    """How far it is, and what it has come to."""
    network_id = request.admin_network()
    return Response(200, job_in_full(jobs.get(network_id, request.path_parameter("job_id"))))


def list_findings(request: Request) -> Response:
    """What it found that somebody should look at, in order."""
    network_id = request.admin_network()
    wanted = checked_page(request.page, is_finding_position)
    page = jobs.list_findings(network_id, request.path_parameter("job_id"), wanted)
    return Response(200, listed_page("findings", page, [plain_json(each) for each in page.things]))


def cancel_job(request: Request) -> Response:
    """It stops before its next step; what is done stays done."""
    network_id = request.admin_network()
    return Response(200, job_in_full(jobs.cancel(network_id, request.path_parameter("job_id"))))


_ALL = "/networks/{network_id}/jobs"
_ONE = f"{_ALL}/{{job_id}}"
ROUTES: Routes = {
    f"POST {_ALL}": start_job,
    f"GET {_ALL}": list_jobs,
    f"GET {_ONE}": get_job,
    f"GET {_ONE}/findings": list_findings,
    f"POST {_ONE}/cancellation": cancel_job,
}
