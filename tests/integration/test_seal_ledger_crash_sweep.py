"""seal_ledger is stopped before and after each of its calls, S3's included, and runs again."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine

from local.verify.seal_files import seals_in_bucket
from local.verify.verification import verify
from tests.integration.faults import CrashPoint, Faults
from tests.integration.histories import MIXED_BATCH, hang_post
from tests.integration.seal_bucket import BUCKET, restore_seals, snapshot_of_seals
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.tamperings import Tables
from tests.integration.test_seal_ledger import assert_all_is_sealed_once
from tests.integration.world import World

SOON = timedelta(minutes=20)


@pytest.fixture
def stage(world: World, clock: time_machine.Traveller) -> World:
    """A sealed history that goes on: a row waits for its posting, one comes late, some are new."""
    MIXED_BATCH[2].act(world)
    world.deliver()
    MIXED_BATCH[0].act(world)
    clock.shift(SOON)
    world.invoke("seal_ledger", {})
    for post in MIXED_BATCH[4:8]:
        post.act(world)
    clock.shift(timedelta(minutes=1))
    return world


def _run_until_done(world: World) -> None:
    reports = until_answered(world, lambda each: each.invoke("seal_ledger", {}))
    assert all("error" not in report for report in reports.values()), reports


def test_a_run_that_is_stopped_anywhere_spoils_no_seal(
    stage: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    stage.deliver()
    clock.shift(SOON)
    began_at = datetime.now(UTC)
    tables, seals = stage.snapshot(), snapshot_of_seals()

    def play(*points: CrashPoint) -> Outcome:
        stage.restore(tables)
        restore_seals(seals)
        clock.move_to(began_at)
        stage.restart()
        faults.plan_crashes(points)
        _run_until_done(stage)
        calls = faults.calls_since_crash
        faults.plan_crashes(())
        hang_post("hang-later").act(stage)
        stage.deliver()
        clock.shift(SOON)
        _run_until_done(stage)
        assert_all_is_sealed_once(stage)
        _assert_verified(stage)
        return Outcome(calls, told=len(stage.items("ledger")))

    undisturbed = stop_everywhere("sealing the ledger", faults, play)

    assert {call.operation for call in undisturbed.calls} >= {
        "ListObjectVersions",
        "GetObject",
        "PutObject",
    }


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
def test_a_lost_answer_spoils_no_seal(
    stage: World, faults: Faults, clock: time_machine.Traveller, operation: str
) -> None:
    stage.deliver()
    clock.shift(SOON)
    stage.restart()
    faults.lose_answers(operation)
    _run_until_done(stage)

    assert faults.fired[operation] == 1
    assert_all_is_sealed_once(stage)


def _assert_verified(world: World) -> None:
    items = Tables.of(world.items("balance") + world.items("ledger")).stored()
    seals = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    assert verify(seals, items, datetime.now(UTC)).findings.in_order() == []
