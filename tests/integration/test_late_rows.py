"""A row that no seal has yet may still get into one, for seven hours; and then it is listed."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine

from local.verify.command import report
from local.verify.read_items import LOOKBACK
from local.verify.seal_files import seals_in_bucket
from local.verify.verification import Verified, verify
from tests.integration.histories import hang_post
from tests.integration.seal_bucket import BUCKET, stored_seals
from tests.integration.world import World
from tests.template import template


def hour(world: World, clock: time_machine.Traveller, name: str) -> None:
    """Something is recorded, and sealed within the hour."""
    clock.shift(timedelta(hours=1))
    hang_post(name).act(world)
    world.deliver()
    clock.shift(timedelta(minutes=20))
    world.invoke("seal_ledger", {})


@pytest.fixture
def late_id(world: World, clock: time_machine.Traveller) -> str:
    """A row that the index shows only after four hours."""
    hang_post("late").act(world)
    world.deliver()
    (hidden,) = world.items("ledger")
    world.client.delete_item(TableName="ledger", Key={"activity_key": hidden["activity_key"]})
    for number in range(3):
        hour(world, clock, f"hour-{number}")
    world.put_items("ledger", [hidden])
    activity_id: str = hidden["activity_id"]["S"]
    return activity_id


def verified(world: World) -> Verified:
    seals = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    return verify(seals, world.items("balance") + world.items("ledger"), datetime.now(UTC))


def test_a_row_that_the_next_look_back_takes_up_is_no_finding(world: World, late_id: str) -> None:
    assert verified(world).findings.in_order() == []
    assert verified(world).late_rows == []

    world.invoke("seal_ledger", {"lookback_seconds": 25200})

    found = verified(world)
    assert found.findings.in_order() == []
    (row,) = found.late_rows
    assert (row.network_id, row.activity_id) == ("demo", late_id)
    assert row.seal == stored_seals()[-1].number
    lines = list(report(found, has_seals=True))
    told = f"demo: row {late_id} of {row.recorded_at} was sealed late, by seal {row.seal}."
    assert told in lines


def test_a_row_that_no_look_back_takes_up_any_more_is_a_finding(
    world: World, late_id: str, clock: time_machine.Traveller
) -> None:
    for number in range(4):
        hour(world, clock, f"later-{number}")

    (told,) = verified(world).findings.in_order()

    assert (told.name, told.change) == (f"row {late_id}", "was added")


def test_the_schedule_looks_back_as_far_as_the_verifier_waits() -> None:
    schedules = template()["Resources"]["SealLedgerFunction"]["Properties"]["Events"]
    said = json.loads(schedules["EverySixHours"]["Properties"]["Input"])

    assert timedelta(seconds=said["lookback_seconds"]) == LOOKBACK
