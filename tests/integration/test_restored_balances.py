"""Balances that were lost, or restored as of an earlier time, come back from the ledger.

What was spent is applied again like everything else, in the order of recording: what a redemption
takes may not be there yet, and is tried again by a later run.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.integration.invariants import Witness
from tests.integration.reversals import buy, reverse
from tests.integration.spending import adjust, balance_item, capture, earn, held, redeem
from tests.integration.world import Answer, World

LOOKBACK = {"lookback_seconds": 60 * 86_400}
FIGURES = ("balance", "available", "pending", "held", "owed", "lifetime_points", "expiring_next")


@pytest.mark.parametrize("lost_after", range(5))
def test_what_is_lost_comes_back(
    spenders: World, clock: time_machine.Traveller, lost_after: int
) -> None:
    kept = [spenders.items("balance")] if lost_after == 0 else []
    for number, step in enumerate((_earn, _spend, _wait, _earn_again), 1):
        step(spenders, clock)
        if number == lost_after:
            kept.append(spenders.items("balance"))
    before = _figures(spenders)
    assert before["balance"] == "22"
    _restore(spenders, kept[0])
    clock.shift(timedelta(minutes=5))

    runs = [spenders.invoke("reconcile", LOOKBACK)["demo"] for _ in range(6)]

    assert _figures(spenders) == before
    assert (runs[-1]["found"], runs[-1]["failed"]) == (0, 0)
    Witness().observe(spenders)
    earn(spenders, "5", on="2026-04-02")
    assert redeem(spenders, "27", key="all").status == 200


@pytest.mark.parametrize("does_schedule_run", [False, True])
def test_what_fell_due_with_an_activity_comes_back(
    spenders: World, clock: time_machine.Traveller, *, does_schedule_run: bool
) -> None:
    """Restored as of just before, with the same sequence; and then what was spent of the rest."""
    earn(spenders, "50", "visit")
    earn(spenders, "30", "visit", on="2026-03-02")
    restored = spenders.items("balance")
    clock.move_to(datetime(2026, 4, 1, 6, tzinfo=UTC))
    spenders.post_membership_activity("ann", _gift("5", "late"))
    clock.shift(timedelta(hours=2))
    spenders.deliver()
    clock.shift(timedelta(hours=1))
    assert redeem(spenders, "25").status == 200
    before = _figures(spenders)
    assert before["balance"] == "10"
    _restore(spenders, restored)
    clock.shift(timedelta(minutes=5))
    if does_schedule_run:
        assert spenders.invoke("apply_due", {})["demo"]["applied"] == 1

    runs = [spenders.invoke("reconcile", LOOKBACK)["demo"] for _ in range(4)]

    assert (runs[-1]["found"], runs[-1]["failed"]) == (0, 0)
    assert _figures(spenders) == before
    clock.shift(timedelta(days=2))
    assert spenders.invoke("apply_due", {})["demo"]["failed"] == 0
    assert spenders.balance("ann") == "5"
    Witness().observe(spenders)


def test_what_fell_due_is_recorded_when_it_is_written(
    spenders: World, clock: time_machine.Traveller
) -> None:
    """Not when the activity was with which it was posted: lists of the ledger go by that."""
    earn(spenders, "50", "visit")
    clock.shift(timedelta(days=40))
    spenders.post_membership_activity("ann", _gift("10", "late"))
    (late,) = [row for row in spenders.rows("ledger") if row["amount"] == 10]
    clock.shift(timedelta(hours=3))

    spenders.deliver()

    (due,) = [row for row in spenders.rows("ledger") if row["kind"] == "due"]
    assert due["occurred_at"] < due["as_of"] == late["recorded_at"] < due["recorded_at"]
    in_order = sorted(spenders.postings(), key=lambda posting: posting["sequence"])
    assert [p["activity_id"] for p in in_order[1:]] == [due["activity_id"], late["activity_id"]]


def _earn(world: World, _clock: time_machine.Traveller) -> None:
    earn(world, "50", "visit")
    earn(world, "20")


def _spend(world: World, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(hours=1))
    assert redeem(world, "10").status == 200
    clock.shift(timedelta(hours=1))
    hold_id = held(world, "8")
    clock.shift(timedelta(hours=1))
    assert capture(world, hold_id, "3").status == 200
    assert adjust(world, "-2").status == 200


def _wait(world: World, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=32))
    assert world.invoke("apply_due", {})["demo"]["applied"] == 1


def _earn_again(world: World, _clock: time_machine.Traveller) -> None:
    earn(world, "2", on="2026-04-02")


def _gift(points: str, key: str) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "activity": {
            "activity_type_id": "gift",
            "value": points,
            "transaction_timestamp": 1775000000,
        },
    }


def _figures(world: World) -> dict[str, Any]:
    shown = world.get_membership("ann").body
    return {name: shown[name] for name in FIGURES}


def _restore(world: World, items: list[dict[str, Any]]) -> None:
    for item in world.items("balance"):
        key = {name: item[name] for name in ("membership_key", "item_key")}
        world.client.delete_item(TableName="balance", Key=key)
    world.put_items("balance", items)


@pytest.mark.parametrize("lost_after", range(4))
def test_reversals_come_back_and_none_is_made_twice(
    spenders: World, clock: time_machine.Traveller, lost_after: int
) -> None:
    """From their rows alone; that there were any is in the ledger, which is not lost."""
    kept = [spenders.items("balance")] if lost_after == 0 else []
    bought: list[str] = []
    for number, step in enumerate((_buy_two, _take_back_a_part, _take_back_the_rest), 1):
        bought += step(spenders, clock, bought)
        if number == lost_after:
            kept.append(spenders.items("balance"))
    before = _figures(spenders)
    assert (before["balance"], before["owed"]) == ("0", "30")
    answers = [reverse(spenders, bought[0], key, **part) for key, part in PARTS.items()]
    _restore(spenders, kept[0])
    clock.shift(timedelta(minutes=5))

    # Whoever asks before anything came back.
    too_much = reverse(spenders, bought[0], "again", amount="1")
    assert (too_much.status, too_much.body["code"]) == (409, "ALREADY_REVERSED")
    runs = [spenders.invoke("reconcile", LOOKBACK)["demo"] for _ in range(6)]

    assert (runs[-1]["found"], runs[-1]["failed"]) == (0, 0)
    assert _figures(spenders) == before
    Witness().observe(spenders)
    for answer, (key, part) in zip(answers, PARTS.items(), strict=True):
        again = reverse(spenders, bought[0], key, **part)
        assert _without_times(again) == _without_times(answer)
    assert reverse(spenders, bought[0], "again").status == 409
    balance_item(spenders)


PARTS: dict[str, dict[str, Any]] = {"part": {"amount": "40"}, "rest": {}}


def _buy_two(world: World, clock: time_machine.Traveller, _bought: list[str]) -> list[str]:
    bought = [buy(world, "100"), buy(world, "20", "visit", key="purchase-2")]
    clock.shift(timedelta(hours=1))
    assert redeem(world, "50").status == 200
    return bought


def _take_back_a_part(world: World, clock: time_machine.Traveller, bought: list[str]) -> list[str]:
    clock.shift(timedelta(hours=1))
    assert reverse(world, bought[0], "part", **PARTS["part"]).status == 200
    return []


def _take_back_the_rest(
    world: World, clock: time_machine.Traveller, bought: list[str]
) -> list[str]:
    clock.shift(timedelta(hours=1))
    assert reverse(world, bought[0], "rest").status == 200
    return []


def _without_times(answer: Answer) -> object:
    """What a reversal came to; postings that were written again say when."""
    results = [
        {name: value for name, value in each.items() if name != "posted_at"}
        for each in answer.body["memberships"]
    ]
    return answer.status, {**answer.body, "memberships": results}
