"""The job queue: does the step of a job that each message orders."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.jobs.job import JobKind
from accrue.runtime.clock import utc_now
from accrue.runtime.delivery_queue import sqs_client
from accrue.runtime.job_queue import SqsJobQueue, job_order_from_text
from accrue.runtime.settings import JobSettings
from accrue.services.audit_balances import BalanceAudit
from accrue.services.backtest_program import ProgramBacktest
from accrue.services.commit_replay import ReplayCommitter
from accrue.services.job_carry import JobCarry
from accrue.services.job_memberships import MembershipLister
from accrue.services.job_ports import JobWork
from accrue.services.preview_replay import ReplayPreviewer
from accrue.services.repair_balances import BalanceRepair
from accrue.services.resolve_replay import ReplayResolver
from accrue.services.reverse_replay import ReplayReverser
from accrue.services.run_job import JobRunner
from accrue.storage.balances import BalanceTable
from accrue.storage.chains import StoredChains
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.enrolments import EnrolmentList
from accrue.storage.job_scratch import JobScratchTable
from accrue.storage.jobs import JobTable
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

logger = Logger()
settings = JobSettings.from_environment()
client = dynamodb_client()
jobs = JobTable(client, settings.job_table)
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
book = BalanceTable(client, settings.balance_table, ledger)
chains = StoredChains(client, settings.balance_table, ledger)
memberships = MembershipLister(EnrolmentList(client, settings.catalog_table))
scratch = JobScratchTable(client, settings.job_table)
carry = JobCarry(scratch)
resolver = ReplayResolver(catalog, catalog, ledger, book)
work_of: Mapping[JobKind, JobWork] = {
    JobKind.REPLAY_PREVIEW: ReplayPreviewer(resolver, ledger, book, scratch, clocks),
    JobKind.REPLAY_COMMIT: ReplayCommitter(jobs, resolver, book, clocks),
    JobKind.REPLAY_REVERSAL: ReplayReverser(jobs, catalog, ledger, book, clocks),
    JobKind.BACKTEST: ProgramBacktest(jobs, chains, catalog, memberships, scratch, carry),
    JobKind.AUDIT: BalanceAudit(chains, catalog, memberships, carry, ledger, book),
    JobKind.REPAIR: BalanceRepair(jobs, chains, catalog, book, carry, clocks.now),
}
runner = JobRunner(
    jobs=jobs,
    queue=SqsJobQueue(sqs_client(), settings.job_queue_url),
    work_of=work_of,
    now=utc_now,
)
# What is under way when it is asked, its writes retried until decided, and keeping the step.
LEAST_TIME_LEFT_MS = 25_000


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """The messages that must come again."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: dict[str, Any], context: LambdaContext) -> bool:
    ids: dict[str, Any] = {
        "message_id": record["messageId"],
        "function_request_id": context.aws_request_id,
    }
    try:
        order = job_order_from_text(record["body"])
    except ValueError:
        # It would be the same the next time: nobody but us sends messages here.
        logger.exception("no order of a step", extra=ids)
        return True
    ids |= {"network_id": order.network_id, "job_id": order.job_id, "step": order.step}
    ran = runner.try_step(
        order,
        context.aws_request_id,
        int(record["attributes"]["ApproximateReceiveCount"]),
        lambda: context.get_remaining_time_in_millis() > LEAST_TIME_LEFT_MS,
        lambda error: logger.error("step not done", exc_info=error, extra=ids),
    )
    logger.info("step", extra={**ids, "ran": ran and ran.value})
    return ran is not None
