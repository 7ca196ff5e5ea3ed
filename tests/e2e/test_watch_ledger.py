"""Whoever changes the ledger behind the application's back is told of."""

import json
from typing import Any

from local.live_stack import LiveStack
from tests.e2e.examples import MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until


def test_a_row_that_an_administrator_changes_or_deletes_is_told_of(
    stack: LiveStack, network: LiveNetwork
) -> None:
    network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    network.wait_for_balance("12345", "50")
    (row,) = network.ledger_rows()
    assert told(stack, network) == []
    tables, ledger = stack.client("dynamodb"), stack.table_name("ledger")
    key = {"activity_key": row["activity_key"]}

    tables.update_item(
        TableName=ledger,
        Key=key,
        UpdateExpression="SET amount = :more",
        ExpressionAttributeValues={":more": {"N": "5000"}},
    )
    wait_until(lambda: told(stack, network) == ["MODIFY"])

    tables.delete_item(TableName=ledger, Key=key)
    wait_until(lambda: told(stack, network) == ["MODIFY", "REMOVE"])
    # What is gone from the ledger is not gone from the balance: the posting is its trace.
    assert network.balance("12345") == "50"


def told(stack: LiveStack, network: LiveNetwork) -> list[str]:
    """What the watch logged about the network's rows."""
    lines = _log_lines(stack, "/accrue/accrue/watch_ledger")
    return [
        line["change"]
        for line in lines
        if line["message"] == "ledger row changed"
        if line["activity_key"].startswith(f"{network.network_id}#")
    ]


def _log_lines(stack: LiveStack, group: str) -> list[dict[str, Any]]:
    events = stack.client("logs").filter_log_events(logGroupName=group)["events"]
    texts = [event["message"] for event in events]
    return [json.loads(text) for text in texts if text.startswith("{")]
