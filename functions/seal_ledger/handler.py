"""Scheduled: seals what was recorded, so that nobody can change it unseen."""

import random
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.clock import utc_now
from accrue.runtime.settings import SealSettings
from accrue.runtime.turns import turn
from accrue.services.seal_ledger import OVERLAP, Sealer, SealReport
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.api_keys import ApiKeyTable
from accrue.storage.catalog import CatalogTable
from accrue.storage.clocks import NetworkClocks
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.seals import SealBucket, s3_client
from accrue.storage.settled_results import SettledResults

logger = Logger()
settings = SealSettings.from_environment()
client = dynamodb_client()
catalog = CatalogTable(client, settings.catalog_table, settings.catalog_cache_seconds)
clocks = NetworkClocks(catalog, catalog, utc_now)
ledger = LedgerTable(client, settings.ledger_table)
results = SettledResults(client, settings.balance_table)
seals = SealBucket(s3_client(), settings.seal_bucket)
keys = ApiKeyTable(AdministrationTable(client, settings.catalog_table))
# A week without rows, or a hundred rows and what came of them, and the seal's way into the bucket.
LEAST_TIME_LEFT_MS = 30_000


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Seal every network. `lookback_seconds` in the event is how far back to look for rows that the
    index showed late.
    """
    until = utc_now() - timedelta(seconds=settings.seal_delay_seconds)
    lookback = timedelta(seconds=event["lookback_seconds"]) if "lookback_seconds" in event else None
    networks = list(catalog.list_network_ids())
    # Another order each time: if there is not time for all, it is not always the same that wait.
    random.shuffle(networks)
    reports: dict[str, Any] = {}
    for position, network_id in enumerate(networks):
        has_time = turn(context, len(networks) - position, LEAST_TIME_LEFT_MS)
        sealer = Sealer(ledger, results, seals, keys, has_time, utc_now)
        reports[network_id] = _seal(sealer, network_id, until, lookback or OVERLAP)
    return reports


def _seal(sealer: Sealer, network_id: str, until: datetime, lookback: timedelta) -> dict[str, Any]:
    try:
        # A sandbox's clock may have been moved since its rows were recorded: those are behind it.
        report = sealer.seal(network_id, clocks.settled_until(network_id, until), lookback)
    except Exception as error:
        # One network's trouble must not keep the others from being sealed.
        logger.exception("network not sealed", extra={"network_id": network_id})
        return {"error": type(error).__name__}
    return _log(network_id, report)


def _log(network_id: str, report: SealReport) -> dict[str, Any]:
    summary = {
        "seals": report.seals,
        "rows": report.rows,
        "late": report.late,
        "postings": report.postings,
        "outcomes": report.outcomes,
        "unsettled": report.unsettled,
        "is_complete": report.is_complete,
    }
    for seal in report.taken:
        # Another run wrote it, and its line has the hash; or nobody of ours did.
        told = {"number": seal.number, "seal_hash": seal.content_hash}
        logger.warning("number taken by another seal", extra={"network_id": network_id, **told})
    # A late row may be one that somebody wrote with an old date.
    is_odd = report.late or report.unsettled or not report.is_complete
    log = logger.warning if is_odd else logger.info
    log("sealed", extra={"network_id": network_id, **summary, "seal_hashes": report.hashes})
    return summary
