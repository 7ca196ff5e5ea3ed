"""What reversals take back: points of rules and bonuses, limits, occurrences and tiers."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Activity, Outcome
from accrue.domain.errors import InvalidRequestError
from accrue.domain.ids import id_of_reversal_marker
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program
from accrue.services.find_reversals import find_reversals
from tests.unit.activities import ANN, BEN, at, earn, flat, lifetime_tiers, quest, require, written
from tests.unit.reversal_shop import PLACE, Shop, lines
from tests.unit.spending import LedgerOfBook

GROUPS = {"line_items": {"group_ids": ["drinks"]}}
ALL_OF = {"line_items": {"item_ids": ["tea"], "group_ids": ["cakes", "drinks"], "match": "all"}}
TIMES = {"kind": "amount_times_rate"}
STEPS = [
    {"at_least": "50", "points": "40"},
    {"at_least": "100", "points": "100"},
    {"at_least": "10", "points": "20"},
]
RATES = [
    {"at_least": "0", "rate": "0.1"},
    {"at_least": "50", "rate": "0.5"},
    {"at_least": "100", "rate": "1"},
]
SHARES: Mapping[
    str, tuple[dict[str, Any], str, str, list[tuple[str | None, tuple[str, ...]]], list[list[str]]]
] = {
    "whole": ({}, "50", "", [(None, ())], [["-50 earn"]]),
    "half, and the rest": ({}, "50", "", [("25", ()), (None, ())], [["-25 earn"], ["-25 earn"]]),
    "small parts leave nothing": (
        {"award": flat("1")},
        "50",
        "",
        [("0.000001", ()), ("49", ()), (None, ())],
        [["-1 earn"], [], []],
    ),
    "thirds are rounded up, once": (
        {"award": flat("10")},
        "3",
        "",
        [("1", ()), ("1", ()), ("1", ())],
        [["-4 earn"], ["-3 earn"], ["-3 earn"]],
    ),
    "an item, by its value": ({}, "50", "tea:20 cake:30", [(None, ("cake",))], [["-30 earn"]]),
    "all items are the whole": (
        {},
        "50",
        "tea:20 cake:30",
        [(None, ("cake",)), (None, ("tea",))],
        [["-30 earn"], ["-20 earn"]],
    ),
    "items that are less than the amount": (
        {},
        "50",
        "tea:20",
        [(None, ("tea",)), (None, ())],
        [["-20 earn"], ["-30 earn"]],
    ),
    "items that are more than the amount": (
        {},
        "50",
        "tea:40 cake:60",
        [(None, ("tea",)), (None, ("cake",))],
        [["-20 earn"], ["-30 earn"]],
    ),
    "a rule on drinks goes with the drinks": (
        {"when": GROUPS, "award": flat("10")},
        "50",
        "tea@drinks:20 cake:30",
        [(None, ("cake",)), (None, ("tea",))],
        [[], ["-10 earn"]],
    ),
    "a rate on drinks": (
        {"when": GROUPS, "award": {"kind": "matched_items", "rate": "2"}},
        "50",
        "tea@drinks:20 milk@drinks:5 cake:30",
        [(None, ("milk",)), (None, ("tea", "cake"))],
        [["-10 earn"], ["-40 earn"]],
    ),
    "so much for each drink": (
        {"when": GROUPS, "award": {"kind": "matched_items", "points_each": "7"}},
        "50",
        "tea@drinks:20 milk@drinks:5 cake:25",
        [(None, ("milk",)), (None, ("tea",))],
        [["-7 earn"], ["-7 earn"]],
    ),
    "an amount is of what no item says": (
        {"when": GROUPS, "award": flat("10")},
        "50",
        "tea@drinks:20 cake:30",
        [(None, ("cake",)), ("19", ()), ("1", ())],
        [[], ["-10 earn"], []],
    ),
    "what a rule on drinks awards for the amount goes with the amount": (
        {"when": GROUPS},
        "50",
        "tea@drinks:5 tv:45",
        [(None, ("tv",)), (None, ("tea",))],
        [["-45 earn"], ["-5 earn"]],
    ),
    "and all of it with the last drink": (
        {"when": GROUPS},
        "50",
        "tea@drinks:3 milk@drinks:2 tv:45",
        [(None, ("milk",)), (None, ("tea",)), (None, ())],
        [["-2 earn"], ["-48 earn"], []],
    ),
    "steps go by the amount": (
        {"when": GROUPS, "award": {"kind": "step_table", "steps": STEPS}},
        "100",
        "tea@drinks:5 tv:95",
        [("1", ()), ("9", ()), ("40", ()), ("1", ()), (None, ())],
        [["-60 earn"], [], [], ["-20 earn"], ["-20 earn"]],
    ),
    "a step of a rate is that of what is left": (
        {"award": {"kind": "step_table", "steps": RATES}},
        "100",
        "",
        [("1", ()), ("49", ()), ("1", ()), (None, ())],
        [["-51 earn"], ["-24 earn"], ["-21 earn"], ["-4 earn"]],
    ),
    "a step that was cut by a limit is not cut twice": (
        {
            "award": {"kind": "step_table", "steps": STEPS},
            "limits": [{"per": "day", "points": "60"}],
        },
        "100",
        "",
        [("1", ()), ("49", ()), (None, ())],
        [["-20 earn"], ["-10 earn"], ["-30 earn"]],
    ),
    "what a step had rounded up stays until something is reversed": (
        {"award": {"kind": "step_table", "steps": [{"at_least": "1", "rate": "0.5"}]}},
        "51",
        "",
        [("0.000001", ()), ("49.999999", ()), (None, ())],
        [["-1 earn"], ["-25 earn"], []],
    ),
    "steps that take go by the share": (
        {"award": {"kind": "step_table", "steps": [{"at_least": "50", "rate": "-0.5"}]}},
        "100",
        "",
        [("60", ()), (None, ())],
        [["30 earn"], ["20 earn"]],
    ),
    "of a negative amount too": (
        {"award": {"kind": "step_table", "steps": [{"at_least": "-100", "rate": "-0.5"}]}},
        "-51",
        "",
        [("25.5", ()), (None, ())],
        [["-13 earn"], ["-13 earn"]],
    ),
    "whoever falls below an amount gives back all that was for it": (
        {"when": {"amount": {"at_least": "40"}}, "award": flat("10")},
        "50",
        "tea:20 cake:30",
        [("10", ()), ("0.01", ()), (None, ())],
        [["-2 earn"], ["-8 earn"], []],
    ),
    "by items too": (
        {"when": {**GROUPS, "amount": {"more_than": "20"}}, "award": flat("10")},
        "50",
        "tea@drinks:20 cake:30",
        [(None, ("cake",)), (None, ())],
        [["-10 earn"], []],
    ),
    "most is no reason": (
        {"when": {"amount": {"at_most": "50", "more_than": "0"}}},
        "50",
        "",
        [("49", ()), (None, ())],
        [["-49 earn"], ["-1 earn"]],
    ),
    "of a negative amount it is the other way round": (
        {
            "when": {"amount": {"at_most": "-40", "at_least": "-50"}},
            "award": {"kind": "amount_times_rate", "rate": "-1"},
        },
        "-50",
        "",
        [("10", ()), ("1", ()), (None, ())],
        [["-10 earn"], ["-40 earn"], []],
    ),
    "what was taken for an amount comes back by the share": (
        {"when": {"amount": {"at_least": "50"}}, "award": {**TIMES, "rate": "-1"}},
        "50",
        "",
        [("1", ()), (None, ())],
        [["1 earn"], ["49 earn"]],
    ),
    "all of them go with one of them": (
        {"when": ALL_OF, "award": flat("10")},
        "50",
        "tea@drinks:10 tea@drinks:20 milk@drinks:1 bun@cakes:19",
        [(None, ("tea",)), (None, ("bun",)), (None, ())],
        [["-2 earn"], ["-8 earn"], []],
    ),
    "also if there are others of its group": (
        {"when": ALL_OF},
        "50",
        "tea@drinks:10 milk@drinks:20 bun@cakes:20",
        [(None, ("tea",)), (None, ())],
        [["-50 earn"], []],
    ),
    "items without a value are of the number": (
        {"when": GROUPS, "award": {"kind": "matched_items", "points_each": "7"}},
        "50",
        "tea@drinks tea@drinks:10 cake:30",
        [(None, ("tea",)), (None, ("cake",)), (None, ())],
        [["-7 earn"], [], ["-7 earn"]],
    ),
    "items that are worth nothing go by their number": (
        {"when": GROUPS, "award": flat("10")},
        "50",
        "tea@drinks:0 milk@drinks:0 cake:50",
        [(None, ("tea",)), (None, ("milk",))],
        [["-5 earn"], ["-5 earn"]],
    ),
    "the one that has a value": (
        {},
        "50",
        "tea tea:20 cake:30",
        [(None, ("tea",)), (None, ("cake",))],
        [["-20 earn"], ["-30 earn"]],
    ),
    "a drink without a value has that of the whole": (
        {"when": GROUPS, "award": {"kind": "matched_items", "rate": "1"}},
        "50",
        "tea@drinks cake:30",
        [(None, ("cake",)), (None, ())],
        [["-30 earn"], ["-20 earn"]],
    ),
    "a negative purchase gives back": (
        {},
        "-50",
        "",
        [("20", ()), (None, ())],
        [["20 earn"], ["30 earn"]],
    ),
    "of what was taken no more comes back than was taken": (
        {"award": {"kind": "amount_times_rate", "rate": "-0.2"}},
        "7",
        "",
        [("1", ()), ("1", ()), ("5", ())],
        [[], [], ["1 earn"]],
    ),
    "what no item says is nothing": ({}, "0", "", [(None, ())], [[]]),
    "without an amount it goes by the items": (
        {"when": GROUPS, "award": {"kind": "matched_items", "points_each": "7"}},
        "0",
        "tea@drinks:20 milk@drinks:5",
        [(None, ("tea",)), (None, ("milk",))],
        [["-7 earn"], ["-7 earn"]],
    ),
    "the first of two alike, then the other": (
        {},
        "50",
        "tea:20 tea:30",
        [(None, ("tea",)), (None, ("tea",))],
        [["-20 earn"], ["-30 earn"]],
    ),
}


@pytest.mark.parametrize("case", SHARES)
def test_shares(case: str) -> None:
    rule, amount, things, parts, expected = SHARES[case]
    shop = Shop(written(rules=[earn(**rule)]))
    sale = shop.sell(amount, things)
    found = [lines(shop.reverse(sale, part, *named)) for part, named in parts]
    assert found == expected
    # What is not taken back is still there.
    taken = sum(Decimal(line.split()[0]) for part in expected for line in part)
    awarded = shop.book.postings[PLACE, sale.activity_id].points
    assert shop.state.points == shop.state.lifetime_points == awarded + taken


DOUBLE = {"bonus_id": "double", "effect": {"kind": "multiply", "factor": "2"}}
DOUBLE_DRINKS = {
    "bonus_id": "drinks",
    "when": GROUPS,
    "effect": {"kind": "multiply", "factor": "3", "on": "matched_items"},
}
DRINKERS = {"bonus_id": "drinkers", "when": GROUPS, "effect": {"kind": "multiply", "factor": "2"}}
SEVEN = {"bonus_id": "seven", "effect": {"kind": "add", "points": "7"}}
EACH_DRINK = {
    "bonus_id": "each",
    "when": GROUPS,
    "effect": {"kind": "add", "points": "4", "per": "matched_item"},
}
ALL_BASKET = {"line_items": {"item_ids": ["milk", "cake"], "match": "all"}}
BASKET = "tea@drinks:10 milk@drinks:10 cake:30"
BONUSES: Mapping[str, tuple[list[dict[str, Any]], str | None, list[Any], list[list[str]]]] = {
    "a multiplier goes with the award": (
        [DOUBLE],
        None,
        ["10", ("cake",)],
        [["-10 earn", "-10 double"], ["-30 earn", "-30 double"]],
    ),
    "a multiplier of drinks goes with the drinks": (
        [DOUBLE_DRINKS],
        None,
        [("cake",), ("tea",)],
        [["-30 earn"], ["-10 earn", "-20 drinks"]],
    ),
    "a multiplier for those who buy drinks goes with the award": (
        [DRINKERS],
        None,
        [("cake",), ("tea",)],
        [["-30 earn", "-30 drinkers"], ["-10 earn", "-10 drinkers"]],
    ),
    "and whole with the last drink": (
        [DRINKERS],
        None,
        [("tea", "milk")],
        [["-20 earn", "-50 drinkers"]],
    ),
    "what is added goes by the part, rounded up": (
        [SEVEN],
        None,
        ["10", "10", None],
        [["-10 earn", "-2 seven"], ["-10 earn", "-1 seven"], ["-30 earn", "-4 seven"]],
    ),
    "so much for each drink": (
        [EACH_DRINK],
        None,
        [("milk",), ("tea",), None],
        [["-10 earn", "-4 each"], ["-10 earn", "-4 each"], ["-30 earn"]],
    ),
    "whoever falls below its amount gives it back": (
        [{**SEVEN, "when": {"amount": {"at_least": "40"}}}],
        None,
        ["10", "10", None],
        [["-10 earn", "-2 seven"], ["-10 earn", "-5 seven"], ["-30 earn"]],
    ),
    "also if it was on drinks": (
        [{**DRINKERS, "when": {**GROUPS, "amount": {"at_least": "40"}}}],
        None,
        [("cake",), None],
        [["-30 earn", "-50 drinkers"], ["-20 earn"]],
    ),
    "all that it asked for has to be there": (
        [{**SEVEN, "when": ALL_BASKET}],
        None,
        [("milk",), ("tea",)],
        [["-10 earn", "-7 seven"], ["-10 earn"]],
    ),
    "each of them, one on the other": (
        [DOUBLE, SEVEN, {**DOUBLE, "bonus_id": "again"}],
        "multiply",
        [None],
        [["-50 earn", "-50 double", "-7 seven", "-100 again"]],
    ),
    "only the best": ([DOUBLE, SEVEN], "best_only", [None], [["-50 earn", "-50 double"]]),
}


@pytest.mark.parametrize("case", BONUSES)
def test_bonuses(case: str) -> None:
    bonuses, stacking, parts, expected = BONUSES[case]
    program = written(
        rules=[earn()],
        bonuses=bonuses,
        bonus_stacking=stacking or ("add" if len(bonuses) > 1 else None),
    )
    shop = Shop(program)
    sale = shop.sell("50", BASKET)

    assert [_reversed(shop, sale, part) for part in parts] == expected


def _reversed(shop: Shop, sale: Any, part: str | tuple[str, ...] | None) -> list[str]:
    if isinstance(part, tuple):
        return lines(shop.reverse(sale, None, *part))
    return lines(shop.reverse(sale, part))


def test_a_bonus_goes_with_what_it_was_on() -> None:
    """If the drinks go, nothing is left that the cake could add to."""
    cake = {"line_items": {"item_ids": ["cake"]}}
    drinks = earn(when=GROUPS, award={"kind": "matched_items", "rate": "1"})
    shop = Shop(written(rules=[drinks], bonuses=[{**SEVEN, "when": cake}]))
    sale = shop.sell("50", BASKET)

    posting = shop.reverse(sale, None, "tea", "milk")

    assert lines(posting) == ["-20 earn", "-7 seven"]


def test_a_bonus_goes_with_steps() -> None:
    rule = earn(award={"kind": "step_table", "steps": STEPS})
    triple = {**DOUBLE, "effect": {"kind": "multiply", "factor": "3"}}
    shop = Shop(written(rules=[rule], bonuses=[triple]))
    sale = shop.sell("100")

    assert lines(shop.reverse(sale, "1")) == ["-60 earn", "-120 double"]


def test_a_bonus_goes_whole_with_an_award_that_asked_for_an_amount() -> None:
    shop = Shop(written(rules=[earn(when={"amount": {"at_least": "50"}})], bonuses=[SEVEN]))
    sale = shop.sell("50", BASKET)

    assert lines(shop.reverse(sale, "1")) == ["-50 earn", "-7 seven"]


def test_what_a_bonus_took_for_an_amount_comes_back_by_the_share() -> None:
    bonus = {**DOUBLE, "when": {"amount": {"at_least": "50"}}}
    shop = Shop(written(rules=[earn("-1")], bonuses=[bonus]))
    sale = shop.sell("50", BASKET)

    assert lines(shop.reverse(sale, "10")) == ["10 earn", "10 double"]


@pytest.mark.parametrize("things", ["shoes:120 coupon:-20", "coupon:-20", "shoes:100 gift:0 x:-1"])
def test_items_of_both_signs_have_no_share(things: str) -> None:
    """Without the shoes there would be nothing that the coupon was for."""
    shop = Shop(written(rules=[earn()]))
    sale = shop.sell("100", things)

    with pytest.raises(InvalidRequestError) as refused:
        shop.reverse(sale, None, things.partition(":")[0])

    ((fault,),) = (refused.value.faults,)
    assert (fault.pointer, fault.message) == (
        "/line_items",
        "are above and below 0, so that none has a share: reverse an amount, or all",
    )
    assert lines(shop.reverse(sale, "30")) == ["-30 earn"]
    assert lines(shop.reverse(sale)) == ["-70 earn"]


def test_items_of_a_purchase_that_is_below_zero() -> None:
    shop = Shop(written(rules=[earn()]))
    sale = shop.sell("-50", "tea:-20 cake:-30")

    assert lines(shop.reverse(sale, None, "cake")) == ["30 earn"]


def test_an_item_that_is_left_without_a_value_is_not_reversed_by_itself() -> None:
    shop = Shop(written(rules=[earn()]))
    sale = shop.sell("50", "tea tea:20 cake:30")
    shop.reverse(sale, None, "tea")

    with pytest.raises(InvalidRequestError) as refused:
        shop.reverse(sale, None, "tea")

    ((fault,),) = (refused.value.faults,)
    assert (fault.pointer, fault.message) == (
        "/line_items/0/item_id",
        "has no value: reverse an amount instead",
    )


FULL = {"amount": {"at_least": "100"}}
TEA = {"restricted_to_item_ids": ["tea"]}
QUEST_CONDITIONS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "of the requirement": ({"progress": "count", **TEA, "when": FULL}, {}),
    "of the quest": ({"progress": "count", **TEA}, {"when": FULL}),
    "of the requirement's items": (
        {"progress": "count", "when": {"line_items": {"item_ids": ["tv"]}}},
        {},
    ),
    "of the quest's items": (
        {"progress": "count"},
        {"when": {"line_items": {"item_ids": ["tea", "tv"], "match": "all"}}},
    ),
}


@pytest.mark.parametrize("case", QUEST_CONDITIONS)
def test_what_no_longer_meets_the_conditions_of_a_quest_counts_nothing(case: str) -> None:
    requirement, conditions = QUEST_CONDITIONS[case]
    # Another quest with a requirement of this id: it stays.
    other = quest(require("2", progress="count", **TEA), quest_id="other", points="3")
    wanted = quest(require("2", **requirement), points="500", **conditions)
    shop = Shop(written(quests=[other, wanted]))
    first, second = (shop.sell("100", "tv:99 tea:1") for _ in range(2))
    assert shop.state.points == 503

    assert lines(shop.reverse(first, None, "tv")) == ["-500 quest"]
    assert lines(shop.reverse(second, None, "tv")) == []
    assert shop.state.quests["quest"].progress == {}


def test_a_bonus_on_items_counts_those_that_the_award_was_for() -> None:
    award = {"kind": "matched_items", "rate": "1"}
    either = {"line_items": {"item_ids": ["cake", "tea"]}}
    shop = Shop(
        written(rules=[earn(when=GROUPS, award=award)], bonuses=[{**EACH_DRINK, "when": either}])
    )
    sale = shop.sell("50", BASKET)

    assert lines(shop.reverse(sale, None, "cake")) == []
    assert lines(shop.reverse(sale, None, "tea")) == ["-10 earn", "-4 each"]


def test_all_parts_are_found() -> None:
    shop = Shop(written(rules=[earn()]))
    sale = shop.sell("30")
    for number in range(22):
        found = find_reversals(LedgerOfBook(shop.book), sale)
        assert [each.number for each in found] == list(range(1, number + 1))
        shop.reverse(sale, "1")
    # Two that were written while the others were read, the first too late to be seen.
    missed = id_of_reversal_marker("demo", sale.activity_id, 15)
    del shop.book.markers["demo", missed]
    assert len(find_reversals(LedgerOfBook(shop.book), sale)) == 14


def test_each_role_and_each_membership_for_itself() -> None:
    rules = [earn(), earn("0.5", rule_id="sell", role="seller")]
    shop = Shop(written(rules=rules))
    both = shop.sell("51", roles={"buyer": [ANN], "seller": [ANN, BEN]})

    shop.reverse(both, "17")
    shop.reverse(both)

    assert [lines(p) for p in shop.book.chain(PLACE)] == [
        ["51 earn", "26 sell"],
        ["-17 earn", "-9 sell"],
        ["-34 earn", "-17 sell"],
    ]
    assert [lines(p) for p in shop.book.chain(("demo", BEN))] == [
        ["26 sell"],
        ["-9 sell"],
        ["-17 sell"],
    ]


def test_what_came_to_nothing_comes_to_nothing() -> None:
    shop = Shop(written(rules=[earn(when={"amount": {"at_least": "100"}})]))
    posting = shop.reverse(shop.sell("50"))

    assert posting.outcome is Outcome.NO_RULE
    assert posting.reason == "what is reversed came to nothing here"
    assert not posting.points


A_DAY = {"per": "day", "points": "60"}
TWICE = {"per": "day", "times": 2}
LIMITS: Mapping[str, tuple[Mapping[str, object], list[str], list[str]]] = {
    "points that are taken back may be had again": (
        A_DAY,
        ["buy 50", "reverse 0", "buy 60"],
        ["50", "-50", "60"],
    ),
    "as many as were taken back": (
        A_DAY,
        ["buy 50", "reverse 0 20", "buy 50", "buy 1"],
        ["50", "-20", "30", "0"],
    ),
    "of what was cut only what was given": (
        A_DAY,
        ["buy 50", "buy 50", "reverse 1", "buy 50"],
        ["50", "10", "-10", "10"],
    ),
    "a time is free once nothing is left": (
        TWICE,
        ["buy 10", "buy 10", "buy 10", "reverse 0 5", "buy 10", "reverse 0", "buy 10"],
        ["10", "10", "0", "-5", "0", "-5", "10"],
    ),
    "also if its points went before": (
        TWICE,
        ["buy 1", "buy 10", "reverse 0 0.1", "buy 10", "reverse 0", "buy 10"],
        ["1", "10", "-1", "0", "0", "10"],
    ),
    "once": (
        TWICE,
        ["buy 10", "buy 10", "reverse 0", "buy 10", "buy 10"],
        ["10", "10", "-10", "10", "0"],
    ),
    "what counted for nothing frees nothing": (
        TWICE,
        ["buy 10", "buy 10", "buy 10", "reverse 2", "buy 10"],
        ["10", "10", "0", "0", "0"],
    ),
    "yesterday's is free yesterday": (
        A_DAY,
        ["late 2026-02-28 50", "buy 60", "reverse 0", "buy 5", "late 2026-02-28 90"],
        ["50", "60", "-50", "0", "60"],
    ),
    "what was deducted frees no time": (
        TWICE,
        ["buy 10", "buy -10", "buy 10", "reverse 1", "buy 10"],
        ["10", "-10", "10", "10", "0"],
    ),
    "nor counts anything": (
        A_DAY,
        ["buy -10", "buy 10", "reverse 0", "buy 60"],
        ["-10", "10", "10", "50"],
    ),
    "no earlier day is open again, as its count is forgotten": (
        A_DAY,
        [
            "late 2026-02-26 60",
            "late 2026-02-27 60",
            "late 2026-02-28 1",
            "reverse 2",
            "late 2026-02-26 60",
        ],
        ["60", "60", "1", "-1", "0"],
    ),
    "what counted with a later day, as it came late, stays counted": (
        A_DAY,
        ["late 2026-02-28 10", "buy 10", "late 2026-02-27 50", "reverse 2", "late 2026-02-28 50"],
        ["10", "10", "50", "-50", "0"],
    ),
}


@pytest.mark.parametrize("case", LIMITS)
def test_limits(case: str) -> None:
    limit, steps, points = LIMITS[case]
    assert _points(written(rules=[earn(limits=[limit])]), steps) == points


NTH: Mapping[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "the first again": (
        {"first": 1},
        ["buy 10", "reverse 0", "buy 10", "buy 10"],
        ["10", "-10", "10", "0"],
    ),
    "only whole": (
        {"first": 1},
        ["buy 10", "reverse 0 5", "buy 10", "reverse 0", "buy 10"],
        ["10", "-5", "0", "-5", "0"],
    ),
    "or in parts that are all of it": (
        {"first": 1},
        ["buy 10", "reverse 0 4", "reverse 0 6", "buy 10"],
        ["10", "-4", "-6", "10"],
    ),
    "a second thanks to one that is taken back is none": (
        {"exactly": [2]},
        ["buy 10", "reverse 0", "buy 10", "buy 10"],
        ["0", "0", "0", "10"],
    ),
    "a second that was awarded stands, and what led to it": (
        {"exactly": [2]},
        ["buy 10", "buy 10", "reverse 0", "buy 10"],
        ["0", "10", "0", "0"],
    ),
    "every other one likewise": (
        {"every": 2},
        ["buy 10", "buy 10", "reverse 0", "buy 10", "buy 10"],
        ["0", "10", "0", "0", "10"],
    ),
    "the awarded one is free itself": (
        {"every": 2},
        ["buy 10", "buy 10", "reverse 1", "buy 10"],
        ["0", "10", "-10", "10"],
    ),
    "what was after the award led to nothing": (
        {"every": 2},
        ["buy 10", "buy 10", "buy 10", "reverse 2", "buy 10", "buy 10"],
        ["0", "10", "0", "0", "0", "10"],
    ),
    "after the first two nothing counts thanks to others": (
        {"first": 2},
        ["buy 10", "buy 10", "buy 10", "reverse 2", "reverse 0", "buy 10", "buy 10"],
        ["10", "10", "0", "0", "-10", "10", "0"],
    ),
    "what another condition kept out did not count": (
        {"exactly": [2]},
        ["buy 1", "reverse 0", "buy 10", "buy 10"],
        ["0", "0", "0", "10"],
    ),
    "and frees none": (
        {"exactly": [2]},
        ["buy 10", "buy 1", "reverse 1", "buy 10"],
        ["0", "0", "0", "10"],
    ),
    "by the day it occurred": (
        {"exactly": [2]},
        ["late 2026-02-28 10", "buy 10", "reverse 0", "late 2026-02-28 10", "buy 10"],
        ["0", "0", "0", "0", "10"],
    ),
}


@pytest.mark.parametrize("case", NTH)
def test_occurrences(case: str) -> None:
    nth, steps, points = NTH[case]
    rule = earn(when={"nth": {**nth, "per": "day"}, "amount": {"at_least": "5"}})
    assert _points(written(rules=[rule]), steps) == points


def test_an_occurrence_that_a_limit_kept_from_its_award_is_free() -> None:
    rule = earn(
        when={"nth": {"exactly": [1, 2], "per": "day"}}, limits=[{"per": "day", "times": 1}]
    )
    steps = ["buy 10", "buy 10", "reverse 1", "buy 10", "reverse 0", "buy 10"]
    assert _points(written(rules=[rule]), steps) == ["10", "0", "0", "0", "-10", "10"]


def test_a_time_is_freed_once() -> None:
    """With the last of the drinks that it was for, and not with the rest of the purchase again."""
    limit = {"per": "day", "times": 2}
    shop = Shop(written(rules=[earn(when=GROUPS, award=flat("10"), limits=[limit])]))
    sales = [shop.sell("50", BASKET), shop.sell("50", BASKET)]

    assert lines(shop.reverse(sales[0], None, "tea", "milk")) == ["-10 earn"]
    assert lines(shop.reverse(sales[0])) == []

    more = [shop.sell("50", BASKET), shop.sell("50", BASKET)]
    postings = [shop.book.postings[PLACE, sale.activity_id] for sale in more]
    assert [lines(posting) for posting in postings] == [["10 earn"], []]


def _points(program: Program, steps: list[str]) -> list[str]:
    """What each step came to."""
    shop = Shop(program)
    return [f"{posting.points:f}" for posting in _taken(shop, steps)]


def _taken(shop: Shop, steps: list[str]) -> Iterator[Posting]:
    """`buy <amount>`, `late <day> <amount>`, `reverse <which> [<part>]`: a posting for each."""
    sales: list[Activity] = []
    for step in steps:
        what, *rest = step.split()
        if what == "reverse":
            yield shop.reverse(sales[int(rest[0])], *rest[1:])
            continue
        moment = at(f"{rest[0]}T12:00") if what == "late" else shop.now
        sales.append(shop.sell(rest[-1], occurred_at=moment))
        yield shop.book.postings[PLACE, sales[-1].activity_id]


ROLLING = {
    "by": {"kind": "rolling_points", "days": 30},
    "levels": [
        {"tier_id": "silver", "name": "Silver", "enters_at": "100", "stays_at": "40"},
        {"tier_id": "gold", "name": "Gold", "enters_at": "300", "stays_at": "200"},
    ],
}
LIFETIME = lifetime_tiers(silver="100", gold="300")
TIERS: Mapping[str, tuple[dict[str, Any], list[str], list[str | None]]] = {
    "lost with the points": (LIFETIME, ["buy 120", "reverse 0 30"], ["silver", None]),
    "kept with what is left": (LIFETIME, ["buy 120", "reverse 0 20"], ["silver", "silver"]),
    "by two": (LIFETIME, ["buy 80", "buy 80", "reverse 0"], [None, "silver", None]),
    "the lower one": (LIFETIME, ["buy 120", "buy 200", "reverse 1"], ["silver", "gold", "silver"]),
    "in a window": (ROLLING, ["buy 120", "reverse 0"], ["silver", None]),
    "not kept by what it takes to stay, if it was raised by it": (
        ROLLING,
        ["buy 60", "buy 60", "reverse 1"],
        [None, "silver", None],
    ),
    "nor with a part of it": (
        ROLLING,
        ["buy 60", "buy 60", "reverse 1 59"],
        [None, "silver", None],
    ),
    "unless what is left is enough to enter": (
        ROLLING,
        ["buy 60", "buy 60", "reverse 1 20"],
        [None, "silver", "silver"],
    ),
    "kept by what it takes to stay, if another raised it": (
        ROLLING,
        ["buy 120", "buy 60", "reverse 1", "reverse 0 60"],
        ["silver", "silver", "silver", None],
    ),
    "kept if the one that raised it to a lower one goes": (
        ROLLING,
        ["buy 120", "buy 200", "reverse 0"],
        ["silver", "gold", "gold"],
    ),
    "of an earlier purchase than the one that raised it": (
        ROLLING,
        ["buy 60", "buy 60", "reverse 0"],
        [None, "silver", "silver"],
    ),
    "a day that has left the window takes nothing with it": (
        ROLLING,
        ["late 2026-01-15 90", "buy 120", "reverse 0"],
        [None, "silver", "silver"],
    ),
}


@pytest.mark.parametrize("case", TIERS)
def test_tiers(case: str) -> None:
    tiers, steps, expected = TIERS[case]
    shop = Shop(written(rules=[earn()], tiers=tiers))
    found = [shop.state.tier_id for _ in _taken(shop, steps)]
    assert found == expected
    assert all(points > 0 for points in shop.state.earned_by_day.values())


def test_a_part_for_which_nothing_was_awarded_takes_no_tier() -> None:
    shop = Shop(written(rules=[earn(when=GROUPS, award=flat("60"))], tiers=ROLLING))
    sales = [shop.sell("50", BASKET), shop.sell("50", BASKET)]
    shop.reverse(sales[0])

    shop.reverse(sales[1], None, "cake")

    assert (shop.state.tier_id, f"{shop.state.points:f}") == ("silver", "60")


def test_points_from_before_there_was_a_window_are_not_taken_from_it() -> None:
    shop = Shop(written(rules=[earn()], tiers=LIFETIME))
    sale = shop.sell("90")
    shop.publish(written(rules=[earn()], tiers=ROLLING))
    shop.sell("30")

    shop.reverse(sale)

    # Which of that day's points were of it is not known; no day has less than none.
    assert shop.state.earned_by_day == {}
    assert f"{shop.state.lifetime_points:f}" == "30"


def test_a_reward_leaves_the_window_with_the_day_that_completed_the_quest() -> None:
    document = quest(require("100"), points="150")
    shop = Shop(written(rules=[earn()], quests=[document], tiers=ROLLING))
    first = shop.sell("60", occurred_at=at("2026-02-27T12:00"))
    shop.sell("40", occurred_at=at("2026-02-28T12:00"))
    assert shop.state.tier_id == "silver"

    shop.reverse(first)

    by_day = {f"{day}": f"{points:f}" for day, points in shop.state.earned_by_day.items()}
    assert by_day == {"2026-02-28": "40"}
