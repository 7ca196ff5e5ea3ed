"""apply_due as the schedule invokes it: late, twice, not for a week, at once, stopped anywhere."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, override

import boto3
import pytest
import time_machine

from accrue.domain.activity import MembershipRef
from accrue.domain.timestamps import from_text
from accrue.services.apply_due import DueReport
from accrue.storage.due_balances import DueBalances
from tests.integration.conftest import NOW
from tests.integration.faults import CrashPoint, Faults
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.sandboxes import SANDBOX, due_applier, move_clock
from tests.integration.spending import earn, held, redeem, rows_of_kind, said, spending_network
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.world import Context, World
from tests.unit.turns import Actor, Scheduler

SEEDS = 40
# Earned on 1 March: good through 31 March in Berlin, which is in its summer time by then.
EXPIRED_AT = datetime.fromisoformat("2026-04-01T00:00:00+02:00")
SUMMARY = {"found": 1, "applied": 1, "failed": 0, "is_complete": True}
NOTHING = {"found": 0, "applied": 0, "failed": 0, "is_complete": True}


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, spenders: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    spenders.restart()
    return watching


def apply_due(world: World, network: str = "demo") -> dict[str, Any]:
    report: dict[str, Any] = world.invoke("apply_due", {})[network]
    return report


def balances(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows("balance") if row["item_key"] == "BALANCE"]


def due_items(world: World) -> dict[str, str]:
    """By membership, when something is due next as the index has it."""
    return {
        row["program_membership_id"]: row["due_at"] for row in balances(world) if "due_at" in row
    }


def test_points_expire_once_their_last_day_is_over(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "visit")
    earn(spenders, "5", "gift")
    assert due_items(spenders) == {"ann": "2026-03-31T22:00:00.000000Z"}

    clock.move_to(EXPIRED_AT - timedelta(microseconds=1))
    assert apply_due(spenders) == NOTHING
    clock.move_to(EXPIRED_AT + timedelta(seconds=20))
    assert apply_due(spenders) == SUMMARY

    (row,) = rows_of_kind(spenders, "due")
    assert said(row) == {
        "activity_key": f"demo#{row['activity_id']}",
        "schema_version": 1,
        "network_id": "demo",
        "activity_id": row["activity_id"],
        "kind": "due",
        "front_door": "clock",
        "activity_type_id": "due",
        "amount": 0,
        "participants": [
            {
                "role": "member",
                "user_id": "user-1",
                "memberships": [{"program_id": "tea-club", "program_membership_id": "ann"}],
            }
        ],
        "occurred_at": "2026-03-31T22:00:00.000000Z",
        "recorded_at": "2026-03-31T22:00:20.000000Z",
        "as_of": "2026-03-31T22:00:20.000000Z",
        "request_id": row["request_id"],
        "key_id": "",
        "payload_form": "none",
    }
    assert row["activity_id"].startswith("du_")
    (posting,) = [p for p in spenders.postings() if p["activity_id"] == row["activity_id"]]
    assert (posting["kind"], posting["outcome"], posting["balance_after"]) == ("due", "applied", 5)
    # Nothing is to come any more.
    assert due_items(spenders) == {}
    assert spenders.balance("ann") == "5"
    assert_folds(spenders)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=1), timedelta(days=8)])
def test_late_or_twice_or_not_for_a_week_it_is_done_once(
    spenders: World, clock: time_machine.Traveller, late: timedelta
) -> None:
    earn(spenders, "10", "visit")
    clock.move_to(EXPIRED_AT)
    # Whoever looks sees the truth whether it ran or not.
    assert spenders.balance("ann") == "0"
    clock.shift(late)

    assert apply_due(spenders) == SUMMARY
    before = {table: spenders.items(table) for table in ("ledger", "balance")}
    assert apply_due(spenders) == NOTHING

    assert {table: spenders.items(table) for table in ("ledger", "balance")} == before
    (row,) = rows_of_kind(spenders, "due")
    assert row["occurred_at"] == "2026-03-31T22:00:00.000000Z"
    assert spenders.balance("ann") == "0"
    assert_folds(spenders)


def test_what_somebody_acted_on_is_done_already(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "visit")
    earn(spenders, "5", "gift")
    clock.move_to(EXPIRED_AT)
    assert redeem(spenders, "5").status == 200
    assert len(rows_of_kind(spenders, "due")) == 1

    assert apply_due(spenders) == NOTHING
    assert spenders.balance("ann") == "0"


def test_what_the_index_still_says_of_what_is_done_does_no_harm(
    spenders: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It follows the table with a delay."""
    earn(spenders, "10", "visit")
    clock.move_to(EXPIRED_AT)
    apply_due(spenders)
    stale = [MembershipRef("tea-club", "ann")] * 2
    monkeypatch.setattr(DueBalances, "memberships_due", lambda *_: stale)

    assert apply_due(spenders) == {**NOTHING, "found": 2}
    assert len(rows_of_kind(spenders, "due")) == 1


def test_points_that_mature_and_holds_that_lapse_are_told_too(
    spenders: World, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "sale")
    earn(spenders, "5", "gift")
    held(spenders, "5", seconds=3600)

    clock.shift(timedelta(hours=1))
    assert apply_due(spenders) == SUMMARY
    assert due_items(spenders) == {"ann": "2026-03-14T23:00:00.000000Z"}
    clock.move_to(NOW + timedelta(days=14))
    assert apply_due(spenders) == SUMMARY
    assert spenders.get_membership("ann").body["available"] == "15"
    assert len(rows_of_kind(spenders, "due")) == 2
    assert_folds(spenders)


def test_every_page_and_every_shard_is_looked_at(
    spenders: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.storage.due_balances.DUE_A_PAGE", 2)
    document = spending_network()
    names = [f"member-{number}" for number in range(30)]
    document["users"] = [{"user_id": n, "email": f"{n}@example.com"} for n in names]
    document["memberships"] = [
        {"program_membership_id": n, "program_id": "tea-club", "user_id": n} for n in names
    ]
    spenders.import_network(document)
    for name in names:
        earn(spenders, "10", "visit", membership=name)
    clock.move_to(EXPIRED_AT)

    assert len({row["due_shard"] for row in balances(spenders)}) == 8
    assert apply_due(spenders) == {**SUMMARY, "found": 30, "applied": 30}

    assert {row["points"] for row in balances(spenders)} == {Decimal(0)}
    users = {row["participants"][0]["user_id"] for row in rows_of_kind(spenders, "due")}
    assert users == set(names)


def test_each_network_goes_by_its_own_clock_and_trouble_stays_in_it(
    spenders: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("trouble", SANDBOX):
        document = spending_network(name)
        document["network"]["is_sandbox"] = name == SANDBOX
        spenders.import_network(document)
    for name in ("demo", "trouble", SANDBOX):
        earn(spenders, "10", "visit", network=name)
    move_clock(spenders, "2026-03-31T21:59:59Z")
    memberships_due = DueBalances.memberships_due

    def trouble(due: DueBalances, network_id: str, until: datetime) -> Iterator[Any]:
        if network_id == "trouble":
            raise RuntimeError("trouble")
        return memberships_due(due, network_id, until)

    monkeypatch.setattr(DueBalances, "memberships_due", trouble)
    clock.shift(1)

    assert spenders.invoke("apply_due", {}) == {
        "demo": NOTHING,
        SANDBOX: SUMMARY,
        "trouble": {"error": "RuntimeError"},
    }
    assert [row["network_id"] for row in rows_of_kind(spenders, "due")] == [SANDBOX]
    assert spenders.balance("ann") == "10"
    assert spenders.balance("ann", network=SANDBOX) == "0"


def test_one_memberships_trouble_keeps_no_other_waiting(
    spenders: World, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("ann", "ben"):
        earn(spenders, "10", "visit", membership=name)
    (stored,) = [
        item
        for item in spenders.items("catalog")
        if item["catalog_key"]["S"] == "demo#MEMBERSHIP#ann"
    ]
    key = {name: stored[name] for name in ("catalog_key", "item_key")}
    spenders.client.delete_item(TableName="catalog", Key=key)
    spenders.restart()
    clock.move_to(EXPIRED_AT)

    assert apply_due(spenders) == {"found": 2, "applied": 1, "failed": 1, "is_complete": False}
    (line,) = [vars(record) for record in caplog.records if record.levelname == "ERROR"]
    assert line["msg"] == "due points not applied"
    assert (line["network_id"], line["program_membership_id"]) == ("demo", "ann")
    assert spenders.balance("ben") == "0"
    assert list(due_items(spenders)) == ["ann"]

    spenders.put_items("catalog", [stored])
    assert apply_due(spenders) == SUMMARY
    assert spenders.balance("ann") == "0"


@dataclass
class RunningOut(Context):
    """Each time that it is asked, fifteen seconds have gone."""

    @override
    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= 15_000
        return self.remaining_ms


def test_out_of_time_it_stops_and_the_next_run_goes_on(
    spenders: World, clock: time_machine.Traveller
) -> None:
    for name in ("ann", "ben"):
        earn(spenders, "10", "visit", membership=name)
    clock.move_to(EXPIRED_AT)
    run = spenders.start("apply_due").lambda_handler

    # Asked before the first look and before each membership.
    first = run({}, RunningOut("due", remaining_ms=60_000))
    assert first == {"demo": {**SUMMARY, "is_complete": False}}
    assert run({}, Context("due", remaining_ms=1)) == {"demo": {**NOTHING, "is_complete": False}}
    assert apply_due(spenders) == SUMMARY
    assert due_items(spenders) == {}


def test_stopped_anywhere_the_next_run_completes_it(
    spenders: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "visit")
    earn(spenders, "4", "sale", membership="ben")
    clock.move_to(EXPIRED_AT)
    before = spenders.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        spenders.restore(before)
        spenders.restart()
        witness = Witness()
        faults.plan_crashes(crashes)
        until_answered(spenders, apply_due, lambda: witness.observe(spenders))
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        witness.observe(spenders)
        assert len(rows_of_kind(spenders, "due")) == 2
        assert apply_due(spenders) == NOTHING
        assert_folds(spenders)
        return Outcome(calls, points_by_membership(spenders))

    stop_everywhere("apply_due", faults, play)


def points_by_membership(world: World) -> dict[str, Decimal]:
    return {row["program_membership_id"]: row["points"] for row in balances(world)}


def test_a_lost_answer_inside_the_sdks_own_retry_posts_nothing_twice(
    spenders: World, faults: Faults, clock: time_machine.Traveller
) -> None:
    earn(spenders, "10", "visit")
    clock.move_to(EXPIRED_AT)
    faults.lose_answers("TransactWriteItems")

    # Whether it was this one or another is not known: it is there.
    assert apply_due(spenders)["failed"] == 0
    assert faults.fired["TransactWriteItems"] == 1
    assert len(rows_of_kind(spenders, "due")) == 1
    assert_folds(spenders)


def runner(now: datetime, reports: list[DueReport]) -> Callable[[Callable[[], None]], None]:
    def work(pause: Callable[[], None]) -> None:
        client = boto3.client("dynamodb", region_name="us-east-1")
        for when in ("before-call", "after-call"):
            client.meta.events.register(f"{when}.dynamodb", lambda **_: pause())
        reports.append(due_applier(client, now).apply_due("demo", now))

    return work


def test_two_that_run_at_once_post_everything_once(
    spenders: World, clock: time_machine.Traveller
) -> None:
    for name in ("ann", "ben"):
        earn(spenders, "10", "visit", membership=name)
        earn(spenders, "4", "sale", membership=name)
    clock.move_to(EXPIRED_AT)
    snapshot = spenders.snapshot()
    shares = Counter[tuple[int, ...]]()

    for seed in range(SEEDS):
        spenders.restore(snapshot)
        reports: list[DueReport] = []
        # Neither knows just when the other one began.
        works = [runner(EXPIRED_AT, reports), runner(EXPIRED_AT + timedelta(minutes=1), reports)]
        Scheduler(seed).run([Actor(work) for work in works], lambda: None, may_kill=False)

        assert [report.is_complete for report in reports] == [True, True]
        assert sum(report.applied for report in reports) == 2
        assert len(rows_of_kind(spenders, "due")) == 2
        assert set(points_by_membership(spenders).values()) == {Decimal(0)}
        assert_folds(spenders)
        shares[tuple(sorted(report.applied for report in reports))] += 1

    assert len(shares) == 2


# ---- The clock of a sandbox ----


@pytest.fixture
def sandbox(spenders: World) -> World:
    """A sandbox beside the demo network, in which ann has points that expire."""
    document = spending_network(SANDBOX)
    document["network"]["is_sandbox"] = True
    spenders.import_network(document)
    earn(spenders, "10", "visit", network=SANDBOX)
    earn(spenders, "10", "visit")
    spenders.restart()
    return spenders


def test_a_move_of_the_clock_answers_once_what_is_due_is_posted(sandbox: World) -> None:
    before = [item for item in sandbox.items("balance") if item["network_id"]["S"] == "demo"]

    first = move_clock(sandbox, "2026-03-31T21:59:59.999999Z")
    second = move_clock(sandbox, "2026-03-31T22:00:00Z")

    assert (first.status, first.body["due_applied"], first.body["is_complete"]) == (200, 0, True)
    assert second.body == {
        "network_id": SANDBOX,
        "now": "2026-03-31T22:00:00.000000Z",
        "offset_seconds": "2628000",
        "due_applied": 1,
        "is_complete": True,
    }
    (row,) = rows_of_kind(sandbox, "due")
    assert (row["network_id"], row["recorded_at"]) == (SANDBOX, "2026-03-31T22:00:00.000000Z")
    assert row["request_id"] == "gateway-request"
    assert sandbox.balance("ann", network=SANDBOX) == "0"
    # Nobody else's.
    after = [item for item in sandbox.items("balance") if item["network_id"]["S"] == "demo"]
    assert after == before
    (posting,) = [p for p in sandbox.postings() if p["activity_id"] == row["activity_id"]]
    assert posting["posted_at"] == "2026-03-31T22:00:00.000000Z"
    assert from_text(posting["posted_at"]) > NOW


def test_what_a_move_has_no_time_for_is_left_to_the_next_run(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.start("administer_clock"), "LEAST_TIME_LEFT_MS", 120_000)

    answer = move_clock(sandbox, "2026-04-15T00:00:00Z")

    assert (answer.status, answer.body["due_applied"], answer.body["is_complete"]) == (
        200,
        0,
        False,
    )
    assert rows_of_kind(sandbox, "due") == []
    # Who looks sees it all the same.
    assert sandbox.balance("ann", network=SANDBOX) == "0"
    assert apply_due(sandbox, SANDBOX) == SUMMARY


def test_a_move_that_was_stopped_anywhere_is_completed_by_a_retry(
    sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults.install(monkeypatch)
    sandbox.restart()
    before = sandbox.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        sandbox.restore(before)
        sandbox.restart()
        faults.plan_crashes(crashes)
        answer = until_answered(sandbox, lambda w: move_clock(w, "2026-04-15T00:00:00Z"))
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        assert (answer.status, answer.body["is_complete"]) == (200, True)
        assert len(rows_of_kind(sandbox, "due")) == 1
        assert_folds(sandbox)
        return Outcome(calls, answer.body["now"])

    undisturbed = stop_everywhere("administer_clock, points expire", faults, play)
    assert undisturbed.told == "2026-04-15T00:00:00.000000Z"
