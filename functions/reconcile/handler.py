"""Scheduled: finds activities that nothing came of, and applies them."""

import random
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.clock import utc_now
from accrue.runtime.lag_metric import publish_lags
from accrue.runtime.settings import ReconcileSettings
from accrue.runtime.turns import turn
from accrue.services.apply_rules import RuleApplier
from accrue.services.reconcile import FIRST_LOOKBACK, Reconciler, ReconcileReport
from accrue.storage.balances import BalanceTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog
from accrue.storage.reconcile_progress import ReconcileProgressTable

logger = Logger()
settings = ReconcileSettings.from_environment()
metrics = Metrics(namespace=settings.metrics_namespace)
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
book = BalanceTable(client, settings.balance_table, ledger)
progress = ReconcileProgressTable(client, settings.balance_table)
# A page of the ledger, its failures logged, ends well within this.
LEAST_TIME_LEFT_MS = 20_000


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep every network. `lookback_seconds` in the event sweeps that long anew; it moves no
    progress.
    """
    now = utc_now()
    until = now - timedelta(seconds=settings.reconcile_grace_seconds)
    lookback = event.get("lookback_seconds")
    networks = list(catalog.list_network_ids())
    # Another order each time: if there is not time for all, it is not always the same that wait.
    random.shuffle(networks)
    window = timedelta(seconds=lookback) if lookback else None
    reports: dict[str, Any] = {}
    for position, network_id in enumerate(networks):
        reconciler = Reconciler(
            ledger=ledger,
            book=book,
            progress=progress,
            applier=RuleApplier(catalog, book, utc_now),
            has_time=turn(context, len(networks) - position, LEAST_TIME_LEFT_MS),
        )
        reports[network_id] = _reconcile(reconciler, network_id, until, window)
    return reports


def _reconcile(
    reconciler: Reconciler, network_id: str, until: datetime, lookback: timedelta | None
) -> dict[str, Any]:
    try:
        # A sandbox's clock may have been moved since its rows were recorded: those are behind it.
        settled_until = clocks.settled_until(network_id, until)
        first_from = until - FIRST_LOOKBACK
        report = reconciler.reconcile(network_id, settled_until, lookback, first_from)
    except Exception as error:
        # One network's trouble must not keep the others' rows from being found.
        logger.exception("network not reconciled", extra={"network_id": network_id})
        return {"error": type(error).__name__}
    finally:
        # What came this way waited longest.
        publish_lags(metrics, reconciler.applier.lags.take())
    return _log(network_id, report)


def _log(network_id: str, report: ReconcileReport) -> dict[str, Any]:
    for activity_id, error in report.failures.items():
        logger.error(
            "activity not applied",
            exc_info=error,
            extra={"network_id": network_id, "activity_id": activity_id},
        )
    summary = {
        "checked": report.checked,
        "found": report.found,
        "failed": len(report.failures),
        "is_complete": report.is_complete,
    }
    # What is found here is what the stream did not do: worth looking at, though it is mended now.
    log = logger.warning if report.found else logger.info
    log("reconciled", extra={"network_id": network_id, **summary})
    return summary
