"""How much a rule awards within a period: what is cut, what is refused, what is late."""

from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.membership_state import MembershipState
from tests.unit.activities import Json, Story, earn, failures, flat, lines_of, why, written


def limited(*limits: Json, **parts: Any) -> Story:
    """A membership with a rule that awards the amount, within these limits."""
    return Story(written(rules=[earn(limits=limits, **parts)]))


def earnings(story: Story, *amounts: str, when: str = "2026-03-02") -> list[str]:
    """What each amount earned; for what earned nothing, the place that failed."""
    return [earning(story, amount, when) for amount in amounts]


def earning(story: Story, amount: str, when: str) -> str:
    """What the amount earned, or the place that failed."""
    decided = story.report(amount, when)
    return lines_of(decided)[0][1] if decided.lines else str(failures(decided)[0])


@pytest.mark.parametrize(
    ("limit", "amounts", "awarded"),
    [
        ("100", ["99", "1", "1"], ["99", "1", "limits.0"]),
        ("100", ["99", "2", "1"], ["99", "1", "limits.0"]),
        ("100", ["100", "1"], ["100", "limits.0"]),
        ("100", ["101", "1"], ["100", "limits.0"]),
        ("100", ["5000"], ["100"]),
        # Zero and negative awards are neither limited nor counted.
        ("100", ["100", "0", "-30", "1"], ["100", "0", "-30", "limits.0"]),
        ("100", ["90", "-30", "20"], ["90", "-30", "10"]),
    ],
)
@pytest.mark.parametrize("per", ["day", "week", "month", "lifetime"])
def test_points_are_cut_to_what_is_left(
    per: str, limit: str, amounts: list[str], awarded: list[str]
) -> None:
    assert earnings(limited({"per": per, "points": limit}), *amounts) == awarded


@pytest.mark.parametrize(
    ("limit", "amounts", "awarded"),
    [
        (1, ["10", "10"], ["10", "limits.0"]),
        (2, ["10", "20", "30"], ["10", "20", "limits.0"]),
        (2, ["10", "0", "20", "30"], ["10", "0", "20", "limits.0"]),
        (2, ["10", "-5", "20", "-5", "30"], ["10", "-5", "20", "-5", "limits.0"]),
        (1, ["10", "0", "-5"], ["10", "0", "-5"]),
        # What is rounded to nothing is not an award.
        (1, ["0.4", "0.4", "10", "10"], ["0", "0", "10", "limits.0"]),
    ],
)
@pytest.mark.parametrize("per", ["day", "week", "month", "lifetime"])
def test_times(per: str, limit: int, amounts: list[str], awarded: list[str]) -> None:
    assert earnings(limited({"per": per, "times": limit}), *amounts) == awarded


def test_a_cut_award_says_so() -> None:
    story = limited({"per": "day", "points": "100"})
    story.report("70")

    (line,) = story.report("70").lines

    assert "70 x 1" in line.reason
    assert "cut to 30" in line.reason


def test_an_award_that_just_fits_is_not_cut() -> None:
    (line,) = limited({"per": "day", "points": "100"}).report("100").lines

    assert line.reason == "100 x 1"


@pytest.mark.parametrize(
    ("limit", "seen"), [({"points": "100"}, "r0 limits.0 100"), ({"times": 1}, "r0 limits.0 1")]
)
def test_what_was_used_is_seen(limit: Json, seen: str) -> None:
    story = limited({"per": "day", **limit})
    story.report("120")

    assert why(story.report("120")) == [seen]


def test_the_next_period_begins_anew() -> None:
    story = limited({"per": "day", "points": "100"})

    assert earnings(story, "70", "70", "70", when="2026-03-02") == ["70", "30", "limits.0"]
    assert earnings(story, "70", "70", "70", when="2026-03-03") == ["70", "30", "limits.0"]


def test_of_several_limits_the_first_that_leaves_nothing_is_named() -> None:
    story = limited(
        {"per": "day", "times": 2}, {"per": "week", "points": "50"}, {"per": "month", "times": 4}
    )

    assert earnings(story, "20", "20", "20", when="2026-03-02") == ["20", "20", "limits.0"]
    assert earnings(story, "20", "20", when="2026-03-03") == ["10", "limits.1"]
    assert earnings(story, "20", "20", when="2026-03-09") == ["20", "limits.2"]


def test_the_least_of_several_limits_cuts() -> None:
    story = limited({"per": "lifetime", "points": "100"}, {"per": "day", "points": "30"})

    days = ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]
    assert [earning(story, "50", day) for day in days] == ["30", "30", "30", "10", "limits.0"]


def test_points_and_times_of_a_day_are_counted_apart() -> None:
    story = limited({"per": "day", "times": 2}, {"per": "day", "points": "100"})

    assert earnings(story, "60", "60", "1") == ["60", "40", "limits.0"]


def test_what_one_limit_refuses_uses_up_none_of_another() -> None:
    story = limited({"per": "lifetime", "times": 2}, {"per": "day", "times": 1})

    assert earnings(story, "5", "5", when="2026-03-02") == ["5", "limits.1"]
    assert earnings(story, "5", when="2026-03-03") == ["5"]


def test_limits_are_each_rules_own() -> None:
    document = written(
        rules=[
            earn(rule_id="narrow", limits=[{"per": "day", "times": 1}]),
            earn(rule_id="wide", limits=[{"per": "day", "times": 2}]),
            earn(rule_id="open"),
        ]
    )
    story = Story(document)

    names = [[name for name, _ in lines_of(story.report())] for _ in range(3)]

    assert names == [["narrow", "wide", "open"], ["wide", "open"], ["open"]]


def test_a_limit_does_not_ask_in_which_role() -> None:
    """Two rules for two roles, one person in both: each has its own limit."""
    document = written(
        rules=[
            earn(rule_id=role, role=role, limits=[{"per": "day", "points": "15"}])
            for role in ("buyer", "seller")
        ]
    )
    story = Story(document)

    decided = [lines_of(story.report(roles=["buyer", "seller"])) for _ in range(2)]

    assert decided == [
        [("buyer", "10"), ("seller", "10")],
        [("buyer", "5"), ("seller", "5")],
    ]


@pytest.mark.parametrize("award", [flat("10"), {"kind": "amount_times_rate", "rate": "1"}])
def test_any_kind_of_award_is_limited(award: Json) -> None:
    story = limited({"per": "day", "points": "15"}, award=award)

    assert earnings(story, "10", "10", "10") == ["10", "5", "limits.0"]


@pytest.mark.parametrize(
    ("days", "awarded"),
    [
        # In order: each day by itself.
        ("2 2 3 3 4 4", "10 - 10 - 10 -"),
        # One day late: the day before the latest is still known.
        ("2 3 2 3", "10 10 - -"),
        ("3 2 2 3", "10 10 - -"),
        # Two days are known, 2 and 4: the 3rd is new, and then 3 and 4 are known.
        ("2 4 3 3 4", "10 10 10 - -"),
        # Older than both days that are known: counted with the older of them.
        ("3 4 2", "10 10 -"),
        ("3 3 4 1 1", "10 - 10 - -"),
        # A day that was left out leaves room for the next one, however late it is known.
        ("5 1 1 3 1", "10 10 - 10 -"),
        # And does not push out a later one.
        ("5 1 3 5", "10 10 10 -"),
    ],
)
@pytest.mark.parametrize("limit", [{"times": 1}, {"points": "10"}])
def test_what_is_late_is_counted_in_its_day_while_the_day_is_one_of_the_two_latest(
    limit: Json, days: str, awarded: str
) -> None:
    story = limited({"per": "day", **limit})

    earned = [earning(story, "10", f"2026-03-0{day}T12:00") for day in days.split()]

    assert [each.replace("limits.0", "-") for each in earned] == awarded.split()


def test_what_is_older_than_both_days_uses_up_what_is_left_of_the_older() -> None:
    story = limited({"per": "day", "points": "10"})

    days = ["3", "4", "2", "3", "1"]
    earned = [earning(story, "6", f"2026-03-0{day}") for day in days]

    # The 2nd counts with the 3rd, of which 4 were left.
    assert earned == ["6", "6", "4", "limits.0", "limits.0"]


def test_a_limit_is_by_when_it_occurred_not_by_when_it_was_recorded() -> None:
    story = limited({"per": "day", "times": 1})

    first = story.report("10", "2026-03-02T12:00", recorded="2026-03-05")
    second = story.report("10", "2026-03-03T12:00", recorded="2026-03-05")

    assert first.points == second.points == 10


def test_bonuses_and_quests_do_not_use_up_a_limit() -> None:
    document = written(
        rules=[earn(limits=[{"per": "day", "points": "25"}])],
        bonuses=[{"bonus_id": "double", "effect": {"kind": "multiply", "factor": "2"}}],
    )
    story = Story(document)

    decided = [lines_of(story.report()) for _ in range(4)]

    assert decided == [
        [("earn", "10"), ("double", "10")],
        [("earn", "10"), ("double", "10")],
        [("earn", "5"), ("double", "5")],
        [],
    ]


def test_state_keeps_two_periods_however_many_there_were() -> None:
    story = limited({"per": "day", "points": "5"}, when={"nth": {"every": 2, "per": "day"}})

    for day in range(1, 29):
        story.report("10", f"2026-03-{day:02}")
        story.report("10", f"2026-03-{day:02}")

    assert story.state.counters
    assert all(len(periods) <= 2 for periods in story.state.counters.values())


def test_what_is_decided_leaves_the_state_before_as_it_was() -> None:
    story = limited({"per": "day", "times": 1})
    before = MembershipState(counters={"earn/times/day": {"2026-03-01": Decimal(1)}})
    story.state = before

    story.report("10", "2026-03-02")

    assert before.counters == {"earn/times/day": {"2026-03-01": Decimal(1)}}


def test_what_is_counted_with_a_later_day_says_so() -> None:
    """Two days are kept; on the third, which is older, nothing had been earned before."""
    story = Story(written(rules=[earn(limits=[{"per": "day", "points": "50"}])]))
    story.report("50", "2026-03-09T12:00")
    story.report("30", "2026-03-05T12:00")

    late = story.report("30", "2026-03-02T12:00")
    later = story.report("30", "2026-03-02T13:00")

    (line,) = late.lines
    assert line.reason == "30 x 1, cut to 20: at most 50 a day, counted with 2026-03-05"
    assert why(later) == ["r0 limits.0 50 2026-03-05"]
