"""Amounts and points are exact decimals, rounded only where the program says so, and how."""

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.bodies import BUYER_EMAIL, hang_activity, village_activity
from tests.integration.networks import demo_network
from tests.integration.point_lines import lines_of
from tests.integration.world import World


def _import(world: World, rate: str, scale: int, rounding: str) -> None:
    document = demo_network()
    program = document["programs"][0]
    unit = {"unit": "points", "scale": scale, "rounding": rounding}
    program["points"] = {**unit, "may_go_below_zero": True}
    program["rules"] = [
        {
            "rule_id": "rule",
            "activity_type_id": "visit",
            "role": "visitor",
            "award": {"kind": "amount_times_rate", "rate": rate},
        }
    ]
    document["activity_types"][-1]["allows_negative"] = True
    world.import_network(document)


def _visit(world: World, amount: Any) -> dict[str, Any]:
    body = village_activity(
        {
            "/activity_short_id": "visit",
            "/amount": amount,
            "/users": {"visitor": BUYER_EMAIL},
        }
    )
    assert world.post_network_activity(body).status == 201
    world.deliver()
    return world.postings()[-1]


def test_fifty_dollars_a_task_are_paid_for_an_amount_of_one(world: World) -> None:
    body = village_activity(
        {"/activity_short_id": "task", "/amount": "1", "/users": {"doer": BUYER_EMAIL}}
    )

    world.post_network_activity(body)
    world.deliver()

    (posting,) = world.postings()
    assert lines_of(posting) == [
        {"rule_id": "task-pay", "role": "doer", "points": Decimal(50), "reason": "1 x 50"}
    ]
    assert world.balance("12345") == "50"


def test_one_percent_cash_back_of_500_pays_five(world: World) -> None:
    world.post_network_activity(village_activity())
    world.deliver()

    (posting,) = [p for p in world.postings() if p["lines"]]
    assert lines_of(posting) == [
        {
            "rule_id": "sale-cash-back",
            "role": "buyer",
            "points": Decimal(5),
            "reason": "500 x 0.01",
        }
    ]
    assert world.balance("12345") == "5"


EXACT: list[tuple[str, str, str]] = [
    ("4.45", "0.1", "0.445"),
    ("100.99", "0.01", "1.0099"),
    ("0.1", "3", "0.3"),
    ("0.000001", "1", "0.000001"),
    ("1000000000000000", "1", "1000000000000000"),
    ("1e15", "1000000", "1000000000000000000000"),
    ("999999999999999.99", "0.01", "9999999999999.9999"),
    ("123456789012345.678", "0.001", "123456789012.345678"),
    ("-4.45", "0.1", "-0.445"),
    ("4.45", "-0.1", "-0.445"),
    ("0", "0.1", "0"),
]


@pytest.mark.parametrize(("amount", "rate", "points"), EXACT)
def test_amount_times_rate_is_exact(
    empty_world: World, amount: str, rate: str, points: str
) -> None:
    _import(empty_world, rate, 6, "down")

    posting = _visit(empty_world, amount)

    assert posting["points"] == posting["balance_after"] == Decimal(points)
    assert "rounded" not in lines_of(posting)[0]["reason"]
    assert empty_world.balance("12345") == points


@pytest.mark.parametrize("amount", ["4.45", 4.45])
def test_a_number_is_as_exact_as_a_string(empty_world: World, amount: object) -> None:
    _import(empty_world, "0.1", 6, "down")

    posting = _visit(empty_world, amount)

    assert empty_world.rows("ledger")[0]["amount"] == Decimal("4.45")
    assert posting["points"] == Decimal("0.445")


# amount, rate, scale, and the points by each way of rounding
ROUNDED: list[tuple[str, str, int, dict[str, str]]] = [
    ("4.45", "0.1", 2, {"half_up": "0.45", "half_even": "0.44", "down": "0.44", "up": "0.45"}),
    ("4.55", "0.1", 2, {"half_up": "0.46", "half_even": "0.46", "down": "0.45", "up": "0.46"}),
    ("100.99", "0.01", 2, {"half_up": "1.01", "half_even": "1.01", "down": "1", "up": "1.01"}),
    ("100.99", "0.01", 0, {"half_up": "1", "half_even": "1", "down": "1", "up": "2"}),
    ("-0.5", "1", 0, {"half_up": "-1", "half_even": "0", "down": "0", "up": "-1"}),
    ("2.5", "1", 0, {"half_up": "3", "half_even": "2", "down": "2", "up": "3"}),
    ("0.000000001", "0.000001", 6, {"half_up": "0", "half_even": "0", "down": "0", "up": "1e-6"}),
]


@pytest.mark.parametrize(
    ("amount", "rate", "scale", "rounding", "points"),
    [(a, r, s, *how) for a, r, s, ways in ROUNDED for how in ways.items()],
)
def test_an_award_is_rounded_as_the_program_says(
    empty_world: World, *, amount: str, rate: str, scale: int, rounding: str, points: str
) -> None:
    _import(empty_world, rate, scale, rounding)

    posting = _visit(empty_world, amount)

    assert posting["points"] == Decimal(points)
    assert lines_of(posting)[0]["reason"].endswith(f", rounded {rounding}")
    assert Decimal(empty_world.balance("12345")) == Decimal(points)


def test_only_the_award_is_rounded_and_never_the_sum(empty_world: World) -> None:
    _import(empty_world, "0.1", 2, "half_up")

    for _ in range(10):
        _visit(empty_world, "4.44")

    # Ten times 0.44, not 4.44 rounded.
    assert empty_world.balance("12345") == "4.4"


def test_tenths_add_up(world: World) -> None:
    for number in range(1, 11):
        changes = {"/idempotency_key": f"k{number}", "/activity/value": 0.1}
        world.post_membership_activity("12345", hang_activity(changes))
    world.deliver()

    assert world.balance("12345") == "1"


def test_the_largest_amounts_add_up_to_the_last_digit(world: World) -> None:
    for key, value in (("a", "1000000000000000"), ("b", "999999999999999.99"), ("c", "0.01")):
        changes = {"/idempotency_key": key, "/activity/value": value}
        world.post_membership_activity("12345", hang_activity(changes))
    world.deliver()

    assert world.balance("12345") == "2000000000000000"


def test_what_would_pass_the_limit_of_a_balance_is_a_rejected_posting(world: World) -> None:
    world.post_membership_activity("12345", hang_activity({"/activity/value": "1"}))
    world.deliver()
    (balance,) = [i for i in world.items("balance") if i["item_key"]["S"] == "BALANCE"]
    nearly = {"N": "1" + "0" * 24}
    world.put_items("balance", [balance | {"points": nearly, "lifetime_points": nearly}])

    changes = {"/idempotency_key": "further", "/activity/value": "0.01"}
    world.post_membership_activity("12345", hang_activity(changes))
    assert world.deliver() == {"batchItemFailures": []}

    (rejected,) = [p for p in world.postings() if p["outcome"] == "rejected"]
    assert (rejected["points"], rejected["lines"]) == (0, [])
    assert rejected["reason"] == "the balance would pass 1e+24"
    assert world.balance("12345") == "1" + "0" * 24


BEYOND = ["1000000000000000.01", "-1000000000000000.01", "1e16", "1e99", "0.0000000001"]


@pytest.mark.parametrize("amount", BEYOND)
def test_what_could_not_be_kept_exactly_is_refused_at_the_door(world: World, amount: str) -> None:
    hang = world.post_membership_activity("12345", hang_activity({"/activity/value": amount}))
    village = world.post_network_activity(village_activity({"/amount": amount}))

    assert (hang.status, hang.body["errors"][0]["pointer"]) == (400, "/activity/value")
    assert (village.status, village.body["errors"][0]["pointer"]) == (400, "/amount")
    assert world.items("ledger") == []
