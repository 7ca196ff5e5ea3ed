"""What the stream does not do, the reconciler makes up for."""

import time
from collections.abc import Iterator

import pytest

from local.live_stack import LiveStack
from tests.e2e.examples import MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

# The local stack's ReconcileGraceSeconds, and a little.
GRACE_SECONDS = 6.0


@pytest.fixture
def stream_switched_off(stack: LiveStack) -> Iterator[None]:
    """While the test runs, nothing is delivered; what comes in meanwhile is delivered later."""
    functions = stack.client("lambda")
    (mapping,) = functions.list_event_source_mappings(
        FunctionName=stack.function_name("apply_rules")
    )["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    # A poll may be under way.
    time.sleep(2)
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.mark.usefixtures("stream_switched_off")
def test_a_row_that_the_stream_lost_is_applied(stack: LiveStack, network: LiveNetwork) -> None:
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    time.sleep(GRACE_SECONDS)
    assert network.balance("12345") == "0"

    stack.invoke("reconcile", {})

    assert network.balance("12345") == "50"
    stack.invoke("reconcile", {"lookback_seconds": 3600})
    assert network.balance("12345") == "50"


def test_a_row_that_would_not_apply_is_not_forgotten(
    stack: LiveStack, network: LiveNetwork
) -> None:
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")
    (row,) = network.ledger_rows()
    key = f"{network.network_id}#ik_unreadable"
    strange = {**row, "activity_key": {"S": key}, "schema_version": {"N": "99"}}
    tables = stack.client("dynamodb")
    tables.put_item(TableName=stack.table_name("ledger"), Item=strange)
    time.sleep(GRACE_SECONDS)

    report = stack.invoke("reconcile", {})
    assert report[network.network_id]["failed"] == 1

    tables.delete_item(TableName=stack.table_name("ledger"), Key={"activity_key": {"S": key}})
    wait_until(lambda: stack.invoke("reconcile", {})[network.network_id]["failed"] == 0)
    assert network.balance("12345") == "50"
