"""How long activities waited is printed where CloudWatch would read it."""

import json
import time
from typing import Any

from local.live_stack import LiveStack
from tests.e2e.examples import MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

METRIC = "AcceptedToPostedLag"


def test_each_posted_activity_has_a_lag_in_the_log(stack: LiveStack, network: LiveNetwork) -> None:
    begun = time.monotonic()
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")
    # The functions of the stack share one metric, whichever of them came first.
    wait_until(lambda: len(lines_about(stack, network)) == 1)

    (line,) = lines_about(stack, network)
    (published,) = line["_aws"]["CloudWatchMetrics"]
    assert published == {
        "Namespace": "accrue/accrue",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": METRIC, "Unit": "Seconds"}],
    }
    assert line["service"] == "accrue"
    assert all(0 < lag < time.monotonic() - begun for lag in line[METRIC])


def lines_about(stack: LiveStack, network: LiveNetwork) -> list[dict[str, Any]]:
    """The metrics that name an activity of the network as the slowest."""
    groups = ("/accrue/accrue/apply_rules", "/accrue/accrue/reconcile")
    events = [
        event
        for group in groups
        for event in stack.client("logs").filter_log_events(logGroupName=group)["events"]
    ]
    lines = [json.loads(e["message"]) for e in events if e["message"].startswith('{"_aws"')]
    return [line for line in lines if line["network_id"] == network.network_id]
