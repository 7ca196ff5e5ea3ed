"""The bill of a month, by how many activities there are in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from accrue.domain.event_log import KEPT_FOR
from benchmarks.lambda_time import function_id
from benchmarks.price.quantities import (
    BYTES_OF_A_GB,
    Quantities,
    added,
    passes,
    quantities,
    runs_a_month,
    times,
)
from benchmarks.price.runs import APART, Measurements
from benchmarks.price.stored import Stored
from benchmarks.prices import price_list
from local.template import resources_of, template

DAYS = 30.0
SEALER = "SealLedgerFunction"
# How many bytes of logs are kept of one that is taken in: what AWS's page of prices reckons with.
LOG_COMPRESSION = 0.15
LINES = {
    "REST API": ("rest_api",),
    "Lambda": ("lambda_requests", "lambda_arm64"),
    "DynamoDB writes": ("dynamodb_writes",),
    "DynamoDB reads": ("dynamodb_reads",),
    "logs": ("logs", "log_storage"),
    "EventBridge": ("events",),
    "S3": ("bucket_puts", "bucket_storage"),
    "alarms and metrics": ("alarms", "metrics"),
    "storage, one month's activities": ("dynamodb_storage", "dynamodb_recovery"),
}


def bill(measurements: Measurements, record: str, activities: float) -> dict[str, float]:
    """Dollars by line; activities are recorded by this function, and meet in no batch."""
    of_all = times(_of_an_activity(measurements, record), activities)
    used = added(of_all, _fixed(measurements))
    prices = price_list()
    return {
        line: sum(prices[name].of_a_month(used[name]) for name in names)
        for line, names in LINES.items()
    }


def storage_after(stored: Stored, activities: float, months: int) -> float:
    """What a month's storage costs, once there were so many months of as many activities."""
    kept = _storage(stored, months)
    prices = price_list()
    return sum(
        prices[name].of_a_month(kept[name] * activities)
        for name in ("dynamodb_storage", "dynamodb_recovery", "bucket_storage")
    )


def _of_an_activity(measurements: Measurements, record: str) -> Quantities:
    works = measurements.works
    looked_after = [
        quantities(works[name], passes(function_id(name))) for name in ("reconcile", "seal_ledger")
    ]
    used = added(
        quantities(works[record]),
        quantities(works[APART]),
        quantities(works["publish_events"]),
        *looked_after,
    )
    days: float = template()["Parameters"]["LogRetentionDays"]["Default"]
    requests = {"rest_api": works[record].invocations}
    kept = {"log_storage": used["logs"] * LOG_COMPRESSION * days / DAYS}
    return added(used, requests, kept, _storage(measurements.stored, 1))


def _storage(stored: Stored, months: int) -> Quantities:
    events = stored.events * KEPT_FOR.days / DAYS
    for_ever = months * stored.tables
    return times(
        {
            "dynamodb_storage": for_ever + months * stored.indexes + events,
            # Indexes are made anew when a table is restored.
            "dynamodb_recovery": for_ever + events,
            "bucket_storage": months * stored.seals,
        },
        1 / BYTES_OF_A_GB,
    )


def _fixed(measurements: Measurements) -> Quantities:
    """What there is without any activity, for one network."""
    idle = [
        quantities(work, runs_a_month(function_id(name), DAYS))
        for name, work in measurements.idle.items()
    ]
    # A run of the sealer lists, and puts a seal, however many rows are in it.
    sealer = measurements.idle["seal_ledger"]
    requests = (sealer.calls["ListObjectVersions"] + 1) * runs_a_month(SEALER, DAYS)
    alarms = [each["Properties"] for each in resources_of("AWS::CloudWatch::Alarm").values()]
    own = own_metrics(alarms)
    fixed = {"bucket_puts": requests, "alarms": len(alarms), "metrics": len(own)}
    return added(*idle, fixed)


def own_metrics(alarms: Iterable[Mapping[str, Any]]) -> set[str]:
    """The metrics that alarms watch and AWS doesn't publish itself: those are paid for."""
    return {each["MetricName"] for each in alarms if not _is_of_aws(each["Namespace"])}


def _is_of_aws(namespace: object) -> bool:
    # What CloudFormation puts together has the stack's name in it.
    return isinstance(namespace, str) and namespace.startswith("AWS/")
