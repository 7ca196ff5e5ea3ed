"""What reversals leave of a rolling window, and of tiers that an activity raised."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Activity
from accrue.domain.membership_state import MembershipState, QuestState
from tests.unit.activities import Json, at, earn, lifetime_tiers, quest, require, written
from tests.unit.reversal_shop import Shop


def rolling(days: int = 30, stays_at: str = "40") -> Json:
    """Silver from 100, gold from 300."""
    return {
        "by": {"kind": "rolling_points", "days": days},
        "levels": [
            {"tier_id": "silver", "name": "Silver", "enters_at": "100", "stays_at": stays_at},
            {"tier_id": "gold", "name": "Gold", "enters_at": "300", "stays_at": "200"},
        ],
    }


THRICE = quest(require("3", progress="count"), points="1000")
EACH_TIME = quest(require("1", progress="count"), points="50", max_completions=100)


def shop_with(tiers: Json | None = None, **parts: Any) -> Shop:
    """Where the amount is awarded."""
    return Shop(written(rules=[earn()], tiers=tiers or rolling(), **parts))


def sold(shop: Shop, *sales: str) -> list[Activity]:
    """Each `<day> <amount>`."""
    return [
        shop.sell(amount, occurred_at=at(f"2026-{day}T12:00"))
        for day, amount in map(str.split, sales)
    ]


def window(state: MembershipState) -> dict[str, str]:
    """Points by day."""
    days = sorted(state.earned_by_day.items())
    return {f"{day:%m-%d}": f"{points:f}" for day, points in days}


def test_a_reward_leaves_the_day_on_which_it_was_given() -> None:
    shop = shop_with(quests=[THRICE])
    first, _, _ = sold(shop, "02-20 1000", "02-20 1000", "02-27 1")

    shop.reverse(first)

    assert window(shop.state) == {"02-20": "1000", "02-27": "1"}


def test_rewards_of_several_days_are_taken_from_the_last_and_then_from_the_latest() -> None:
    shop = shop_with(quests=[EACH_TIME])
    sales = sold(shop, "02-20 10", "02-22 10", "02-24 10")
    sold(shop, "02-23 10")
    assert window(shop.state) == {"02-20": "60", "02-22": "60", "02-23": "60", "02-24": "60"}

    shop.reverse(sales[0])
    assert window(shop.state) == {"02-20": "50", "02-22": "60", "02-23": "60", "02-24": "10"}
    shop.reverse(sales[1])

    assert window(shop.state) == {"02-20": "50", "02-22": "50", "02-23": "20"}


def test_what_others_took_from_its_day_comes_from_another_one() -> None:
    """The reward of the first day is taken from the day between, so its own points are gone."""
    tea = quest(
        require("1", progress="count", restricted_to_item_ids=["tea"]),
        points="50",
        max_completions=100,
    )
    shop = shop_with(quests=[tea])
    first = shop.sell("10", "tea", occurred_at=at("2026-02-20T12:00"))
    last = shop.sell("10", "tea", occurred_at=at("2026-02-24T12:00"))
    (between,) = sold(shop, "02-22 100")
    shop.reverse(last)
    shop.reverse(first)
    assert window(shop.state) == {"02-20": "50", "02-22": "50"}

    shop.reverse(between)

    assert window(shop.state) == {}
    assert shop.state.quests["quest"] == QuestState()


def test_a_reward_that_has_left_the_window_takes_nothing_from_it() -> None:
    shop = shop_with(quests=[quest(require("2", progress="count"))])
    first, _ = sold(shop, "01-10 10", "01-12 10")
    sold(shop, "03-01 120")
    assert shop.state.tier_id == "silver"

    shop.reverse(first)

    assert window(shop.state) == {"03-01": "120"}
    assert shop.state.tier_id == "silver"


def test_a_late_completion_is_not_the_latest_reward() -> None:
    """That which counts in the window still is taken from it, though the other one came last."""
    shop = shop_with(quests=[EACH_TIME])
    sales = sold(shop, "03-01 10", "01-10 10")
    for sale in sales:
        shop.reverse(sale)

    assert window(shop.state) == {}


def test_a_reward_from_before_there_was_a_window_takes_nothing_from_it() -> None:
    shop = shop_with(lifetime_tiers(silver="100"), quests=[EACH_TIME])
    (sale,) = sold(shop, "02-27 10")
    shop.publish(written(rules=[earn()], tiers=rolling()))
    sold(shop, "02-28 120")

    shop.reverse(sale)

    assert window(shop.state) == {"02-28": "120"}
    assert f"{shop.state.lifetime_points:f}" == "120"


def test_a_tier_that_was_lost_and_is_had_by_others_now_is_kept() -> None:
    shop = shop_with()
    first = shop.sell("120")
    shop.wait_until("2026-05-01")
    shop.sell("60")
    shop.wait_until("2026-05-20")
    shop.sell("60")
    shop.wait_until("2026-06-10")
    shop.sell("1")

    shop.reverse(first)

    assert shop.state.tier_id == "silver"


def test_who_lost_a_tier_and_enters_it_at_once_has_it_by_that() -> None:
    """Nobody looked in between: no posting tells of either."""
    shop = shop_with()
    first = shop.sell("120")
    shop.now = at("2026-06-01T12:00")
    again = shop.sell("120")
    assert shop.state.tier_by == again.activity_id

    found = []
    for sale, part in ((first, None), (again, "70")):
        shop.reverse(sale, part)
        found.append(shop.state.tier_id)

    assert found == ["silver", None]
    assert not shop.state.tier_by


def test_a_tier_that_days_took_has_nobody_who_raised_it() -> None:
    shop = shop_with()
    shop.sell("120")
    shop.now = at("2026-06-01T12:00")

    shop.sell("1")

    assert (shop.state.tier_id, shop.state.tier_by, shop.state.tier_from) == (None, "", None)


def test_what_is_left_may_be_enough_to_enter_until_it_is_not() -> None:
    shop = shop_with()
    sale = shop.sell("120")

    found = []
    for part in ("10", "10", "10"):
        shop.reverse(sale, part)
        found.append(shop.state.tier_id)

    assert found == ["silver", "silver", None]


def test_a_tier_is_put_back_to_that_of_before() -> None:
    shop = shop_with()
    shop.sell("120")
    sale = shop.sell("200")
    assert (shop.state.tier_id, shop.state.tier_from) == ("gold", "silver")

    shop.reverse(sale, "60")

    assert (shop.state.tier_id, shop.state.tier_from) == ("silver", None)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_tier_that_needs_nothing_to_stay_is_not_kept_for_nothing(order: tuple[int, int]) -> None:
    shop = shop_with(rolling(stays_at="0"))
    sales = [shop.sell("120"), shop.sell("200")]

    for number in order:
        shop.reverse(sales[number])

    assert (shop.state.tier_id, shop.state.points) == (None, Decimal(0))


def test_part_of_a_tier_may_be_kept_by_who_splits_it() -> None:
    """Gold is entered with both, and kept by the one that raised it: as the guide says."""
    shop = shop_with()
    first = shop.sell("100")
    shop.sell("200")

    shop.reverse(first)

    assert (shop.state.tier_id, f"{shop.state.points:f}") == ("gold", "200")
