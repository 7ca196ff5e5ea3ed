"""Scheduled: posts what fell due by each network's clock."""

import random
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.clock import utc_now
from accrue.runtime.due_log import log_due_failures
from accrue.runtime.settings import ActivitySettings
from accrue.services.apply_due import DueApplier
from accrue.services.apply_rules import RuleApplier
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.due_balances import DueBalances
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

logger = Logger()
settings = ActivitySettings.from_environment()
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
book = BalanceTable(client, settings.balance_table, LedgerTable(client, settings.ledger_table))
due_balances = DueBalances(client, settings.balance_table)
# One membership, its write retried until decided, takes less.
LEAST_TIME_LEFT_MS = 20_000


def lambda_handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Bring every network up to its now; what there is no time for is left to the next run."""
    applier = DueApplier(
        catalog=catalog,
        finder=due_balances,
        applier=RuleApplier(catalog, book, utc_now),
        has_time=lambda: context.get_remaining_time_in_millis() > LEAST_TIME_LEFT_MS,
        request_id=context.aws_request_id,
    )
    networks = list(catalog.list_network_ids())
    # Another order each time: if there is not time for all, it is not always the same that wait.
    random.shuffle(networks)
    return {network_id: _apply_due(applier, network_id) for network_id in networks}


def _apply_due(applier: DueApplier, network_id: str) -> dict[str, Any]:
    try:
        report = applier.apply_due(network_id, clocks.now(network_id))
    except Exception as error:
        # One network's trouble must not keep the others' points from being told.
        logger.exception("due points of network not applied", extra={"network_id": network_id})
        return {"error": type(error).__name__}
    log_due_failures(logger, network_id, report.failures)
    summary = {
        "found": report.found,
        "applied": report.applied,
        "failed": len(report.failures),
        "is_complete": report.is_complete,
    }
    logger.info("due points applied", extra={"network_id": network_id, **summary})
    return summary
