"""What did not take effect says why, in a sentence, with what was seen and what was wanted."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.decision import MAX_SEEN_CHARS, Considered, Decision, Part
from accrue.domain.explaining.conditions import CONDITIONS
from accrue.domain.explaining.parts import BONUSES, QUESTS, REQUIREMENTS, RULES
from accrue.domain.explanation import Explanation, explain
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.conditions import Conditions, RuleConditions, TraitCondition
from accrue.domain.program.program import Program
from tests.unit.activities import Story, earn, flat, lifetime_tiers, quest, require, written

type Json = dict[str, Any]

FRIDAY = "2026-03-06T23:30"
LATE_ON_FRIDAY = "it occurred at 2026-03-07T00:30:00+01:00"
FEBRUARY = {"starts_at": "2026-02-01T00:00:00+01:00", "ends_at": "2026-03-01T00:00:00+01:00"}
TIERS = lifetime_tiers(silver="100", gold="1000", platinum="5000")
SEGMENTS = [
    {"segment_id": "locals", "when": {"traits": [{"trait": "city", "equals": "Berlin"}]}},
    {"segment_id": "newcomers", "when": {"lifetime_points": {"less_than": "100"}}},
    {"segment_id": "regulars", "when": {"lifetime_points": {"at_least": "100"}}},
]
TEN = [f"item_{number}" for number in range(10)]


def story(**parts: Any) -> Story:
    """A member of silver in a program of these parts, in Berlin."""
    document = written(
        **({"tiers": TIERS, "segments": SEGMENTS, "time_zone": "Europe/Berlin"} | parts)
    )
    state = MembershipState(points=Decimal(150), lifetime_points=Decimal(150), tier_id="silver")
    return Story(document, state)


def sentences(decision: Decision, document: Program) -> list[str | None]:
    """Why each thing that was considered did not take effect; None for what did."""
    return [each.why_not for each in explained(decision, document)]


def explained(decision: Decision, document: Program) -> tuple[Explanation, ...]:
    """What was considered as it is shown once it has been in a posting."""
    packed = [each.packed() for each in decision.considered]
    return explain(map(Considered.unpacked, packed), document)


@pytest.mark.parametrize(
    ("when", "reported", "why_not"),
    [
        (
            {"window": {"starts_at": "2026-04-01T00:00:00+02:00"}},
            {"when": FRIDAY},
            f"{LATE_ON_FRIDAY}, and must have occurred at 2026-04-01T00:00:00+02:00 or later",
        ),
        (
            {"window": {"ends_at": "2026-03-01T00:00:00Z"}},
            {"when": FRIDAY},
            f"{LATE_ON_FRIDAY}, and must have occurred before 2026-03-01T01:00:00+01:00",
        ),
        (
            {"window": FEBRUARY},
            {"when": FRIDAY},
            (
                f"{LATE_ON_FRIDAY}, and must have occurred at 2026-02-01T00:00:00+01:00 or later"
                " and before 2026-03-01T00:00:00+01:00"
            ),
        ),
        (
            {"weekdays": ["friday"]},
            {"when": FRIDAY},
            "it occurred on Saturday, and must have occurred on Friday",
        ),
        (
            {"weekdays": ["monday", "friday"]},
            {"when": FRIDAY},
            "it occurred on Saturday, and must have occurred on one of Monday, Friday",
        ),
        (
            {"hours": {"starts": "08:30", "ends": "10:00"}},
            {"when": FRIDAY},
            "it occurred at 00:30, and must have occurred from 08:30 until 10:00",
        ),
        (
            {"amount": {"at_least": "20"}},
            {"amount": "12.50"},
            "amount is 12.5, and must be at least 20",
        ),
        (
            {"amount": {"more_than": "20", "less_than": "50"}},
            {"amount": "50"},
            "amount is 50, and must be more than 20 and less than 50",
        ),
        (
            {"amount": {"at_most": "20"}},
            {"amount": "20.01"},
            "amount is 20.01, and must be at most 20",
        ),
        (
            {"line_items": {"item_ids": ["item_1"], "group_ids": ["beverages"]}},
            {"things": "tea cake"},
            "no line item is among item_1, group beverages",
        ),
        (
            {"line_items": {"item_ids": ["tea", "cake"], "match": "all"}},
            {"things": "tea milk"},
            "the line items are tea,milk, and there must be all of tea, cake",
        ),
        (
            {"line_items": {"item_ids": ["tea", "cake"], "match": "all"}},
            {},
            "there are no line items, and there must be all of tea, cake",
        ),
        (
            {"line_items": {"item_ids": [*TEN, "item_10", "item_11"]}},
            {"things": "tea"},
            f"no line item is among {', '.join(TEN)} and 2 more",
        ),
        (
            {"metadata": [{"field": "store", "equals": "Mitte"}]},
            {"metadata": {"store": "Wedding"}},
            "metadata store is Wedding, and must be Mitte",
        ),
        (
            {"metadata": [{"field": "store", "one_of": ["Mitte", "Tiergarten"]}]},
            {},
            "metadata store is absent, and must be one of Mitte, Tiergarten",
        ),
        (
            {
                "metadata": [
                    {"field": "store", "is_present": True},
                    {"field": "channel", "none_of": ["phone", "fax"]},
                ]
            },
            {"metadata": {"store": "Mitte", "channel": "fax"}},
            "metadata channel is fax, and must be none of phone, fax",
        ),
        (
            {"metadata": [{"field": "guests", "in_range": {"at_least": "2"}}]},
            {"metadata": {"guests": "1"}},
            "metadata guests is 1, and must be at least 2",
        ),
        (
            {"metadata": [{"field": "coupon", "is_present": True}]},
            {},
            "metadata coupon is absent, and must be present",
        ),
        (
            {"metadata": [{"field": "coupon", "is_present": False}]},
            {"metadata": {"coupon": "x" * 100}},
            f"metadata coupon is {'x' * MAX_SEEN_CHARS}..., and must be absent",
        ),
        (
            {"traits": [{"trait": "plan", "one_of": ["gold", "platinum"]}]},
            {},
            "the trait plan must be one of gold, platinum",
        ),
        ({"traits": [{"trait": "plan", "equals": "gold"}]}, {}, "the trait plan must be gold"),
        (
            {"traits": [{"trait": "plan", "none_of": ["free", "trial"]}]},
            {},
            "the trait plan must be none of free, trial",
        ),
        (
            {"traits": [{"trait": "age", "in_range": {"at_least": "18"}}]},
            {},
            "the trait age must be at least 18",
        ),
        ({"traits": [{"trait": "plan", "is_present": True}]}, {}, "the trait plan must be present"),
        ({"traits": [{"trait": "plan", "is_present": False}]}, {}, "the trait plan must be absent"),
        (
            {"tiers": ["gold", "platinum"]},
            {},
            "tier is silver, and must be one of gold, platinum",
        ),
        (
            {"benefits": ["lounge"]},
            {},
            "tier is silver, and must have the benefit lounge",
        ),
        (
            {"segments": {"any_of": ["locals", "newcomers"]}},
            {},
            (
                "the member is in none of the segments locals, newcomers: of locals, the trait "
                "city must be Berlin"
            ),
        ),
        (
            {"segments": {"any_of": ["locals"]}},
            {},
            "the member is not in segment locals: the trait city must be Berlin",
        ),
        (
            {"segments": {"none_of": ["newcomers", "regulars"]}},
            {},
            "the member is in segment regulars, and must not be",
        ),
        (
            {"nth": {"every": 10}},
            {},
            "it is the 1st occurrence, and only every 10th counts",
        ),
        (
            {"nth": {"exactly": [2, 3, 11]}},
            {},
            "it is the 1st occurrence, and only the 2nd, 3rd, 11th count",
        ),
        (
            {"nth": {"exactly": [2], "per": "week"}},
            {},
            "it is the 1st occurrence of the week, and only the 2nd counts",
        ),
    ],
)
def test_a_condition_that_does_not_hold_is_a_sentence(
    when: Json, reported: Json, why_not: str
) -> None:
    member = story(rules=[earn(when=when)])

    decision = member.report(**reported)

    assert sentences(decision, member.document) == [why_not]
    assert explained(decision, member.document) == (Explanation(rule_id="earn", why_not=why_not),)


@pytest.mark.parametrize(
    ("parts", "reports", "why_not"),
    [
        (
            {"when": {"nth": {"first": 2, "per": "month"}}},
            3,
            "it is the 3rd occurrence of the month, and only the first 2 count",
        ),
        (
            {"when": {"nth": {"first": 1}}},
            2,
            "it is the 2nd occurrence, and only the first counts",
        ),
        (
            {"limits": [{"per": "week", "times": 9}, {"per": "day", "points": "500"}]},
            6,
            "500 of at most 500 points a day are used up",
        ),
        ({"limits": [{"per": "month", "times": 3}]}, 4, "3 of at most 3 times a month are used up"),
        (
            {"limits": [{"per": "lifetime", "times": 1}]},
            2,
            "1 of at most 1 time in a lifetime is used up",
        ),
    ],
)
def test_what_is_used_up_is_a_sentence(parts: Json, reports: int, why_not: str) -> None:
    member = story(rules=[earn(**parts)])

    decisions = [member.report("100") for _ in range(reports)]

    assert [sentences(d, member.document) for d in decisions[-2:]] == [[None], [why_not]]


@pytest.mark.parametrize(
    ("award", "amount", "why_not"),
    [
        (flat("5"), "-1", "amount is -1, and below 0 this award gives nothing"),
        (
            {"kind": "step_table", "steps": [{"at_least": "10", "points": "1"}]},
            "9.99",
            "amount is 9.99, and the lowest step begins at 10",
        ),
        (
            {"kind": "step_table", "steps": [{"at_least": "-10", "points": "1"}]},
            "-5",
            "amount is -5, and below 0 this award gives nothing",
        ),
        (
            {"kind": "matched_items", "points_each": "1"},
            "-5",
            "amount is -5, and below 0 this award gives nothing",
        ),
    ],
)
def test_an_award_that_gives_nothing_is_a_sentence(award: Json, amount: str, why_not: str) -> None:
    member = story(rules=[earn(award=award, when={"line_items": {"item_ids": ["tea"]}})])

    decision = member.report(amount, things="tea")

    assert sentences(decision, member.document) == [why_not]


def test_bonuses_say_why_they_add_nothing() -> None:
    document: Json = {
        "rules": [earn()],
        "bonus_stacking": "best_only",
        "bonuses": [
            {"bonus_id": "double", "effect": {"kind": "multiply", "factor": "2"}},
            {"bonus_id": "more", "effect": {"kind": "add", "points": "1"}},
            {
                "bonus_id": "per-tea",
                "when": {"line_items": {"item_ids": ["tea", "milk"]}},
                "effect": {"kind": "multiply", "factor": "2", "on": "matched_items"},
            },
            {
                "bonus_id": "gold",
                "when": {"tiers": ["gold"]},
                "effect": {"kind": "multiply", "factor": "3"},
            },
        ],
    }
    member = story(**document)

    decision = member.report("10", things="tea:0")

    assert explained(decision, member.document) == (
        Explanation(rule_id="earn"),
        Explanation(bonus_id="double"),
        Explanation(bonus_id="more", why_not="only the best bonus counts, and double gives more"),
        Explanation(bonus_id="per-tea", why_not="it comes to 0 on what the rules award"),
        Explanation(bonus_id="gold", why_not="tier is silver, and must be gold"),
    )


def test_quests_and_their_requirements_say_why_they_do_not_advance() -> None:
    member = story(
        quests=[
            quest(require("100"), when={"tiers": ["gold"]}, quest_id="for-gold"),
            quest(
                require("10", requirement_id="first"),
                require("10", requirement_id="second"),
                ordered=True,
                quest_id="in-order",
            ),
            quest(
                require("10", requirement_id="tea", restricted_to_item_ids=["tea"]),
                require("100", requirement_id="large", when={"amount": {"at_least": "50"}}),
                quest_id="unordered",
            ),
            quest(require("10"), quest_id="once"),
            quest(
                require("3", progress="count", check_in_interval_days=7),
                quest_id="weekly",
            ),
            quest(
                require("10", requirement_id="reached"),
                require("1000", requirement_id="open", check_in_interval_days=1),
                quest_id="half-way",
            ),
        ]
    )
    member.report("10", when="2026-03-02T12:00")

    decision = member.report("20", when="2026-03-02T13:00", things="milk")

    assert explained(decision, member.document) == (
        Explanation(quest_id="for-gold", why_not="tier is silver, and must be gold"),
        Explanation(
            quest_id="in-order",
            requirement_id="first",
            why_not="its threshold of 10 is reached already, and what goes beyond is dropped",
        ),
        Explanation(quest_id="in-order", requirement_id="second"),
        Explanation(
            quest_id="unordered", requirement_id="tea", why_not="no line item is among tea"
        ),
        Explanation(
            quest_id="unordered",
            requirement_id="large",
            why_not="amount is 20, and must be at least 50",
        ),
        Explanation(quest_id="once", why_not="it is completed 1 of at most 1 time"),
        Explanation(
            quest_id="weekly",
            requirement_id="buy",
            why_not="the last one that counted was on 2026-03-02, and it must be 7 days later at "
            "least",
        ),
        Explanation(
            quest_id="half-way",
            requirement_id="reached",
            why_not="its threshold of 10 is reached already, and what goes beyond is dropped",
        ),
        Explanation(
            quest_id="half-way",
            requirement_id="open",
            why_not=(
                "the last one that counted was on 2026-03-02, and it must be 1 day later at least"
            ),
        ),
    )


def test_an_ordered_quest_names_what_comes_first() -> None:
    first, second = require("10", requirement_id="first"), require("10", requirement_id="second")
    member = story(quests=[quest(first, second, ordered=True)])

    decision = member.report("5")

    assert sentences(decision, member.document) == [None, "another requirement comes first: first"]


def test_a_requirement_says_that_what_is_taken_back_is_no_progress() -> None:
    member = story(quests=[quest(require("10"))])

    decision = member.report("-5")

    assert sentences(decision, member.document) == ["-5 was reported, and only more than 0 counts"]


def test_a_members_traits_are_in_no_sentence() -> None:
    question = TraitCondition(trait="plan", one_of=("gold", "platinum"))
    packed = Considered(Part.RULE, 0, None, "traits.0", "a secret that must not be there")
    member = story(rules=[earn(when={"traits": [question.model_dump()]})])

    (shown,) = explain([packed], member.document)

    assert shown.why_not == "the trait plan must be one of gold, platinum"


# ---- Complete, and robust ----


def test_every_condition_has_a_sentence() -> None:
    assert set(CONDITIONS) == set(RuleConditions.model_fields) >= set(Conditions.model_fields)


def test_every_other_place_that_can_fail_has_a_sentence() -> None:
    assert set(RULES) == {"award", "limits"}
    assert set(BONUSES) == {"effect", "stacking"}
    assert set(QUESTS) == {"max_completions"}
    assert set(REQUIREMENTS) == {
        "restricted_to",
        "ordered",
        "progress",
        "threshold",
        "check_in_interval_days",
    }


@pytest.mark.parametrize(
    ("packed", "general"),
    [
        (
            "r0 moon full",
            Explanation(rule_id="earn", why_not="its condition moon did not hold (it met full)"),
        ),
        (
            "r0 nth many",
            Explanation(rule_id="earn", why_not="its condition nth did not hold (it met many)"),
        ),
        (
            "r0 amount 5",
            Explanation(rule_id="earn", why_not="its condition amount did not hold (it met 5)"),
        ),
        (
            "r0 limits.7 5",
            Explanation(rule_id="earn", why_not="its condition limits.7 did not hold (it met 5)"),
        ),
        ("r0 limits.x", Explanation(rule_id="earn", why_not="its condition limits.x did not hold")),
        (
            "r0 max_completions 1",
            Explanation(
                rule_id="earn", why_not="its condition max_completions did not hold (it met 1)"
            ),
        ),
        (
            "r0 award tea",
            Explanation(rule_id="earn", why_not="its condition award did not hold (it met tea)"),
        ),
        ("r9 amount 5", Explanation(why_not="its condition amount did not hold (it met 5)")),
        ("r9", Explanation()),
        ("b3 stacking x", Explanation(why_not="its condition stacking did not hold (it met x)")),
        (
            "q0.7 ordered x",
            Explanation(quest_id="quest", why_not="its condition ordered did not hold (it met x)"),
        ),
    ],
)
def test_what_no_release_packs_is_explained_in_general_terms(
    packed: str, general: Explanation
) -> None:
    steps = {"kind": "step_table", "steps": [{"at_least": "1", "points": "1"}]}
    rule = earn(when={"nth": {"every": 2}}, award=steps)
    member = story(rules=[rule], quests=[quest(require("1"))])

    assert explain([Considered.unpacked(packed)], member.document) == (general,)


def test_without_the_version_that_decided_there_is_still_an_explanation() -> None:
    considered = [Considered.unpacked("r0"), Considered.unpacked("r1 amount 5")]

    assert explain(considered, None) == (
        Explanation(),
        Explanation(why_not="its condition amount did not hold (it met 5)"),
    )
