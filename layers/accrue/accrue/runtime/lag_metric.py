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
    """Print the lags, the longest first; each line names the activity that waited longest."""
    longest_first = sorted(lags, key=lambda each: each.lag, reverse=True)
    for some in batched(longest_first, MOST_VALUES_PER_LINE, strict=False):
        seconds = [round(each.lag.total_seconds(), 3) for each in some]
        # Not `add_metric`: it formats all values so far with each one, 60 times the work
        # of this for a hundred (measured), and prints the hundredth by itself.
        line = metrics.serialize_metric_set(
            {METRIC_NAME: {"Unit": MetricUnit.Seconds.value, "Value": seconds}},
            # What stands beside a metric costs nothing; as a dimension, each network would.
            metadata={"network_id": some[0].network_id, "activity_id": some[0].activity_id},
        )
        print(json.dumps(line, separators=(",", ":")))  # noqa: T201 - Lambda's log
