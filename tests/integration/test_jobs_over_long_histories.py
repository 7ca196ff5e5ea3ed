"""A membership of ten thousand postings in a network of more rows: audited and back-tested."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from tests.integration.jobs import JobDesk
from tests.integration.rich_network import rich_network
from tests.integration.seeded_histories import seed_history
from tests.integration.world import World, plain

FIRST = datetime(2026, 3, 1, 13, tzinfo=UTC)
MANY = 10_000
OTHERS = 12
POSTINGS_A_STEP = 2_000


@pytest.fixture
def desk(
    empty_world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> JobDesk:
    network = rich_network()
    network["api_keys"].append({"key_id": "admin", "role": "admin"})
    for number in range(OTHERS):
        network["users"].append({"user_id": f"user-x{number}", "email": f"x{number}@example.com"})
        network["memberships"].append(
            {
                "program_membership_id": f"x{number}",
                "program_id": "tea-club",
                "user_id": f"user-x{number}",
            }
        )
    empty_world.import_network(network)
    seed_history(empty_world, "ann", MANY, FIRST)
    for number in range(OTHERS):
        seed_history(empty_world, f"x{number}", 3, FIRST + timedelta(minutes=number))
    clock.move_to(FIRST + timedelta(days=30))
    for module in ("audit_balances", "backtest_program"):
        monkeypatch.setattr(f"accrue.services.{module}.POSTINGS_A_STEP", POSTINGS_A_STEP)
    monkeypatch.setattr("accrue.services.audit_balances.ROWS_A_STEP", POSTINGS_A_STEP)
    # moto sorts a table for each query.
    monkeypatch.setattr("accrue.storage.chains._POSTINGS_AT_ONCE", POSTINGS_A_STEP)
    monkeypatch.setattr("accrue.services.audit_membership.CHUNK", POSTINGS_A_STEP // 4)
    monkeypatch.setattr("accrue.services.backtest_membership.CHUNK", POSTINGS_A_STEP // 4)
    empty_world.restart()
    return JobDesk.of(empty_world, clock)


def test_ten_thousand_postings_are_audited_and_back_tested(desk: JobDesk) -> None:
    world = desk.world
    before = [world.items(name) for name in ("ledger", "balance")]

    audit = desk.run("audit", idempotency_key="audit-1")

    rows = MANY + 3 * OTHERS
    assert audit["counts"] == {
        "memberships": OTHERS + 2,
        "postings": rows,
        "differences": 0,
        "repaired": 0,
        "not_recomputed": 0,
        "rows": rows,
        "unapplied": 0,
    }
    assert audit["report"]["points_stored"] == audit["report"]["points_recomputed"]
    assert audit["progress"]["steps"] > 2 * rows / POSTINGS_A_STEP

    # In the middle of the long one.
    period = {"from": "2026-03-03T00:00:00.000000Z", "until": "2026-03-06T00:00:00.000000Z"}
    job = desk.run("backtest", idempotency_key="b-1", program_id="tea-club", version=1, **period)

    assert job["status"] == "completed"
    report = job["report"]
    assert {
        pair["difference"]
        for group in report.values()
        if isinstance(group, dict)
        for pair in group.values()
    } == {"0"}
    postings = [
        p
        for p in map(plain, before[1])
        if p["item_key"] != "BALANCE" and period["from"] <= p["recorded_at"] < period["until"]
    ]
    assert job["counts"]["postings"] == len(postings) == 3 * 24 * 60
    assert Decimal(report["points"]["total"]["candidate"]) == sum(p["points"] for p in postings)
    assert [world.items(name) for name in ("ledger", "balance")] == before
