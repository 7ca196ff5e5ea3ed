"""What reversals leave of quests: progress, completions, rewards, check-ins."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Activity
from accrue.domain.membership_state import QuestState
from accrue.domain.program.program import Program
from tests.unit.activities import at, quest, require, written
from tests.unit.reversal_shop import PLACE, Shop, lines
from tests.unit.reversing import reverse

TEA = {"restricted_to_item_ids": ["tea"]}
MANY: Any = {"overshoot": "carries_over", "max_completions": 100}
TWO = [require("2", requirement_id="often", progress="count"), require("30")]

# What happens (`buy <amount> [<items>]`, `on <day> <amount>`, `reverse <which> [<how much>]`), and
# after each how often the quest is completed, and its progress.
QUESTS: Mapping[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "progress": (
        quest(require("100")),
        ["buy 60", "reverse 0"],
        ["0 buy 60", "0"],
    ),
    "a part of it": (
        quest(require("100")),
        ["buy 60", "reverse 0 20.5", "reverse 0"],
        ["0 buy 60", "0 buy 39.5", "0"],
    ),
    "a completion": (
        quest(require("100")),
        ["buy 60", "buy 40", "reverse 1"],
        ["0 buy 60", "1", "0 buy 60"],
    ),
    "a completion that another purchase completed": (
        quest(require("100")),
        ["buy 60", "buy 40", "reverse 0"],
        ["0 buy 60", "1", "0 buy 40"],
    ),
    "a completion by a cent": (
        quest(require("100")),
        ["buy 100", "reverse 0 0.01", "buy 0.01"],
        ["1", "0 buy 99.99", "1"],
    ),
    "what is enough still keeps it": (
        quest(require("100"), **MANY),
        ["buy 130", "reverse 0 30", "reverse 0"],
        ["1 buy 30", "1", "0"],
    ),
    "two completions at once": (
        quest(require("100"), **MANY),
        ["buy 250", "reverse 0 100", "reverse 0 51"],
        ["2 buy 50", "1 buy 50", "0 buy 99"],
    ),
    "completions of others stand": (
        quest(require("100"), **MANY),
        ["buy 120", "buy 90", "buy 100", "reverse 1"],
        ["1 buy 20", "2 buy 10", "3 buy 10", "2 buy 20"],
    ),
    "what went over the last completion keeps it": (
        quest(require("100"), overshoot="carries_over", max_completions=1),
        ["buy 60", "buy 100", "reverse 0"],
        ["0 buy 60", "1 buy 60", "1"],
    ),
    "what came once it was over counted nothing": (
        quest(require("100"), overshoot="carries_over", max_completions=1),
        ["buy 100", "buy 70", "reverse 1", "reverse 0"],
        ["1", "1", "1", "0"],
    ),
    "what was dropped was never there": (
        quest(require("100"), max_completions=3),
        ["buy 130", "buy 20", "reverse 0 30"],
        ["1", "1 buy 20", "1 buy 20"],
    ),
    "and no more of the gain than what is not kept": (
        quest(require("100"), max_completions=3),
        ["buy 60", "buy 130", "reverse 1 100"],
        ["0 buy 60", "1", "0 buy 90"],
    ),
    "dropped, whole": (
        quest(require("100"), max_completions=3),
        ["buy 130", "buy 20", "reverse 0"],
        ["1", "1 buy 20", "0 buy 20"],
    ),
    "a time counts until all is reversed": (
        quest(require("2", progress="count")),
        ["buy 10", "buy 10", "reverse 0 9.99", "reverse 0"],
        ["0 buy 1", "1", "1", "0 buy 1"],
    ),
    "restricted: other items leave it": (
        quest(require("30", **TEA)),
        ["buy 50 tea:20 cake:30", "reverse 0 cake", "reverse 0 tea"],
        ["0 buy 20", "0 buy 20", "0"],
    ),
    "restricted: a time goes with its items": (
        quest(require("2", progress="count", **TEA)),
        ["buy 50 tea:10 tea:10 cake:30", "reverse 0 tea", "reverse 0 tea"],
        ["0 buy 1", "0 buy 1", "0"],
    ),
    "restricted: the amount goes with the amount": (
        quest(require("1000", progress="activity_value", **TEA)),
        ["buy 500 tea:10 tv:490", "reverse 0 tv", "reverse 0 tea"],
        ["0 buy 500", "0 buy 10", "0"],
    ),
    "restricted: and whole with the last of its items": (
        quest(require("1000", progress="activity_value", **TEA)),
        ["buy 500 tea:10 tv:490", "reverse 0 tea"],
        ["0 buy 500", "0"],
    ),
    "one of two requirements": (
        quest(*TWO),
        ["buy 10", "buy 20", "reverse 0 5"],
        ["0 buy 10 often 1", "1", "0 buy 25 often 2"],
    ),
    "both of them": (
        quest(*TWO),
        ["buy 10", "buy 20", "reverse 0"],
        ["0 buy 10 often 1", "1", "0 buy 20 often 1"],
    ),
    "nothing was added, nothing is revoked": (
        quest(require("100")),
        ["buy 0", "buy 60", "reverse 0"],
        ["0", "0 buy 60", "0 buy 60"],
    ),
    "a check-in is free again": (
        quest(require("3", progress="count", check_in_interval_days=1)),
        ["on 2026-03-01 1", "reverse 0", "on 2026-03-01 1", "on 2026-03-01 1"],
        ["0 buy 1", "0", "0 buy 1", "0 buy 1"],
    ),
    "no earlier than the interval from the time before": (
        quest(require("9", progress="count", check_in_interval_days=2)),
        ["on 2026-02-27 1", "on 2026-03-01 1", "reverse 1", "on 2026-02-28 1", "on 2026-03-01 1"],
        ["0 buy 1", "0 buy 2", "0 buy 1", "0 buy 1", "0 buy 2"],
    ),
    "no second check-in on a day because the quest was over": (
        quest(require("2", progress="count", check_in_interval_days=1)),
        ["on 2026-02-28 1", "on 2026-03-01 1", "reverse 0", "on 2026-03-01 1"],
        ["0 buy 1", "1", "0 buy 1", "0 buy 1"],
    ),
    "a part is no reason to check in again": (
        quest(require("90", check_in_interval_days=1)),
        ["on 2026-03-01 10", "reverse 0 4", "on 2026-03-01 10"],
        ["0 buy 10", "0 buy 6", "0 buy 6"],
    ),
    "another day's check-in stays": (
        quest(require("9", progress="count", check_in_interval_days=1)),
        ["on 2026-02-27 1", "on 2026-02-28 1", "reverse 0", "on 2026-02-28 1"],
        ["0 buy 1", "0 buy 2", "0 buy 1", "0 buy 1"],
    ),
}


@pytest.mark.parametrize("case", QUESTS)
def test_quests(case: str) -> None:
    document, steps, expected = QUESTS[case]
    shop = Shop(written(quests=[document]))
    sales: list[Activity] = []

    assert [_after(step, shop, sales) for step in steps] == expected
    completed = int(expected[-1].split()[0])
    assert shop.state.points == shop.state.lifetime_points == 100 * completed


def _after(step: str, shop: Shop, sales: list[Activity]) -> str:
    what, *rest = step.split()
    if what == "reverse":
        part = rest[1] if len(rest) > 1 else None
        is_amount = part is not None and part[0].isdigit()
        things = [] if is_amount or part is None else [part]
        shop.reverse(sales[int(rest[0])], part if is_amount else None, *things)
    else:
        moment = at(f"{rest.pop(0)}T12:00") if what == "on" else shop.now
        sales.append(shop.sell(rest[0], " ".join(rest[1:]), occurred_at=moment))
    return _shown(shop)


def _shown(shop: Shop) -> str:
    state = shop.state.quests.get("quest")
    if state is None:
        return "0"
    progress = sorted(f"{name} {number.normalize():f}" for name, number in state.progress.items())
    return " ".join([str(state.completions), *progress])


def test_a_revoked_completion_is_told() -> None:
    shop = Shop(written(quests=[quest(require("100"))]))
    first = shop.sell("60")
    shop.sell("50")

    posting = shop.reverse(first)

    (line,) = posting.lines
    assert (line.role, line.quest_id, line.reason) == (
        "buyer",
        "quest",
        "takes back 100: 1 revoked",
    )
    (change,) = posting.quests
    assert (change.completions, change.completions_after) == (-1, 0)
    (requirement,) = change.requirements
    numbers = (requirement.gained, requirement.progress, requirement.threshold)
    assert [int(number) for number in numbers] == [-60, 40, 100]


def test_a_reward_is_taken_back_once_whoever_completed_the_quest() -> None:
    shop = Shop(written(quests=[quest(require("100"))]))
    sales = [shop.sell("60"), shop.sell("40")]

    found = [lines(shop.reverse(sale)) for sale in sales]

    assert found == [["-100 quest"], []]
    assert shop.state.points == shop.state.lifetime_points == 0


def _rewarding(points: str, scale: int = 0) -> Program:
    return written(
        points={"unit": "points", "scale": scale, "may_go_below_zero": True},
        quests=[quest(require("10"), points=points, max_completions=9)],
    )


def test_rewards_of_different_versions_are_taken_back_on_average_and_all_of_them() -> None:
    shop = Shop(_rewarding("100"))
    sales = [shop.sell("10")]
    shop.publish(_rewarding("25"))
    sales += [shop.sell("10"), shop.sell("10")]

    found = [lines(shop.reverse(sale)) for sale in sales]

    assert found == [["-50 quest"], ["-50 quest"], ["-50 quest"]]
    assert shop.state.quests["quest"].awarded == shop.state.points == 0


def test_no_more_of_a_reward_is_taken_back_than_was_given() -> None:
    """Nor if the version of the original has whole points, and the others' were smaller."""
    shop = Shop(_rewarding("100"))
    first = shop.sell("7")
    shop.publish(_rewarding("0.25", scale=2))
    for amount in ("3", "10", "10"):
        shop.sell(amount)

    posting = shop.reverse(first)

    assert lines(posting) == ["-0.75 quest"]
    assert not shop.state.quests["quest"].awarded
    assert shop.state.quests["quest"].completions == 2


def test_no_progress_falls_below_nothing_if_versions_had_other_thresholds() -> None:
    """Which of what was added a completion took is not known: none of it counts twice."""
    shop = Shop(written(quests=[quest(require("10"))]))
    first = shop.sell("6")
    shop.publish(written(quests=[quest(require("100"))]))
    second = shop.sell("94")
    assert shop.state.quests["quest"].completions == 1

    postings = [shop.reverse(first), shop.reverse(second)]

    assert [lines(posting) for posting in postings] == [["-100 quest"], []]
    assert shop.state.quests["quest"] == QuestState()


def test_of_a_state_from_before_that_was_kept_the_document_says_what_a_reward_was() -> None:
    shop = Shop(_rewarding("100"))
    sale = shop.sell("10")
    balance = shop.book.balances[PLACE]
    state = replace(balance.state, quests={"quest": QuestState(completions=1)})
    shop.book.balances[PLACE] = replace(balance, state=state)

    stored = reverse(shop.book, shop.catalog, sale, when=shop.now).stored

    assert lines(shop.book.postings[PLACE, stored.activity_id]) == ["-100 quest"]
    assert shop.state.quests["quest"] == QuestState()


def test_what_is_added_to_such_a_state_does_not_hide_what_it_had() -> None:
    shop = Shop(_rewarding("100"))
    for _ in range(3):
        shop.sell("10")
    balance = shop.book.balances[PLACE]
    state = replace(balance.state, quests={"quest": QuestState(completions=3)})
    shop.book.balances[PLACE] = replace(balance, state=state)
    sale = shop.sell("10")

    stored = reverse(shop.book, shop.catalog, sale, when=shop.now).stored

    assert lines(shop.book.postings[PLACE, stored.activity_id]) == ["-100 quest"]
    assert shop.state.quests["quest"] == QuestState(
        completions=3, awarded=Decimal(300), taken={"buy": Decimal(30)}
    )


# Versions of a quest by threshold and overshoot, what happens (`<version>` publishes the next one),
# and after each how often it is completed, and its progress.
THRESHOLDS: Mapping[str, tuple[dict[str, Any], list[str], list[str], list[str]]] = {
    "a completion takes what it took, and not what the version undone says": (
        MANY,
        ["10", "100"],
        ["buy 10", "publish", "buy 50", "reverse 0", "reverse 1"],
        ["1", "1", "1 buy 50", "1 buy 40", "0"],
    ),
    "also if there are several": (
        MANY,
        ["10", "100"],
        ["buy 10", "buy 10", "publish", "buy 60", "reverse 2", "reverse 1", "reverse 0"],
        ["1", "2", "2", "2 buy 60", "2", "1", "0"],
    ),
    "a lower threshold: nothing is left to complete it again": (
        MANY,
        ["100", "10"],
        ["buy 10", "publish", "buy 0.01", "reverse 0", "buy 0.01"],
        ["0 buy 10", "0 buy 10", "1 buy 0.01", "0 buy 0.01", "0 buy 0.02"],
    ),
    "nor if it was dropped": (
        {"max_completions": 100},
        ["100", "10"],
        ["buy 10", "publish", "buy 0.01", "reverse 0", "buy 0.01"],
        ["0 buy 10", "0 buy 10", "1", "0", "0 buy 0.01"],
    ),
    "two that took differently took the average": (
        MANY,
        ["10", "100"],
        ["buy 10", "publish", "buy 100", "reverse 1 50", "reverse 1", "reverse 0"],
        ["1", "1", "2", "1 buy 5", "0 buy 10", "0"],
    ),
    "rounded so that nothing is made": (
        MANY,
        ["1", "1.000000001"],
        ["buy 1", "publish", "buy 1.000000001", "reverse 1 0.1", "reverse 0"],
        ["1", "1", "2", "1 buy 0.9", "0 buy 0.900000001"],
    ),
}


@pytest.mark.parametrize("case", THRESHOLDS)
def test_thresholds_of_versions(case: str) -> None:
    parts, thresholds, steps, expected = THRESHOLDS[case]
    versions = [written(quests=[quest(require(each), **parts)]) for each in thresholds]
    shop = Shop(versions.pop(0))
    sales: list[Activity] = []

    found = []
    for step in steps:
        if step == "publish":
            shop.publish(versions.pop(0))
        found.append(_shown(shop) if step == "publish" else _after(step, shop, sales))

    assert found == expected
    assert shop.state.points == 100 * int(found[-1].split()[0])


def test_what_a_requirement_of_another_version_has_stays() -> None:
    visits = require("2", requirement_id="visit", progress="count")
    shop = Shop(written(quests=[quest(visits)]))
    shop.sell("6")
    shop.publish(written(quests=[quest(require("10"))]))
    sale = shop.sell("4")

    shop.reverse(sale)

    assert shop.state.quests["quest"].progress == {"visit": 1}


def test_what_a_requirement_of_another_version_took_comes_back_too() -> None:
    """One that the version of the original does not have."""
    visits = require("1", requirement_id="visit", progress="count")
    shop = Shop(written(quests=[quest(require("10"))]))
    sale = shop.sell("4")
    shop.publish(written(quests=[quest(require("10"), visits)]))
    other = shop.sell("6")
    assert shop.state.quests["quest"].completions == 1

    shop.reverse(sale)
    assert shop.state.quests["quest"].progress == {"buy": 6, "visit": 1}
    shop.reverse(other)

    assert shop.state.quests["quest"] == QuestState()
