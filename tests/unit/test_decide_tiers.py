"""Tiers: by all points ever, or by those of a rolling window, with a later loss than entry."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Outcome
from accrue.domain.arithmetic import BALANCE_LIMIT
from accrue.domain.decision import TierChange
from accrue.domain.membership_state import MembershipState
from accrue.domain.standing import tier_standing
from tests.unit.activities import (
    Json,
    Story,
    at,
    earn,
    failures,
    flat,
    lifetime_tiers,
    lines_of,
    quest,
    require,
    why,
    written,
)

LIFETIME = lifetime_tiers(silver="100", gold="500")
# Silver is entered at 100 and kept from 50; gold is entered at 300 and kept from 200.
LEVELS = [
    {"tier_id": "silver", "name": "Silver", "enters_at": "100", "stays_at": "50"},
    {"tier_id": "gold", "name": "Gold", "enters_at": "300", "stays_at": "200"},
]


def rolling(days: int = 7, levels: list[Json] = LEVELS) -> Json:
    """Tiers by the points of the last days."""
    return {"by": {"kind": "rolling_points", "days": days}, "levels": levels}


def member(tiers: Json, state: MembershipState | None = None, **parts: Any) -> Story:
    """A membership in a program that awards the amount."""
    document = written(tiers=tiers, **{"rules": [earn()], **parts})
    return Story(document, state or MembershipState())


@pytest.mark.parametrize(
    ("amounts", "tiers"),
    [
        (["99"], [None]),
        (["100"], ["silver"]),
        (["101"], ["silver"]),
        (["99", "1"], [None, "silver"]),
        (["499", "1"], ["silver", "gold"]),
        (["500"], ["gold"]),
        (["99", "-50", "1"], [None, None, "silver"]),
        # Nobody falls: what is taken back was awarded once.
        (["100", "-100", "1"], ["silver", "silver", "silver"]),
        (["0"], [None]),
    ],
)
def test_by_lifetime_points(amounts: list[str], tiers: list[str | None]) -> None:
    story = member(LIFETIME)

    reached = []
    for amount in amounts:
        story.report(amount)
        reached.append(story.state.tier_id)

    assert reached == tiers


def test_a_change_of_tier_is_told_once() -> None:
    story = member(LIFETIME)

    changes = [story.report(amount).tier for amount in ("50", "50", "50", "350", "1000")]

    assert changes == [
        None,
        TierChange(None, "silver"),
        None,
        TierChange("silver", "gold"),
        None,
    ]


def test_a_tier_from_no_points_at_all_is_everybodys_from_the_beginning() -> None:
    story = member(lifetime_tiers(basic="0", silver="100"))

    assert story.report("1").tier is None
    assert story.state.tier_id == "basic"
    assert story.report("99").tier == TierChange("basic", "silver")


def test_a_first_activity_may_lead_past_the_tier_that_everybody_has() -> None:
    story = member(lifetime_tiers(basic="0", silver="100"))

    assert story.report("100").tier == TierChange("basic", "silver")


def test_bonuses_and_rewards_lead_to_tiers_too() -> None:
    story = member(
        LIFETIME,
        bonuses=[{"bonus_id": "double", "effect": {"kind": "multiply", "factor": "2"}}],
        quests=[quest(require("1"), points="80")],
    )

    assert story.report("10").tier == TierChange(None, "silver")


def test_rules_see_the_tier_before_the_activity() -> None:
    story = member(
        LIFETIME,
        rules=[
            earn(rule_id="earn"),
            earn(rule_id="silver", when={"tiers": ["silver"]}, award=flat("1")),
        ],
    )

    reaches, has = story.report("100"), story.report("1")

    assert lines_of(reaches) == [("earn", "100")]
    assert reaches.tier == TierChange(None, "silver")
    assert lines_of(has) == [("earn", "1"), ("silver", "1")]


@pytest.mark.parametrize(
    ("present", "points", "after"),
    [
        (None, "49", None),
        (None, "99", None),
        (None, "100", "silver"),
        (None, "250", "silver"),
        (None, "299", "silver"),
        (None, "300", "gold"),
        ("silver", "49", None),
        ("silver", "50", "silver"),
        ("silver", "299", "silver"),
        ("silver", "300", "gold"),
        ("gold", "300", "gold"),
        ("gold", "200", "gold"),
        ("gold", "199", "silver"),
        # Silver is below gold, so who falls from gold stays in silver from 50.
        ("gold", "99", "silver"),
        ("gold", "50", "silver"),
        ("gold", "49", None),
        ("gold", "0", None),
    ],
)
def test_a_tier_is_lost_later_than_it_is_entered(
    present: str | None, points: str, after: str | None
) -> None:
    """An activity that no rule is on: nothing is awarded, but the tier is brought up to date."""
    today = date(2026, 3, 2)
    earned = {today: Decimal(points)} if points != "0" else {}
    state = MembershipState(
        Decimal(points), Decimal(1000), present, earned_by_day=earned, as_of=today
    )

    decided = member(rolling(), state).report(activity_type_id="visit")

    assert decided.outcome is Outcome.NO_RULE
    assert decided.after.tier_id == after
    assert decided.tier == (None if present == after else TierChange(present, after))


def test_without_a_threshold_to_stay_a_tier_is_lost_below_its_entry() -> None:
    today = date(2026, 3, 2)
    levels = [{"tier_id": "silver", "name": "Silver", "enters_at": "100"}]
    for points, tier in (("100", "silver"), ("99", None)):
        state = MembershipState(
            tier_id="silver", earned_by_day={today: Decimal(points)}, as_of=today
        )
        decided = member(rolling(levels=levels), state).report(activity_type_id="visit")
        assert decided.after.tier_id == tier


@pytest.mark.parametrize(
    ("window", "later", "tier"),
    [(7, 6, "silver"), (7, 7, None), (1, 0, "silver"), (1, 1, None), (30, 29, "silver")],
)
def test_the_window_has_so_many_days_today_included(
    window: int, later: int, tier: str | None
) -> None:
    story = member(rolling(window))
    story.report("100", "2026-03-02")
    day = (date(2026, 3, 2) + timedelta(days=later)).isoformat()

    decided = story.report("0", day, activity_type_id="visit")

    assert decided.after.tier_id == tier


def test_a_downgrade_comes_before_the_rules() -> None:
    rules = [
        earn(rule_id="silver", when={"tiers": ["silver"]}, award=flat("1")),
        earn(rule_id="earn"),
    ]
    story = member(rolling(), rules=rules)
    story.report("100", "2026-03-02")

    decided = story.report("20", "2026-03-09")

    assert why(decided) == ["r0 tiers", "r1"]
    assert decided.tier == TierChange("silver", None)


def test_who_falls_and_rises_by_one_activity_has_not_changed() -> None:
    """But the rules have seen the lower tier."""
    rules = [
        earn(rule_id="silver", when={"tiers": ["silver"]}, award=flat("1")),
        earn(rule_id="earn"),
    ]
    story = member(rolling(), rules=rules)
    story.report("100", "2026-03-02")

    decided = story.report("150", "2026-03-09")

    assert failures(decided) == ["tiers", None]
    assert decided.after.tier_id == "silver"
    assert decided.tier is None


def test_by_what_is_rejected_no_tier_is_lost() -> None:
    """It is lost with the next posting, which tells of it."""
    story = member(rolling())
    story.report("100", "2026-03-02")
    before = replace(story.state, points=BALANCE_LIMIT)
    story.state = before

    decided = story.report("1", "2026-04-02")

    assert (decided.outcome, decided.tier) == (Outcome.REJECTED, None)
    assert decided.after == before


def test_points_of_one_day_add_up() -> None:
    story = member(rolling())

    story.report("60", "2026-03-02T08:00")
    story.report("40", "2026-03-02T18:00")

    assert story.state.tier_id == "silver"
    assert story.state.earned_by_day == {date(2026, 3, 2): Decimal(100)}


def test_points_of_several_days_add_up_and_leave_one_by_one() -> None:
    story = member(rolling(3))
    days = [("60", 2), ("40", 3), ("0", 4), ("0", 5), ("30", 5), ("0", 6), ("0", 8)]

    tiers = []
    for amount, day in days:
        story.report(amount, f"2026-03-0{day}")
        tiers.append(story.state.tier_id)

    # 60, 100, 100, 40 (the 2nd is over), 70, 30 (the 3rd is over), 0.
    assert tiers == [None, "silver", "silver", None, None, None, None]


def test_what_is_late_counts_for_the_day_on_which_it_occurred() -> None:
    story = member(rolling(3))

    story.report("100", "2026-03-02", recorded="2026-03-04")
    assert story.state.tier_id == "silver"

    story.report("0", "2026-03-05")
    assert story.state.tier_id is None


def test_what_is_too_late_for_the_window_is_awarded_without_a_tier() -> None:
    story = member(rolling(3))

    decided = story.report("100", "2026-03-02", recorded="2026-03-05")

    assert decided.points == 100
    assert (decided.after.tier_id, decided.tier) == (None, None)
    assert decided.after.lifetime_points == 100


def test_today_never_goes_back() -> None:
    """An activity that was recorded earlier, but is delivered later, sees the later day."""
    story = member(rolling(3))
    story.report("100", "2026-03-02")
    story.report("0", "2026-03-05")

    decided = story.report("99", "2026-03-02")

    assert decided.after.as_of == date(2026, 3, 5)
    assert decided.after.tier_id is None


def test_days_are_those_of_the_program() -> None:
    """At 23:30 in UTC it is the next day in Berlin."""
    document = written(time_zone="Europe/Berlin", tiers=rolling(7), rules=[earn()])
    story = Story(document)

    story.report("100", "2026-03-01T23:30")

    assert story.state.as_of == date(2026, 3, 2)
    assert story.state.earned_by_day == {date(2026, 3, 2): Decimal(100)}
    assert story.report("0", "2026-03-08T22:59").after.tier_id == "silver"
    assert story.report("0", "2026-03-08T23:00").after.tier_id is None


@pytest.mark.parametrize(
    ("now", "points", "tier", "following"),
    [
        ("2026-03-08T22:59", 100, "silver", "gold"),
        # In Berlin it is the 9th: the window of seven days begins with the 3rd.
        ("2026-03-08T23:00", 0, None, "silver"),
    ],
)
def test_where_a_membership_stands_is_by_the_programs_today(
    now: str, points: int, tier: str | None, following: str
) -> None:
    story = member(rolling(), time_zone="Europe/Berlin")
    story.report("100", "2026-03-02T12:00")

    standing = tier_standing(story.state, story.document, at(now))

    assert standing is not None
    assert standing.points == points
    levels = (standing.level, standing.following)
    assert [level and level.tier_id for level in levels] == [tier, following]


def test_the_window_goes_over_a_change_of_clocks() -> None:
    story = Story(written(time_zone="Europe/Berlin", tiers=rolling(2), rules=[earn()]))
    story.report("100", "2026-03-28T12:00")

    # The 29th ends at 22:00 in UTC.
    assert story.report("0", "2026-03-29T21:59").after.tier_id == "silver"
    assert story.report("0", "2026-03-29T22:00").after.tier_id is None


def test_only_what_is_awarded_counts_for_the_window() -> None:
    story = member(rolling())

    story.report("100", "2026-03-02")
    story.report("-80", "2026-03-02")

    assert story.state.points == 20
    assert story.state.tier_id == "silver"


def test_state_has_no_more_days_than_the_window() -> None:
    story = member(rolling(5))

    for day in range(1, 29):
        story.report("10", f"2026-03-{day:02}")
        assert len(story.state.earned_by_day) <= 5
    story.report("10", "2026-03-01", recorded="2026-03-28")

    assert story.state.earned_by_day == {date(2026, 3, day): Decimal(10) for day in range(24, 29)}


def test_without_tiers_no_days_are_kept() -> None:
    story = Story(written(rules=[earn()]))
    story.report("10")
    assert (story.state.earned_by_day, story.state.as_of, story.state.tier_id) == ({}, None, None)


@pytest.mark.parametrize(("reached", "extra"), [("99", 0), ("100", 5), ("300", 15)])
def test_the_benefits_of_a_tier_are_used_by_rules(reached: str, extra: int) -> None:
    levels = [
        {**LEVELS[0], "benefits": ["tea"]},
        {**LEVELS[1], "benefits": ["tea", "cake"]},
    ]
    rules = [
        earn(rule_id="tea", when={"benefits": ["tea"]}, award=flat("5")),
        earn(rule_id="cake", when={"benefits": ["cake"]}, award=flat("10")),
        earn(rule_id="buy", activity_type_id="sale"),
    ]
    story = member(rolling(levels=levels), rules=rules)
    story.report(reached)

    assert story.report("0").points == extra


def test_a_later_version_without_the_tier_takes_it_away() -> None:
    state = MembershipState(Decimal(100), Decimal(100), "bronze")

    decided = member(LIFETIME, state).report("1")

    assert decided.tier == TierChange("bronze", "silver")


def test_a_later_version_without_a_window_keeps_no_days() -> None:
    story = member(rolling())
    story.report("100", "2026-03-02")

    story = member(LIFETIME, story.state)
    story.report("1", "2026-03-02")

    assert (story.state.earned_by_day, story.state.as_of) == ({}, None)


def test_a_later_version_without_tiers_has_none() -> None:
    state = MembershipState(Decimal(100), Decimal(100), "bronze")

    decided = Story(written(rules=[earn()]), state).report("1")

    assert decided.tier == TierChange("bronze", None)
    assert decided.after.tier_id is None


def test_an_activity_dated_a_day_ahead_counts_when_that_day_comes() -> None:
    rolling = {
        "by": {"kind": "rolling_points", "days": 30},
        "levels": [{"tier_id": "silver", "name": "Silver", "enters_at": "100"}],
    }
    story = Story(written(rules=[earn()], tiers=rolling))

    ahead = story.report("100", "2026-03-03T10:00", recorded="2026-03-02T12:00")
    then = story.report("1", "2026-03-03T12:00")

    assert (ahead.tier, then.tier) == (None, TierChange(None, "silver"))
