"""What decides or is shown is read as it is now, not as it was a moment ago."""

import pytest
import time_machine

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_SAMPLE
from tests.integration.faults import Faults
from tests.integration.histories_over_http import BALANCE, HISTORY, STATEMENT, asked
from tests.integration.reversals import reverse
from tests.integration.world import World


def test_every_single_read_and_every_read_of_the_catalog_is_consistent(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()

    world.post_membership_activity("12345", HANG_EXAMPLE)
    world.post_membership_activity("99999", HANG_EXAMPLE)
    sent = world.post_network_activity(VILLAGE_SAMPLE)
    world.deliver()
    reverse(world, sent.body["activity_id"], amount="1")
    reverse(world, sent.body["activity_id"], "reversal-2")
    world.get_activity(sent.body["activity_id"])
    world.get_membership("12345")
    listing = "GET /networks/{network_id}/activities"
    for query in ({"idempotency_key": "k-1"}, {"reference_id": "r-1"}, {"outcome": "pending"}):
        world.call(listing, query=query)
    asked(world, HISTORY, "12345")
    asked(world, BALANCE, "12345", query={"as_of": "2026-03-01T00:00:00Z"})
    asked(world, STATEMENT, "12345", query={"from": "2026-03-01T00:00:00Z"})
    clock.shift(3600)
    world.invoke("reconcile", {})
    world.call("GET /networks/{network_id}/events")

    reads = [c.request for c in faults.calls if c.operation in {"GetItem", "Query"}]
    # An index can't be read consistently.
    of_tables = [read for read in reads if "IndexName" not in read]
    assert {read["TableName"] for read in of_tables} == {"ledger", "balance", "catalog", "events"}
    assert all(read.get("ConsistentRead") for read in of_tables)


def test_what_came_of_an_activity_is_read_as_it_is_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    sent = world.post_network_activity(VILLAGE_SAMPLE)
    world.deliver()
    faults.calls.clear()

    world.get_activity(sent.body["activity_id"])

    (read,) = [c.request["RequestItems"] for c in faults.calls if c.operation == "BatchGetItem"]
    assert read["balance"]["ConsistentRead"]


def test_what_came_of_listed_activities_is_read_as_it_is_now(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    faults = Faults.install(monkeypatch)
    world.restart()
    world.post_network_activity(VILLAGE_SAMPLE)
    world.deliver()
    clock.shift(60)
    faults.calls.clear()

    answer = world.call("GET /networks/{network_id}/activities")

    assert len(answer.body["activities"]) == 1
    (read,) = [c.request["RequestItems"] for c in faults.calls if c.operation == "BatchGetItem"]
    assert read["balance"]["ConsistentRead"]
