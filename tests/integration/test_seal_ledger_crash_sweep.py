"""seal_ledger is stopped before and after each of its calls, S3's included, and runs again."""

import random
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine

from local.verify.seal_files import seals_in_bucket
from local.verify.verification import verify
from tests.integration.crash_stage import different_points
from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.histories import MIXED_BATCH, hang_post
from tests.integration.seal_bucket import BUCKET, restore_seals, snapshot_of_seals
from tests.integration.tamperings import Tables
from tests.integration.test_seal_ledger import assert_all_is_sealed_once
from tests.integration.world import World
from tests.proof.record import record
from tests.proof.seeds import is_long

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


def _run_until_done(world: World) -> int:
    crashes = 0
    while True:
        try:
            reports = world.invoke("seal_ledger", {})
        except Crash:
            crashes += 1
            world.restart()
        else:
            assert all("error" not in report for report in reports.values()), reports
            return crashes


def test_a_run_that_dies_anywhere_spoils_no_seal(
    stage: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    stage.deliver()
    clock.shift(SOON)
    tables, seals = stage.snapshot(), snapshot_of_seals()
    faults.plan_crashes(())
    _run_until_done(stage)
    points = different_points(faults.calls_since_crash)
    assert {call.operation for call in faults.calls} >= {
        "ListObjectVersions",
        "GetObject",
        "PutObject",
    }
    plans = [[point] for point in points]
    # In pairs: the run that goes on dies, too.
    pairs = [[first, CrashPoint(n, "before")] for first in points for n in (1, len(points) // 2)]
    plans += pairs if is_long() else random.Random(0).sample(pairs, 8)  # noqa: S311 - a test's
    for plan in plans:
        stage.restore(tables)
        restore_seals(seals)
        stage.restart()
        faults.plan_crashes(plan)
        assert _run_until_done(stage) == len(plan) - faults.crashes_left > 0
        faults.plan_crashes(())
        hang_post("hang-later").act(stage)
        stage.deliver()
        clock.shift(SOON)
        _run_until_done(stage)
        assert_all_is_sealed_once(stage)
        _assert_verified(stage)
    record("tamper", "sealing dies", {"crash_points": len(plans), "false_alarms": 0})


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
