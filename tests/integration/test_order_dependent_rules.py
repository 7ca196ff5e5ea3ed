"""Limits, occurrences, quests and tiers, through crashes, repetitions and any order of delivery.

What such rules award depends on which activity is posted first. Whatever that order was, it is the
one that the postings' sequence tells, and nothing counts twice.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import batched
from typing import Any

import pytest

from tests.integration.faults import Crash, CrashPoint, Faults
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.point_lines import completions_in, lines_of
from tests.integration.world import World

ANN, BEN = "ann@example.com", "ben@example.com"
NETWORK: dict[str, Any] = {
    "network": {"network_id": "bar", "name": "Bar", "metadata_fields": ["counter"]},
    "activity_types": [
        {"activity_type_id": "order", "kind": "sale"},
        {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer", "seller"]},
    ],
    "programs": [
        {
            "program_id": "beans",
            "name": "Beans",
            "points": {"unit": "beans", "scale": 2},
            "time_zone": "Europe/Berlin",
            "segments": [
                {
                    "segment_id": "locals",
                    "when": {"traits": [{"trait": "city", "equals": "berlin"}]},
                }
            ],
            "tiers": {
                "by": {"kind": "rolling_points", "days": 30},
                "levels": [
                    {"tier_id": "bronze", "name": "Bronze", "enters_at": 0},
                    {"tier_id": "silver", "name": "Silver", "enters_at": 100, "stays_at": 50},
                ],
            },
            "rules": [
                {
                    "rule_id": "order",
                    "activity_type_id": "order",
                    "role": "member",
                    "award": {"kind": "amount_times_rate", "rate": 1},
                    "limits": [{"per": "day", "points": 70}, {"per": "lifetime", "times": 4}],
                },
                {
                    "rule_id": "every-second-sale",
                    "activity_type_id": "sale",
                    "role": "buyer",
                    "when": {"nth": {"every": 2}},
                    "award": {"kind": "flat", "points": 9},
                },
                {
                    "rule_id": "silver-commission",
                    "activity_type_id": "sale",
                    "role": "seller",
                    "when": {"tiers": ["silver"]},
                    "award": {"kind": "amount_times_rate", "rate": "0.05"},
                },
            ],
            "bonuses": [
                {
                    "bonus_id": "locals-double",
                    "when": {"segments": {"any_of": ["locals"]}},
                    "effect": {"kind": "multiply", "factor": 2},
                }
            ],
            "quests": [
                {
                    "quest_id": "both",
                    "name": "Order and buy",
                    "requirements": [
                        {
                            "requirement_id": "orders",
                            "activity_type_id": "order",
                            "role": "member",
                            "threshold": 60,
                        },
                        {
                            "requirement_id": "buys",
                            "activity_type_id": "sale",
                            "role": "buyer",
                            "progress": "count",
                            "threshold": 2,
                        },
                    ],
                    "max_completions": 2,
                    "reward": {"points": 50},
                }
            ],
        }
    ],
    "users": [
        {"user_id": "user-ann", "email": ANN, "traits": {"city": "berlin"}},
        {"user_id": "user-ben", "email": BEN},
    ],
    "memberships": [
        {"program_membership_id": "ann", "program_id": "beans", "user_id": "user-ann"},
        {"program_membership_id": "ben", "program_id": "beans", "user_id": "user-ben"},
    ],
}
SEEDS = range(8)
# 2026-02-26 12:00 in Berlin: two orders a day or three.
MORNING, HALF_A_DAY = 1772103600, 40_000


@pytest.fixture
def bar(empty_world: World) -> World:
    """The network, with orders and sales recorded and not applied."""
    assert "errors" not in empty_world.import_network(NETWORK)
    for number, value in enumerate(("50", "40", "25.5", "60", "30")):
        body = {
            "idempotency_key": f"order-{number}",
            "activity": {
                "activity_type_id": "order",
                "value": value,
                "transaction_timestamp": MORNING + number * HALF_A_DAY,
            },
        }
        answer = empty_world.post_membership_activity("ann", body, network="bar")
        assert answer.status == 200
    for buyer, seller in ((ANN, BEN), (ANN, ANN), (BEN, ANN), (ANN, BEN)):
        users = {"buyer": buyer, "seller": seller}
        answer = empty_world.post_network_activity(
            {"activity_short_id": "sale", "amount": "40", "users": users},
            path_network="bar",
            network="bar",
        )
        assert answer.status == 201
    return empty_world


def test_traits_reach_the_parts_that_ask_for_them(bar: World) -> None:
    """Ann is a local; of Ben nothing is known."""
    bar.deliver()

    postings = bar.postings()
    doubled = {
        posting["program_membership_id"]
        for posting in postings
        if any(line.get("bonus_id") == "locals-double" for line in lines_of(posting))
    }
    held = {each["program_membership_id"]: each.get("traits_held") for each in postings}
    assert doubled == {"ann"}
    assert held == {"ann": [0], "ben": None}


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_any_delivery_with_a_crash_at_each_call_folds_in_the_order_of_the_postings(
    bar: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    faults = Faults.install(monkeypatch)
    bar.restart()
    recorded = bar.snapshot()
    batches = _batches(bar, seed)
    calls = _deliver(bar, faults, batches)
    assert calls > len(batches)

    for number in range(1, calls + 1):
        for moment in ("before", "after"):
            bar.restore(recorded)
            _deliver(bar, faults, batches, CrashPoint(number, moment))

            assert_folds(bar)
            _assert_bounds(bar)


def test_the_order_of_delivery_decides_what_order_dependent_rules_award(bar: World) -> None:
    """Else the tests above would prove nothing."""
    recorded = bar.snapshot()
    totals = set()
    for seed in SEEDS:
        bar.restore(recorded)
        for batch in _batches(bar, seed):
            bar.deliver(batch)
        totals.add(tuple(sorted(str(p["points"]) for p in bar.postings())))

    assert len(totals) > 1


def _batches(world: World, seed: int) -> list[Sequence[dict[str, Any]]]:
    """Each row twice, shuffled and cut into pieces."""
    chance = random.Random(seed)  # noqa: S311 - a test's order
    rows = world.items("ledger") * 2
    chance.shuffle(rows)
    return list(batched(rows, chance.randint(2, 7), strict=False))


def _deliver(
    world: World,
    faults: Faults,
    batches: Sequence[Sequence[dict[str, Any]]],
    *crashes: CrashPoint,
) -> int:
    """Deliver the batches, each until it is taken; the number of calls since the crash."""
    world.restart()
    faults.plan_crashes(crashes)
    witness = Witness()
    for batch in batches:
        while True:
            try:
                answer = world.deliver(batch)
            except Crash:
                world.restart()
                witness.observe(world)
                continue
            assert answer == {"batchItemFailures": []}
            break
    assert faults.crashes_left == 0, "a crash point was never reached"
    witness.observe(world)
    return len(faults.calls_since_crash)


def _assert_bounds(world: World) -> None:
    """What the program promises in any order."""
    postings = [p for p in world.postings() if p["program_membership_id"] == "ann"]
    assert len(postings) == 9
    orders = [line for p in postings for line in lines_of(p) if line.get("rule_id") == "order"]
    awards = [line["points"] for line in orders if "bonus_id" not in line]
    assert len([points for points in awards if points]) <= 4
    by_day: dict[str, Decimal] = defaultdict(Decimal)
    for posting in postings:
        # None of these days is another one in Berlin.
        day = posting["occurred_at"][:10]
        by_day[day] += sum(
            line["points"]
            for line in lines_of(posting)
            if line.get("rule_id") == "order" and "bonus_id" not in line
        )
    assert max(by_day.values()) <= 70
    second_sales = [
        line
        for p in postings
        for line in lines_of(p)
        if line.get("rule_id") == "every-second-sale" and "bonus_id" not in line
    ]
    assert len(second_sales) == 1
    completions = sum(map(completions_in, postings))
    (balance,) = (
        row
        for row in world.rows("balance")
        if row["item_key"] == "BALANCE" and row["program_membership_id"] == "ann"
    )
    assert balance["quests"]["both"].get("completions", 0) == completions <= 1
