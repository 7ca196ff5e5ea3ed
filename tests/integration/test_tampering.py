"""Whatever somebody does to one item of a sealed history, the verifier names that item."""

import random
from collections import Counter

import boto3
import pytest
import time_machine

from local.verify.seal_files import seals_in_bucket
from local.verify.verification import Verified, verify
from tests.integration.seal_bucket import BUCKET
from tests.integration.sealed_history import SealedHistory
from tests.integration.seeded_histories import let_moto_answer_fast
from tests.integration.tamperings import TAMPERINGS, Tables
from tests.integration.world import World
from tests.proof.record import record
from tests.proof.seeds import how_many, seeds

pytestmark = pytest.mark.usefixtures("nothing_before_of_late")
STEPS = 40


@pytest.fixture
def history(
    request: pytest.FixtureRequest,
    empty_world: World,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> SealedHistory:
    let_moto_answer_fast(monkeypatch)
    chance = random.Random(request.param)  # noqa: S311 - draws a history
    lived = SealedHistory(empty_world, clock, chance)
    lived.begin()
    return lived


def verified(history: SealedHistory, tables: Tables | None = None) -> Verified:
    """Verify the history as it is now, or with these items in place of its own."""
    stored = history.world.items("balance") + history.world.items("ledger")
    seals = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    return verify(seals, (tables or Tables.of(stored)).stored(), history.now)


@pytest.mark.parametrize("history", seeds(2, 60), indirect=True)
def test_one_tampering_is_named(history: SealedHistory, request: pytest.FixtureRequest) -> None:
    history.live(STEPS)
    history.settle()
    untouched = verified(history)
    assert untouched.findings.in_order() == []
    assert untouched.counts["seals"] > 3
    stored = history.world.items("balance") + history.world.items("ledger")
    done: Counter[str] = Counter()
    for _ in range(how_many(1, 5)):
        for name, tamper in TAMPERINGS.items():
            tables = Tables.of(stored)
            try:
                wanted = tamper(tables, history.chance)
            except IndexError:
                # There is nothing of the kind.
                continue
            found = verified(history, tables).findings
            named = {finding.name for finding in found.in_order()}
            assert named <= wanted, (name, wanted, found.in_order())
            assert named, (name, wanted)
            assert found.count <= len(wanted), (name, found.in_order())
            done[name] += 1
    record(
        "tamper",
        f"one tampering, seed {request.node.callspec.id}",
        {
            "tamperings": done.total(),
            "named": done.total(),
            "missed": 0,
            "false_alarms": 0,
            "seals": untouched.counts["seals"],
        },
    )
