"""Quests: what counts towards them, when they are complete, and why something did not count."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Outcome
from accrue.domain.arithmetic import BALANCE_LIMIT
from accrue.domain.decision import Decision, QuestChange, RequirementProgress
from accrue.domain.membership_state import MembershipState, QuestState
from tests.unit.activities import (
    Json,
    Story,
    failures,
    lifetime_tiers,
    lines_of,
    quest,
    require,
    why,
    written,
)


def on_quest(*requirements: Json, **parts: Any) -> Story:
    """A membership in a program with one quest and no rules; its reward is 100 points."""
    return Story(written(quests=[quest(*requirements, **parts)]))


def progress(story: Story) -> dict[str, str]:
    """The requirements that have progress, and how much."""
    kept = story.state.quests.get("quest", QuestState()).progress
    return {name: f"{number:f}" for name, number in kept.items() if number}


def completions(story: Story) -> int:
    """How often the quest is completed."""
    return story.state.quests.get("quest", QuestState()).completions


def rewards(decision: Decision) -> list[str]:
    """What quests awarded."""
    return [str(line.points) for line in decision.lines if line.quest_id]


# Hang: "a quest restricted to certain items: a purchase with any of them counts".
@pytest.mark.parametrize(
    ("things", "amount", "gained"),
    [
        # With line values, only what was spent on the restricted items.
        ("tea:30 cake:70", "100", "30"),
        ("tea:30 milk:5 cake:65", "100", "35"),
        ("tea:30 tea:30", "100", "60"),
        ("cola@drinks:12 cake:5", "100", "12"),
        ("tea@drinks:30", "100", "30"),
        # Without line values, the activity's value.
        ("tea", "100", "100"),
        ("tea cake", "100", "100"),
        ("tea milk:5", "100", "100"),
        # A value is missed only at a restricted item.
        ("tea:30 cake", "100", "30"),
    ],
)
def test_a_quest_restricted_to_items(things: str, amount: str, gained: str) -> None:
    restricted = require(
        "1000", restricted_to_item_ids=["tea", "milk"], restricted_to_group_ids=["drinks"]
    )
    story = on_quest(restricted)

    decided = story.report(amount, things=things)

    assert decided.quests == (
        QuestChange(
            "quest",
            (RequirementProgress("buy", Decimal(gained), Decimal(gained), Decimal(1000)),),
            completions=0,
            completions_after=0,
        ),
    )
    assert why(decided) == ["q0.0"]
    assert progress(story) == {"buy": gained}


@pytest.mark.parametrize("things", ["", "cake:70", "Tea:5", "cake@tea"])
def test_without_a_restricted_item_nothing_counts(things: str) -> None:
    story = on_quest(require("1000", restricted_to_item_ids=["tea"]))

    decided = story.report("100", things=things)

    assert failures(decided) == ["restricted_to"]
    assert decided.quests == ()
    assert progress(story) == {}


@pytest.mark.parametrize(
    ("by", "restricted", "things", "gained"),
    [
        ("matched_items", True, "tea:30 cake:70", "30"),
        ("activity_value", True, "tea:30 cake:70", "100"),
        ("count", True, "tea:30 tea:40", "1"),
        ("activity_value", False, "", "100"),
        ("count", False, "", "1"),
        # What is meant if nothing is said.
        (None, True, "tea:30 cake:70", "30"),
        (None, False, "tea:30 cake:70", "100"),
    ],
)
def test_three_kinds_of_progress(
    by: str | None, things: str, gained: str, *, restricted: bool
) -> None:
    parts = {"restricted_to_item_ids": ["tea"]} if restricted else {}
    story = on_quest(require("1000", progress=by, **parts))

    story.report("100", things=things)

    assert progress(story) == {"buy": gained}


@pytest.mark.parametrize(
    ("amounts", "done"),
    [
        (["99.99"], [0]),
        (["100"], [1]),
        (["100.01"], [1]),
        (["50", "49.99", "0.01"], [0, 0, 1]),
    ],
)
def test_the_threshold(amounts: list[str], done: list[int]) -> None:
    story = on_quest(require("100"))

    decided = [story.report(amount) for amount in amounts]

    assert [len(rewards(each)) for each in decided] == done
    assert completions(story) == sum(done)


def test_a_completion_is_a_line_for_the_role_of_the_requirement() -> None:
    story = on_quest(require("100", role="seller"), points="25")

    decided = story.report("100", roles=["buyer", "seller"])

    (line,) = decided.lines
    assert (line.role, str(line.points)) == ("seller", "25")
    assert (line.quest_id, line.rule_id, line.bonus_id) == ("quest", None, None)
    assert [(each.completions, each.completions_after) for each in decided.quests] == [(1, 1)]
    assert story.state.points == story.state.lifetime_points == 25


def buys_and_sales(**parts: Any) -> Story:
    """A membership in a quest of two purchases and a sale."""
    return on_quest(
        require("2", progress="count", **parts),
        require("1", requirement_id="sell", role="seller", progress="count", **parts),
        max_completions=2,
    )


def test_a_reward_is_for_the_role_of_the_last_requirement_that_advanced() -> None:
    story = buys_and_sales()
    story.report(roles=["seller"])
    story.report(roles=["buyer"])

    (line,) = story.report(roles=["buyer", "seller"]).lines

    assert line.role == "buyer"


def test_a_reward_to_which_nothing_advanced_is_for_the_role_of_the_last_requirement() -> None:
    """Another version asked for more: what was reached is enough for this one."""
    story = buys_and_sales(when={"amount": {"at_least": "1000"}})
    story.state = MembershipState(
        quests={"quest": QuestState({"buy": Decimal(2), "sell": Decimal(1)})}
    )

    (line,) = story.report(roles=["buyer", "seller"]).lines

    assert line.role == "seller"


@pytest.mark.parametrize(("amount", "seen"), [("0", "0"), ("-30", "-30")])
def test_what_adds_nothing_does_not_count(amount: str, seen: str) -> None:
    story = on_quest(require("100"))
    story.report("60")

    decided = story.report(amount)

    assert why(decided) == [f"q0.0 progress {seen}"]
    assert progress(story) == {"buy": "60"}


def test_an_activity_counts_as_one_whatever_its_amount() -> None:
    story = on_quest(require("3", progress="count"))

    decided = [rewards(story.report(amount)) for amount in ("0", "0.01", "1000000")]

    assert decided == [[], [], ["100"]]


def test_what_is_taken_back_is_no_step_forward() -> None:
    story = on_quest(require("3", progress="count"))

    assert why(story.report("-5")) == ["q0.0 progress -5"]
    assert progress(story) == {}


def visit(**parts: Any) -> Json:
    """A requirement of visits."""
    return require("2", requirement_id="visit", activity_type_id="visit", progress="count", **parts)


def test_all_requirements_have_to_be_fulfilled_in_any_order() -> None:
    for order in (["sale", "visit", "visit"], ["visit", "sale", "visit"]):
        story = on_quest(require("10"), visit())

        decided = [rewards(story.report(activity_type_id=kind)) for kind in order]

        assert decided == [[], [], ["100"]]
        assert progress(story) == {}


def test_only_requirements_on_the_activity_are_considered() -> None:
    story = on_quest(require("10"), visit(), require("5", requirement_id="sell", role="seller"))

    assert why(story.report(activity_type_id="visit")) == ["q0.1"]
    assert why(story.report(roles=["seller"])) == ["q0.2"]
    assert why(story.report(roles=["adviser"])) == []


def test_one_activity_may_advance_several_requirements() -> None:
    story = on_quest(
        require("10"),
        require("2", requirement_id="twice", progress="count"),
        require("50", requirement_id="sell", role="seller"),
    )

    decided = story.report("20", roles=["buyer", "seller"])

    (change,) = decided.quests
    gained = {each.requirement_id: str(each.gained) for each in change.requirements}
    assert gained == {"buy": "10", "twice": "1", "sell": "20"}
    assert progress(story) == {"buy": "10", "twice": "1", "sell": "20"}
    assert failures(decided) == [None, None, None]


@pytest.mark.parametrize(
    ("days", "counts"),
    [
        ("2 3 4", "+ + +"),
        ("2 2 3", "+ - +"),
        ("3 2 3 4", "+ - - +"),
    ],
)
def test_one_check_in_a_day(days: str, counts: str) -> None:
    story = on_quest(require("100", progress="count", check_in_interval_days=1))

    decided = [story.report(when=f"2026-03-0{day}T12:00") for day in days.split()]

    assert ["+" if each.quests else "-" for each in decided] == counts.split()


@pytest.mark.parametrize(
    ("interval", "days", "counts"),
    [
        (2, "2 3 4 5 6", "+ - + - +"),
        (7, "2 8 9 15 16", "+ - + - +"),
        # What did not count puts nothing off.
        (3, "2 4 5 6 8", "+ - + - +"),
        # A late one is before the last that counted.
        (2, "5 2 6 7", "+ - - +"),
    ],
)
def test_the_least_interval_between_check_ins(interval: int, days: str, counts: str) -> None:
    story = on_quest(require("100", progress="count", check_in_interval_days=interval))

    decided = [story.report(when=f"2026-03-{int(day):02}T12:00") for day in days.split()]

    assert ["+" if each.quests else "-" for each in decided] == counts.split()


def test_the_days_of_check_ins_are_the_programs() -> None:
    quests = [quest(require("9", progress="count", check_in_interval_days=1))]
    story = Story(written(time_zone="Europe/Berlin", quests=quests))
    moments = ["2026-03-28T22:59", "2026-03-28T23:00", "2026-03-29T21:59", "2026-03-29T22:00"]

    assert [bool(story.report(when=moment).quests) for moment in moments] == [
        True,
        True,
        False,
        True,
    ]


def test_the_last_check_in_is_seen_and_remembered() -> None:
    story = on_quest(require("9", progress="count", check_in_interval_days=2))
    story.report(when="2026-03-02")

    decided = story.report(when="2026-03-03")

    assert why(decided) == ["q0.0 check_in_interval_days 2026-03-02"]
    assert story.state.quests["quest"].checked_in == {"buy": date(2026, 3, 2)}


def test_the_interval_goes_on_after_a_completion() -> None:
    story = on_quest(require("2", progress="count", check_in_interval_days=2), max_completions=5)

    days = ["2", "4", "5", "6", "8"]
    decided = [story.report(when=f"2026-03-0{day}") for day in days]

    assert [failures(each)[0] for each in decided] == [
        None,
        None,
        "check_in_interval_days",
        None,
        None,
    ]
    assert [rewards(each) for each in decided] == [[], ["100"], [], [], ["100"]]


def test_each_requirement_has_its_own_interval() -> None:
    story = on_quest(
        require("9", progress="count", check_in_interval_days=2),
        require("9", requirement_id="daily", progress="count", check_in_interval_days=1),
    )
    story.report(when="2026-03-02")

    assert failures(story.report(when="2026-03-03")) == ["check_in_interval_days", None]
    assert failures(story.report(when="2026-03-04")) == [None, None]


def test_a_check_in_of_one_requirement_leaves_the_days_of_the_others() -> None:
    weekly = {"progress": "count", "check_in_interval_days": 7}
    story = on_quest(
        require("5", **weekly), require("5", requirement_id="sell", role="seller", **weekly)
    )
    story.report(when="2026-03-02")
    story.report(when="2026-03-03", roles=["seller"])

    assert failures(story.report(when="2026-03-04")) == ["check_in_interval_days"]


def test_what_does_not_count_for_another_reason_is_no_check_in() -> None:
    story = on_quest(require("100", check_in_interval_days=2, when={"amount": {"at_most": "50"}}))
    story.report("60", "2026-03-02")
    story.report("0", "2026-03-02")

    assert failures(story.report("10", "2026-03-03")) == [None]


def test_in_order_only_the_first_open_requirement_advances() -> None:
    story = on_quest(require("10"), visit(), ordered=True)

    too_early = story.report(activity_type_id="visit")
    bought = story.report("10")
    first, second = (story.report(activity_type_id="visit") for _ in range(2))

    assert why(too_early) == ["q0.1 ordered buy"]
    assert too_early.quests == ()
    assert why(bought) == ["q0.0"]
    assert [rewards(each) for each in (first, second)] == [[], ["100"]]


def test_in_order_one_activity_advances_one_requirement() -> None:
    """Though it is on both, and fulfils the first."""
    story = on_quest(require("10"), require("10", requirement_id="again"), ordered=True)

    first = story.report("25")
    assert failures(first)[0] is None
    assert rewards(first) == []
    assert [[each.requirement_id for each in change.requirements] for change in first.quests] == [
        ["buy"]
    ]

    assert rewards(story.report("10")) == ["100"]


def test_in_order_what_is_fulfilled_does_not_advance() -> None:
    story = on_quest(require("10"), visit(), ordered=True)
    story.report("10")

    decided = story.report("10")

    assert decided.quests == ()
    assert failures(decided) == ["threshold"]


def test_in_order_each_round_begins_with_the_first() -> None:
    story = on_quest(require("10"), visit(), ordered=True, max_completions=2)
    for kind in ("sale", "visit", "visit"):
        story.report(activity_type_id=kind)

    decided = story.report(activity_type_id="visit")

    assert failures(decided) == ["ordered"]
    assert completions(story) == 1


@pytest.mark.parametrize(
    ("overshoot", "amounts", "kept", "rewarded"),
    [
        ("dropped", ["130"], {}, ["100"]),
        ("carries_over", ["130"], {"buy": "30"}, ["100"]),
        ("dropped", ["130", "70"], {"buy": "70"}, ["100", ""]),
        ("carries_over", ["130", "70"], {}, ["100", "100"]),
        # Several completions by one activity, in one line.
        ("dropped", ["350"], {}, ["100"]),
        ("carries_over", ["350"], {"buy": "50"}, ["300"]),
        ("carries_over", ["99.9", "0.2"], {"buy": "0.1"}, ["", "100"]),
    ],
)
def test_overshoot(
    overshoot: str, amounts: list[str], kept: dict[str, str], rewarded: list[str]
) -> None:
    story = on_quest(require("100"), overshoot=overshoot, max_completions=10)

    decided = ["".join(rewards(story.report(amount))) for amount in amounts]

    assert decided == rewarded
    assert progress(story) == kept
    assert completions(story) == sum(int(each or 0) for each in rewarded) // 100


def test_what_is_dropped_waits_at_the_threshold_for_the_other_requirements() -> None:
    story = on_quest(require("100"), visit(), overshoot="dropped", max_completions=2)

    first = story.report("130")
    second = story.report("1")

    (change,) = first.quests
    assert [(each.gained, each.progress) for each in change.requirements] == [
        (Decimal(100), Decimal(100))
    ]
    assert failures(second) == ["threshold"]
    assert progress(story) == {"buy": "100"}


def test_what_is_beyond_a_threshold_that_was_lowered_is_dropped() -> None:
    story = on_quest(require("100"), max_completions=2)
    story.report("90")
    story.document = written(quests=[quest(require("50"), max_completions=2)])

    story.report("10")

    assert completions(story) == 1
    assert progress(story) == {}


def test_progress_beyond_the_limit_is_rejected() -> None:
    story = on_quest(require("100"), overshoot="carries_over", max_completions=2)
    story.state = MembershipState(quests={"quest": QuestState({"buy": BALANCE_LIMIT})})

    assert story.report("1").outcome is Outcome.REJECTED


def test_what_carries_over_gathers_for_the_completions_to_come() -> None:
    story = on_quest(require("100"), visit(), overshoot="carries_over", max_completions=9)

    story.report("250")
    story.report("70")
    visits = [rewards(story.report(activity_type_id="visit")) for _ in range(6)]

    assert visits == [[], ["100"], [], ["100"], [], ["100"]]
    assert progress(story) == {"buy": "20"}


@pytest.mark.parametrize("overshoot", ["dropped", "carries_over"])
def test_the_cap(overshoot: str) -> None:
    story = on_quest(require("100"), overshoot=overshoot, max_completions=2)

    decided = [story.report("100") for _ in range(3)]

    assert [rewards(each) for each in decided] == [["100"], ["100"], []]
    assert failures(decided[2]) == ["max_completions"]
    assert decided[2].considered[0].seen == "2"
    assert completions(story) == 2
    assert progress(story) == {}


def test_no_more_completions_than_the_cap_leaves() -> None:
    story = on_quest(require("100"), overshoot="carries_over", max_completions=3)
    story.report("150")

    decided = story.report("1000")

    assert rewards(decided) == ["200"]
    (change,) = decided.quests
    assert (change.completions, change.completions_after) == (2, 3)
    assert [each.progress for each in change.requirements] == [0]
    # Kept, so that they stay completed if a part of it is reversed.
    assert progress(story) == {"buy": "850"}


def test_after_a_completion_progress_begins_anew() -> None:
    story = on_quest(require("100"), visit(), max_completions=2)
    story.report("100")
    story.report(activity_type_id="visit")

    (change,) = story.report(activity_type_id="visit").quests

    assert [each.progress for each in change.requirements] == [0]
    assert progress(story) == {}


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        ("2026-03-31T23:59:59", "window"),
        ("2026-04-01T00:00", None),
        ("2026-04-30T23:59:59", None),
        ("2026-05-01T00:00", "window"),
    ],
)
def test_the_window_of_a_quest(occurred: str, expected: str | None) -> None:
    april = {"starts_at": "2026-04-01T00:00:00Z", "ends_at": "2026-05-01T00:00:00Z"}
    story = on_quest(require("10"), when={"window": april})

    decided = story.report(when=occurred)

    assert failures(decided) == [expected]
    assert [each.requirement for each in decided.considered] == [None if expected else 0]
    assert rewards(decided) == ([] if expected else ["100"])


CONDITIONS: list[tuple[Json, str | None]] = [
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
    ({"tiers": ["none-such", "basic"]}, None),
    ({"tiers": ["gold"]}, "tiers"),
    ({"segments": {"any_of": ["poor"]}}, None),
    ({"segments": {"none_of": ["poor"]}}, "segments"),
]


@pytest.mark.parametrize(("when", "expected"), CONDITIONS)
@pytest.mark.parametrize("whose", ["quest", "requirement"])
def test_the_conditions_of_a_quest_and_of_a_requirement(
    whose: str, when: Json, expected: str | None
) -> None:
    asked: Json = {"when": when}
    one = require("9", progress="count", **(asked if whose == "requirement" else {}))
    wanted = quest(one, **(asked if whose == "quest" else {}))
    document = written(
        quests=[wanted],
        tiers=lifetime_tiers(basic="0", gold="500"),
        segments=[{"segment_id": "poor", "when": {"points": {"at_most": "50"}}}],
    )
    story = Story(
        document,
        traits_held=frozenset(each for each in document.trait_conditions if each.equals == "Rome"),
    )

    decided = story.report("10", things="tea@drinks:4", metadata={"channel": "app"})

    assert failures(decided) == [expected]
    if expected:
        assert [each.requirement for each in decided.considered] == [
            None if whose == "quest" else 0
        ]


# In the order in which they are looked at.
REFUSED: list[tuple[str, Json]] = [
    ("weekdays", {"when": "2026-03-03T12:00"}),
    ("max_completions", {"completions": 1}),
    ("metadata.0", {"metadata": {}}),
    ("restricted_to", {"things": "cake"}),
    ("threshold", {"bought": 100}),
    ("ordered", {"visits": 0}),
    ("progress", {"amount": "0"}),
    ("check_in_interval_days", {"checked_in": date(2026, 3, 2)}),
]


@pytest.mark.parametrize("first", range(len(REFUSED)))
def test_the_first_reason_not_to_count_is_the_one_that_is_named(first: int) -> None:
    """From this one on there is every reason."""
    wanted: Json = {
        "when": "2026-03-02T12:00",
        "completions": 0,
        "metadata": {"channel": "app"},
        "things": "tea",
        "visits": 2,
        "amount": "10",
        "bought": 50,
        "checked_in": date(2026, 2, 1),
    }
    for _, change in REFUSED[first:]:
        wanted |= change
    story = on_quest(
        visit(),
        require(
            "100",
            progress="activity_value",
            restricted_to_item_ids=["tea"],
            check_in_interval_days=7,
            when={"metadata": [{"field": "channel", "equals": "app"}]},
        ),
        require("1", requirement_id="other", activity_type_id="other"),
        ordered=True,
        when={"weekdays": ["monday"]},
    )
    kept = {"visit": Decimal(wanted["visits"]), "buy": Decimal(wanted["bought"])}
    story.state = type(story.state)(
        quests={
            "quest": QuestState(
                {name: number for name, number in kept.items() if number},
                wanted["completions"],
                {"buy": wanted["checked_in"]},
            )
        }
    )

    decided = story.report(
        wanted["amount"], wanted["when"], things=wanted["things"], metadata=wanted["metadata"]
    )

    assert failures(decided) == [REFUSED[first][0]]
    assert decided.quests == ()


def test_quests_are_each_for_themselves() -> None:
    story = Story(
        written(
            quests=[
                quest(require("10"), quest_id="small", points="5"),
                quest(require("20"), quest_id="large", points="15"),
            ]
        )
    )

    assert lines_of(story.report("10")) == [("small", "5")]
    decided = story.report("10")
    assert lines_of(decided) == [("large", "15")]
    assert failures(decided) == ["max_completions", None]


def test_a_quest_may_be_advanced_by_what_no_rule_awards() -> None:
    story = on_quest(require("3", progress="count", activity_type_id="visit"))

    decided = [story.report("0", activity_type_id="visit") for _ in range(3)]

    assert [each.outcome.value for each in decided] == ["applied"] * 3
    assert [lines_of(each) for each in decided] == [[], [], [("quest", "100")]]
