"""The ledger's stream: applies each inserted activity to the memberships that it concerns."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.runtime.clock import utc_now
from accrue.runtime.lag_metric import publish_lags
from accrue.runtime.ledger_stream import read_stream
from accrue.runtime.settings import ApplySettings
from accrue.services.apply_rules import RuleApplier
from accrue.services.sharing import Sharing
from accrue.storage.balances import BalanceTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.ledger import LedgerTable
from accrue.storage.program_catalog import ProgramCatalog

logger = Logger()
settings = ApplySettings.from_environment()
metrics = Metrics(namespace=settings.metrics_namespace)
client = dynamodb_client()
catalog = ProgramCatalog(client, settings.catalog_table, settings.catalog_cache_seconds)
ledger = LedgerTable(client, settings.ledger_table)
book = BalanceTable(client, settings.balance_table, ledger)
sharing = Sharing()


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> PartialItemFailureResponse:
    """The records that could not be applied, to be delivered again; the others are applied."""
    batch = read_stream(event)
    applier = RuleApplier(catalog, book, utc_now, sharing=sharing)
    for failure in applier.apply(batch.activities):
        batch.fail(failure.activity, failure.error)
    publish_lags(metrics, applier.lags.take())
    logger.info("applied", extra={"records": batch.size, "failed": len(batch.failed)})
    return batch.response()
