"""What comes on top of an award: each bonus is a line of its own, and how they stack is stated."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import FrontDoor, Outcome
from accrue.domain.arithmetic import BALANCE_LIMIT
from accrue.domain.decision import Decision
from accrue.domain.membership_state import MembershipState
from tests.unit.activities import (
    Json,
    Story,
    earn,
    failures,
    flat,
    lifetime_tiers,
    lines_of,
    why,
    written,
)


def times(factor: str, bonus_id: str | None = None, **parts: Any) -> Json:
    """A bonus that multiplies the award."""
    effect = {"kind": "multiply", "factor": factor}
    return {"bonus_id": bonus_id or f"times-{factor}", "effect": effect, **parts}


def plus(points: str, bonus_id: str | None = None, **parts: Any) -> Json:
    """A bonus that adds points."""
    effect = {"kind": "add", "points": points}
    return {"bonus_id": bonus_id or f"plus-{points}", "effect": effect, **parts}


def items_times(factor: str, **selected: Any) -> Json:
    """A bonus that multiplies what comes from certain items."""
    effect = {"kind": "multiply", "factor": factor, "on": "matched_items"}
    return {
        "bonus_id": f"items-times-{factor}",
        "when": {"line_items": selected or {"item_ids": ["tea"]}},
        "effect": effect,
    }


def items_plus(points: str, **selected: Any) -> Json:
    """A bonus that adds points for each of certain items."""
    effect = {"kind": "add", "points": points, "per": "matched_item"}
    return {
        "bonus_id": f"items-plus-{points}",
        "when": {"line_items": selected or {"item_ids": ["tea"]}},
        "effect": effect,
    }


def with_bonuses(*bonuses: Json, stacking: str = "add", **parts: Any) -> Story:
    """A membership in a program that awards the amount, with bonuses on top."""
    parts = {"rules": [earn()], **parts}
    return Story(written(bonuses=bonuses, bonus_stacking=stacking, **parts))


def extras(decision: Decision) -> dict[str, str]:
    """What each bonus gave."""
    return {line.bonus_id: str(line.points) for line in decision.lines if line.bonus_id}


@pytest.mark.parametrize(
    ("bonus", "amount", "extra"),
    [
        (times("2"), "10", "10"),
        (times("3"), "10", "20"),
        (times("1.5"), "10", "5"),
        (times("1.25"), "10", "3"),
        (times("1.000001"), "10", "0"),
        (times("1000"), "10", "9990"),
        (plus("5"), "10", "5"),
        (plus("5"), "1000", "5"),
        # A return takes the multiplied points back; an addition is nothing to multiply.
        (times("2"), "-10", "-10"),
        (plus("5"), "-10", None),
        # On nothing there is nothing on top.
        (times("2"), "0", None),
        (plus("5"), "0", None),
        (plus("5"), "0.4", None),
    ],
)
def test_one_bonus(bonus: Json, amount: str, extra: str | None) -> None:
    decided = with_bonuses(bonus).report(amount)

    # Whether a bonus of zero has a line or none, it gives nothing.
    given = {name: points for name, points in extras(decided).items() if Decimal(points)}
    assert given == ({bonus["bonus_id"]: extra} if extra not in {None, "0"} else {})
    assert decided.after.points == decided.points


def test_a_bonus_is_a_line_that_says_on_which_award_for_which_role() -> None:
    decided = with_bonuses(times("3")).report("10")

    award, extra = decided.lines
    assert (award.rule_id, award.bonus_id, str(award.points)) == ("earn", None, "10")
    assert (extra.rule_id, extra.bonus_id, str(extra.points)) == ("earn", "times-3", "20")
    assert (award.role, extra.role) == ("buyer", "buyer")
    assert why(decided) == ["r0", "b0"]
    assert decided.after == MembershipState(Decimal(30), Decimal(30), program_version=1)


@pytest.mark.parametrize(
    ("stacking", "bonuses", "amount", "expected"),
    [
        # Each multiplies the award itself.
        ("add", [times("2"), times("3")], "10", {"times-2": "10", "times-3": "20"}),
        ("add", [times("3"), times("2")], "10", {"times-3": "20", "times-2": "10"}),
        # Each multiplies what the award and the multipliers before it came to.
        ("multiply", [times("2"), times("3")], "10", {"times-2": "10", "times-3": "40"}),
        ("multiply", [times("3"), times("2")], "10", {"times-3": "20", "times-2": "30"}),
        # Only the one that gives most; of equals, the first.
        ("best_only", [times("2"), times("3")], "10", {"times-3": "20"}),
        ("best_only", [times("3"), times("2")], "10", {"times-3": "20"}),
        ("best_only", [times("2", "one"), times("2", "two")], "10", {"one": "10"}),
        # Additions are never multiplied, wherever they stand.
        ("add", [plus("5"), times("2")], "10", {"plus-5": "5", "times-2": "10"}),
        ("add", [times("2"), plus("5")], "10", {"times-2": "10", "plus-5": "5"}),
        ("multiply", [plus("5"), times("2")], "10", {"plus-5": "5", "times-2": "10"}),
        (
            "multiply",
            [times("2"), plus("5"), times("3")],
            "10",
            {"times-2": "10", "plus-5": "5", "times-3": "40"},
        ),
        # All additions count, unless only the best does.
        ("add", [plus("5"), plus("7")], "10", {"plus-5": "5", "plus-7": "7"}),
        ("multiply", [plus("5"), plus("7")], "10", {"plus-5": "5", "plus-7": "7"}),
        ("best_only", [plus("5"), plus("7")], "10", {"plus-7": "7"}),
        # An addition against a multiplier: it depends on the award.
        ("best_only", [times("2"), plus("15")], "10", {"plus-15": "15"}),
        ("best_only", [times("2"), plus("15")], "20", {"times-2": "20"}),
        ("best_only", [plus("10"), times("2")], "10", {"plus-10": "10"}),
        # Of a negative award the best is what takes back most; additions are not on it.
        ("add", [times("2"), times("3")], "-10", {"times-2": "-10", "times-3": "-20"}),
        ("multiply", [times("2"), times("3")], "-10", {"times-2": "-10", "times-3": "-40"}),
        ("best_only", [times("2"), plus("15"), times("3")], "-10", {"times-3": "-20"}),
        ("add", [times("2"), plus("15")], "-10", {"times-2": "-10"}),
    ],
)
def test_stacking(
    stacking: str, bonuses: list[Json], amount: str, expected: dict[str, str]
) -> None:
    decided = with_bonuses(*bonuses, stacking=stacking).report(amount)

    assert extras(decided) == expected


def test_why_a_bonus_gave_way_to_the_best() -> None:
    decided = with_bonuses(times("2"), times("4"), plus("5"), stacking="best_only").report("10")

    assert why(decided, "b") == ["b0 stacking times-4", "b1", "b2 stacking times-4"]


def test_the_best_is_chosen_for_each_award_by_itself() -> None:
    document = {"rules": [earn(rule_id="small"), earn("10", rule_id="large")]}
    story = with_bonuses(times("2"), plus("15"), stacking="best_only", **document)

    decided = story.report("10")

    assert {(each.bonus_id, each.rule_id, int(each.points)) for each in decided.lines} == {
        (None, "small", 10),
        (None, "large", 100),
        ("plus-15", "small", 15),
        ("times-2", "large", 100),
    }
    assert len(decided.lines) == 4
    assert failures(decided, "b") == [None, None]


def test_a_bonus_that_does_not_hold_is_not_the_best() -> None:
    dear = times("9", when={"amount": {"at_least": "1000"}})
    decided = with_bonuses(dear, times("2"), stacking="best_only").report("10")

    assert extras(decided) == {"times-2": "10"}
    assert why(decided, "b") == ["b0 amount 10", "b1"]


@pytest.mark.parametrize(
    ("things", "amount", "award", "extra"),
    [
        # Twice the points on tea: 30 more, whatever else was bought.
        ("tea:30 cake:70", "100", "100", "30"),
        ("tea:10 tea:20 cake:70", "100", "100", "30"),
        ("tea:100", "100", "100", "100"),
        # Values need not add up to the amount, but a part is never more than the whole.
        ("tea:250", "100", "100", "100"),
        # An item without a value stands for the amount.
        ("tea cake:70", "100", "100", "100"),
        ("tea:30 tea cake:70", "100", "100", "100"),
        ("tea:-30 cake:-70", "-100", "-100", "-30"),
        ("tea:-30", "-10", "-10", "-10"),
    ],
)
def test_a_multiplier_on_items_only(things: str, amount: str, award: str, extra: str) -> None:
    decided = with_bonuses(items_times("2")).report(amount, things=things)

    assert lines_of(decided) == [("earn", award), ("items-times-2", extra)]


@pytest.mark.parametrize(("things", "amount"), [("tea:-30 pie:9", "100"), ("tea:30", "-100")])
def test_what_is_no_part_of_the_award_is_not_multiplied(things: str, amount: str) -> None:
    """An item taken back in a purchase, or one bought in a return."""
    decided = with_bonuses(items_times("2")).report(amount, things=things)

    assert lines_of(decided) == [("earn", amount)]


def test_a_multiplier_on_items_has_the_rate_of_the_rule() -> None:
    story = with_bonuses(items_times("3"), rules=[earn("0.5")])

    decided = story.report("100", things="tea:30 cake:70")

    # 0.5 for each of 30, twice more.
    assert extras(decided) == {"items-times-3": "30"}


def test_a_multiplier_on_some_of_the_items_that_a_rule_awards() -> None:
    drinks = earn(
        when={"line_items": {"group_ids": ["drinks"]}},
        award={"kind": "matched_items", "rate": "2"},
    )
    story = with_bonuses(items_times("2"), rules=[drinks])

    decided = story.report("100", things="tea@drinks:30 cola@drinks:5 cake:65")

    assert lines_of(decided) == [("earn", "70"), ("items-times-2", "60")]


def test_a_multiplier_on_items_that_a_rule_does_not_award_gives_nothing() -> None:
    drinks = earn(
        when={"line_items": {"group_ids": ["drinks"]}},
        award={"kind": "matched_items", "rate": "1"},
    )
    story = with_bonuses(items_times("2", item_ids=["cake"]), rules=[drinks])

    decided = story.report("30", things="tea@drinks:10 cake@food:20")

    assert lines_of(decided) == [("earn", "10")]


def test_a_multiplier_on_items_multiplies_no_more_than_a_limit_left() -> None:
    story = with_bonuses(items_times("2"), rules=[earn(limits=[{"per": "day", "points": "20"}])])

    decided = story.report("100", things="tea:30 cake:70")

    assert lines_of(decided) == [("earn", "20"), ("items-times-2", "20")]


@pytest.mark.parametrize(
    "award",
    [
        flat("10"),
        {"kind": "matched_items", "points_each": "10"},
        {"kind": "step_table", "steps": [{"at_least": "1", "points": "10"}]},
    ],
)
def test_an_award_that_does_not_come_from_values_has_no_part_by_items(award: Json) -> None:
    rule = earn(award=award, when={"line_items": {"item_ids": ["tea"]}})
    decided = with_bonuses(items_times("2"), rules=[rule]).report("100", things="tea:30")

    assert lines_of(decided) == [("earn", "10")]


def test_a_multiplier_on_the_award_asks_for_items_but_multiplies_all() -> None:
    bonus = times("2", when={"line_items": {"item_ids": ["tea"]}})

    decided = with_bonuses(bonus).report("100", things="tea:30 cake:70")

    assert extras(decided) == {"times-2": "100"}


@pytest.mark.parametrize(
    ("things", "extra"),
    [
        ("tea:30", {"items-plus-5": "5"}),
        ("tea", {"items-plus-5": "5"}),
        ("tea:1 cake:2 tea:3", {"items-plus-5": "10"}),
        ("cake:2", {}),
    ],
)
def test_an_addition_for_each_item(things: str, extra: dict[str, str]) -> None:
    assert extras(with_bonuses(items_plus("5")).report("100", things=things)) == extra


def test_an_addition_for_each_item_by_group() -> None:
    decided = with_bonuses(items_plus("5", group_ids=["drinks"])).report(
        "100", things="tea@drinks cola@drinks cake@food"
    )

    assert extras(decided) == {"items-plus-5": "10"}


@pytest.mark.parametrize(
    ("rule_ids", "expected"),
    [
        ([], [("first", 10), ("second", 20)]),
        (["first"], [("first", 10)]),
        (["second"], [("second", 20)]),
        (["second", "first"], [("first", 10), ("second", 20)]),
    ],
)
def test_a_bonus_is_on_the_awards_of_these_rules_or_of_all(
    rule_ids: list[str], expected: list[tuple[str, int]]
) -> None:
    rules = [earn(rule_id="first"), earn("2", rule_id="second")]

    decided = with_bonuses(times("2", rule_ids=rule_ids), rules=rules).report("10")

    on = [(line.rule_id, int(line.points)) for line in decided.lines if line.bonus_id]
    assert sorted(on, key=str) == expected


def test_a_bonus_on_rules_without_an_award_is_not_considered() -> None:
    dear = earn(rule_id="dear", when={"amount": {"at_least": "1000"}})
    story = with_bonuses(times("2", rule_ids=["dear"]), times("3"), rules=[earn(), dear])

    decided = story.report("10")

    assert why(decided, "b") == ["b1"]
    assert extras(decided) == {"times-3": "20"}


def test_without_any_award_no_bonus_is_considered() -> None:
    story = with_bonuses(times("2"), rules=[earn(when={"amount": {"at_least": "1000"}})])

    assert why(story.report("10")) == ["r0 amount 10"]


def test_the_identity_has_a_bonus_too() -> None:
    story = with_bonuses(times("2"), rules=[])

    decided = story.report("50", roles=["member"], front_door=FrontDoor.MEMBERSHIP)

    assert lines_of(decided) == [("identity", "50"), ("times-2", "50")]


def test_a_bonus_for_each_role_that_a_person_plays() -> None:
    rules = [earn(rule_id="buy"), earn("2", rule_id="sell", role="seller")]

    decided = with_bonuses(times("2"), rules=rules).report("10", roles=["buyer", "seller"])

    on = {(line.role, line.rule_id, str(line.points)) for line in decided.lines if line.bonus_id}
    assert on == {("buyer", "buy", "10"), ("seller", "sell", "20")}
    assert failures(decided, "b") == [None]


def test_limits_come_before_bonuses() -> None:
    story = with_bonuses(times("3"), rules=[earn(limits=[{"per": "day", "points": "10"}])])

    assert lines_of(story.report("25")) == [("earn", "10"), ("times-3", "20")]


def test_each_bonus_is_rounded_by_itself() -> None:
    decided = with_bonuses(times("1.5", "one"), times("1.5", "two")).report("5")

    assert extras(decided) == {"one": "3", "two": "3"}


def test_a_quests_reward_has_no_bonus() -> None:
    story = with_bonuses(
        times("2"),
        rules=[],
        quests=[
            {
                "quest_id": "quest",
                "name": "Quest",
                "requirements": [
                    {
                        "requirement_id": "buy",
                        "activity_type_id": "sale",
                        "role": "buyer",
                        "threshold": "1",
                    }
                ],
                "reward": {"points": "100"},
            }
        ],
    )

    assert lines_of(story.report("10")) == [("quest", "100")]


def test_what_a_bonus_awards_counts_for_lifetime_points() -> None:
    story = with_bonuses(times("2"))

    story.report("10")
    story.report("-4")

    assert story.state == MembershipState(Decimal(12), Decimal(20), program_version=1)


@pytest.mark.parametrize(
    ("before", "amount"),
    [(-BALANCE_LIMIT, "2000000000000000"), (BALANCE_LIMIT, "-1900000000000000")],
)
def test_a_line_beyond_the_limit_is_rejected_though_the_balance_would_not_pass_it(
    before: Decimal, amount: str
) -> None:
    story = with_bonuses(times("1000"), rules=[earn("1000000")])
    story.state = MembershipState(before)

    assert story.report(amount).outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"window": {"starts_at": "2026-03-02T12:00:01Z"}}, "window"),
        ({"window": {"ends_at": "2026-03-02T12:00:01Z"}}, None),
        ({"weekdays": ["monday"]}, None),
        ({"weekdays": ["tuesday"]}, "weekdays"),
        ({"hours": {"starts": "12:00", "ends": "13:00"}}, None),
        ({"hours": {"starts": "13:00", "ends": "12:00"}}, "hours"),
        ({"amount": {"at_least": "10"}}, None),
        ({"amount": {"more_than": "10"}}, "amount"),
        ({"line_items": {"group_ids": ["drinks"]}}, None),
        ({"line_items": {"group_ids": ["food"]}}, "line_items"),
        ({"metadata": [{"field": "channel", "equals": "app"}]}, None),
        ({"metadata": [{"field": "channel", "equals": "web"}]}, "metadata.0"),
        ({"traits": [{"trait": "city", "equals": "Rome"}]}, None),
        ({"traits": [{"trait": "city", "equals": "Oslo"}]}, "traits.0"),
        ({"tiers": ["silver"]}, None),
        ({"tiers": ["gold"]}, "tiers"),
        ({"segments": {"any_of": ["rich"]}}, None),
        ({"segments": {"none_of": ["rich"]}}, "segments"),
    ],
)
def test_the_conditions_of_a_bonus(when: Json, expected: str | None) -> None:
    story = with_bonuses(
        times("2", when=when),
        tiers=lifetime_tiers(silver="100", gold="500"),
        segments=[{"segment_id": "rich", "when": {"points": {"at_least": "50"}}}],
    )
    story.state = MembershipState(Decimal(50), Decimal(100), "silver")
    story.traits_held = frozenset(
        each for each in story.document.trait_conditions if each.equals == "Rome"
    )

    decided = story.report("10", things="tea@drinks:4", metadata={"channel": "app"})

    assert failures(decided, "b") == [expected]
    assert bool(extras(decided)) is (expected is None)
