"""The settings of an event source mapping, as the template has them.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
    The defaults; -1 is no limit.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.template import template


@dataclass(frozen=True)
class MappingSettings:
    """What a stream's reader is told; None is no limit."""

    table: str
    batch_size: int = 100
    window: timedelta = timedelta()
    concurrent_batches: int = 1
    bisects: bool = False
    reports_item_failures: bool = False
    max_retries: int | None = None
    max_age: timedelta | None = None
    patterns: Sequence[Mapping[str, Any]] = ()
    starts_with_the_oldest: bool = True
    keeps: str | None = None


def settings_of(function_id: str) -> MappingSettings:
    """The settings of the one stream that a function reads."""
    function = template()["Resources"][function_id]["Properties"]
    (event,) = (e["Properties"] for e in function["Events"].values() if e["Type"] == "DynamoDB")
    age = _limit(event.get("MaximumRecordAgeInSeconds", -1))
    kept = event.get("DestinationConfig", {}).get("OnFailure", {}).get("Type")
    return MappingSettings(
        table=event["Stream"]["Fn::GetAtt"].removesuffix(".StreamArn"),
        batch_size=event.get("BatchSize", 100),
        window=timedelta(seconds=event.get("MaximumBatchingWindowInSeconds", 0)),
        concurrent_batches=event.get("ParallelizationFactor", 1),
        bisects=event.get("BisectBatchOnFunctionError", False),
        reports_item_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        max_retries=_limit(event.get("MaximumRetryAttempts", -1)),
        max_age=None if age is None else timedelta(seconds=age),
        patterns=[
            json.loads(each["Pattern"])
            for each in event.get("FilterCriteria", {}).get("Filters", [])
        ],
        starts_with_the_oldest=event["StartingPosition"] == "TRIM_HORIZON",
        keeps=kept,
    )


def _limit(number: int) -> int | None:
    return None if number == -1 else number
