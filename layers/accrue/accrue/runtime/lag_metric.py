"""How long activities waited, as a metric: CloudWatch reads it from a line that is printed.

It is a line of its own, past the logger: one that leaves out what is not worth a warning would
leave out that activities are late.
"""

import json
from collections.abc import Iterable
from itertools import batched

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from accrue.domain.posting_lag import PostingLag

METRIC_NAME = "AcceptedToPostedLag"
# More of one metric in a line CloudWatch does not read.
MOST_VALUES_PER_LINE = 100


def publish_lags(metrics: Metrics, lags: Iterable[PostingLag]) -> None:
    """Print the lags; each line names the slowest of them."""
    for some in batched(lags, MOST_VALUES_PER_LINE, strict=False):
        seconds = [round(each.lag.total_seconds(), 3) for each in some]
        slowest = max(some, key=lambda each: each.lag)
        # Not `add_metric`: it formats all values so far with each one, 60 times the instructions
        # of this for a hundred, and prints the hundredth by itself.
        line = metrics.serialize_metric_set(
            {METRIC_NAME: {"Unit": MetricUnit.Seconds.value, "Value": seconds}},
            # What stands beside a metric costs nothing; as a dimension, each network would.
            metadata={"network_id": slowest.network_id, "activity_id": slowest.activity_id},
        )
        print(json.dumps(line, separators=(",", ":")))  # noqa: T201 - Lambda's log
