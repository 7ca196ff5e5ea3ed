"""Until when points are good, from when they can be spent, and how many lots that makes."""

from calendar import isleap
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.deciding.lots import lot_of
from accrue.domain.program.days import start_of
from accrue.domain.program.expiry import (
    AfterDays,
    AfterMonths,
    EndOfMonth,
    EndOfYear,
    Expiry,
    Never,
    OnDate,
    days_good,
)
from accrue.domain.program.kept_lots import MAX_LOTS, Period, most_lots, period_of, periods_of
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.program.stored import kept_digests
from accrue.domain.program_publication import (
    ProgramPublication,
    following_version,
    too_much_kept,
)
from accrue.domain.purse import Lot
from local.exact_yaml import read_yaml
from tests.unit.guide import example, expiry_table, guide_text, worked_dates
from tests.unit.program_documents import FAULTLESS, faults_of

BERLIN = ZoneInfo("Europe/Berlin")
EXPIRY: TypeAdapter[Expiry] = TypeAdapter(Expiry)
DAYS = st.dates(date(1990, 1, 1), date(2120, 1, 1))
MOMENT = datetime.fromisoformat("2026-03-01T23:30:00+00:00")
EXPIRIES = st.one_of(
    st.just(Never()),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(lambda day: OnDate(date=day)),
    st.integers(1, 60).map(lambda number: AfterDays(days=number)),
    st.integers(1, 3).map(lambda number: AfterMonths(months=number)),
    st.integers(0, 4).map(lambda number: EndOfMonth(months_after=number)),
    st.integers(0, 1).map(lambda number: EndOfYear(years_after=number)),
)


def program(points: Any = None, *rules: dict[str, Any], zone: str = "UTC") -> Program:
    """A program with this expiry of its own, and rules with these periods."""
    award = FAULTLESS["programs"][0]["rules"][0]
    return Program.model_validate(
        {
            "program_id": "club",
            "name": "Club",
            "points": {"unit": "beans", "expiry": points or {"kind": "never"}},
            "time_zone": zone,
            "rules": [award | {"rule_id": f"r-{n}"} | rule for n, rule in enumerate(rules)],
        }
    )


@pytest.mark.parametrize("row", worked_dates(), ids=str)
def test_the_last_day_on_which_points_are_good(row: dict[str, Any]) -> None:
    last_day = EXPIRY.validate_python(row["expiry"]).last_day(row["earned_on"])

    assert last_day == row.get("last_day")
    if last_day is not None:
        ends_at = start_of(last_day + timedelta(days=1), BERLIN)
        assert f"{ends_at:%Y-%m-%d %H:%M}" == row["ends"]


def test_the_guide_shows_these_dates() -> None:
    assert f"\n\n{expiry_table(worked_dates())}\n\n" in guide_text()


def test_the_guides_rules_that_wait_and_expire_can_be_published() -> None:
    network = example()
    said: Any = read_yaml(guide_text().split("```yaml\n")[2].split("```")[0])
    network["programs"][0] |= {"points": said["points"], "bonuses": [], "bonus_stacking": None}
    network["programs"][0]["rules"] = said["rules"]

    assert faults_of(network) == {}


@given(day=DAYS, months=st.integers(1, 36))
def test_months_keep_the_day_or_the_end_of_the_month(day: date, months: int) -> None:
    last_day = AfterMonths(months=months).last_day(day)

    passed = (last_day.year - day.year) * 12 + last_day.month - day.month
    assert passed == months
    ends_early = last_day.day < day.day
    assert last_day.day == day.day or (ends_early and (last_day + timedelta(days=1)).day == 1)


@given(expiry=EXPIRIES, day=DAYS)
def test_how_long_points_are_good_at_least_and_at_most(expiry: Expiry, day: date) -> None:
    good = days_good(expiry)

    last_day = expiry.last_day(day)
    assert not good or (last_day is not None and (last_day - day).days in good)


@given(expiry=EXPIRIES, day=DAYS, later=st.integers(0, 500))
def test_what_is_earned_later_expires_no_earlier(expiry: Expiry, day: date, later: int) -> None:
    first, second = expiry.last_day(day), expiry.last_day(day + timedelta(days=later))

    assert (first or date.max) <= (second or date.max)


def test_a_leap_day_counts_as_a_day_and_is_no_month_end_of_its_own() -> None:
    for year in (2027, 2028):
        day = date(year, 2, 28)
        expected = date(year, 2, 29) if isleap(year) else date(year, 3, 1)
        assert AfterDays(days=1).last_day(day) == expected
        assert AfterMonths(months=12).last_day(day) == date(year + 1, 2, 28)


def test_a_rules_expiry_takes_the_place_of_the_programs() -> None:
    club = program(
        {"kind": "after_days", "days": 10},
        {},
        {"pending_days": 3},
        {"pending_days": 3, "expiry": {"kind": "end_of_month", "months_after": 0}},
        {"expiry": {"kind": "never"}},
    )

    earned_on = date(2026, 3, 30)
    assert [lot_of(rule, earned_on, club) for rule in (None, *club.rules)] == [
        Lot(None, date(2026, 4, 9)),
        Lot(None, date(2026, 4, 9)),
        Lot(date(2026, 4, 2), date(2026, 4, 9)),
        Lot(date(2026, 4, 2), date(2026, 3, 31)),
        Lot(None, None),
    ]


def test_a_program_that_says_nothing_has_one_lot() -> None:
    club = program()

    assert lot_of(None, date(2026, 3, 1), club) == Lot()
    assert club.points.may_go_below_zero is False
    assert most_lots(periods_of(club)) == 1


@given(
    periods=st.lists(st.tuples(EXPIRIES, st.integers(0, 20)), min_size=1, max_size=4),
    today=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
)
def test_there_are_never_more_lots_than_counted(
    periods: list[tuple[Expiry, int]], today: date
) -> None:
    """Something is earned on each day, up to tomorrow, with each of the periods."""
    lots = set()
    for (expiry, pending_days), age in product(periods, range(-1, 800)):
        day = today - timedelta(days=age)
        last_day, ripe = expiry.last_day(day), day + timedelta(days=pending_days)
        if last_day is None or last_day >= today:
            lots.add(Lot(ripe if pending_days and ripe > today else None, last_day))

    assert len(lots) <= most_lots(period_of(*each) for each in periods)


def test_the_same_periods_of_several_rules_are_the_same_lots() -> None:
    waits = {"pending_days": 366, "expiry": {"kind": "after_days", "days": 1100}}

    assert most_lots(periods_of(program(None, *[waits] * 50))) == 368 + 1103 + 1


def test_without_points_that_wait_there_are_always_few_enough() -> None:
    dates = [{"kind": "on_date", "date": f"{2100 + n}-12-31"} for n in range(95)]
    longest = [
        {"kind": "after_days", "days": 1100},
        {"kind": "after_months", "months": 36},
        {"kind": "end_of_month", "months_after": 120},
        {"kind": "end_of_year", "years_after": 10},
        {"kind": "never"},
    ]

    rules = [{"expiry": expiry} for expiry in (*dates, *longest)]
    assert most_lots(periods_of(program(None, *rules))) <= MAX_LOTS


@given(expiry=EXPIRIES, pending_days=st.integers(0, 366))
def test_versions_keep_periods_as_short_texts(expiry: Expiry, pending_days: int) -> None:
    period = period_of(expiry, pending_days)

    assert Period.of_text(period.text) == period
    assert len(period.text) <= 20


def test_all_versions_of_a_program_together_have_a_bound() -> None:
    earlier = frozenset[str]()
    for pending_days in (366, 365, 364, 363):
        latest = program(None, {"pending_days": pending_days})
        assert too_much_kept(latest, earlier) is None
        earlier |= kept_digests(latest)

    assert too_much_kept(program(None, {"pending_days": 365}), earlier) is None
    assert too_much_kept(program(None, {"pending_days": 100}), earlier) == (
        "has had so many pending_days and expiries in all its versions that members may have 1,569 "
        "lots of points at once: 1,500 is the most. Go back to some that it had, or start a new "
        "program"
    )


# The programs' expiry, the rule's, its pending_days; what is told. Earned from 2 March on: in
# Berlin it is past midnight.
OVER = [
    ("2026-03-01", None, None, {"/points/expiry/date": ("2026-03-01", "2026-03-02")}),
    ("2026-03-02", None, None, {}),
    ("2026-03-05", None, 3, {}),
    ("2026-03-04", None, 3, {"/rules/0/pending_days": ("2026-03-04", "2026-03-05")}),
    ("2026-03-01", None, 3, {"/points/expiry/date": ("2026-03-01", "2026-03-02")}),
    (None, "2026-03-01", None, {"/rules/0/expiry/date": ("2026-03-01", "2026-03-02")}),
    (None, "2026-03-04", 3, {"/rules/0/expiry/date": ("2026-03-04", "2026-03-05")}),
    ("2026-03-04", "2026-03-05", 3, {}),
]


@pytest.mark.parametrize(("of_program", "of_rule", "pending_days", "told"), OVER)
def test_points_that_nobody_could_ever_spend_are_not_published(
    of_program: str | None,
    of_rule: str | None,
    pending_days: int | None,
    told: dict[str, tuple[str, str]],
) -> None:
    rule = {"expiry": _on(of_rule), "pending_days": pending_days}
    club = program(_on(of_program), rule, zone="Europe/Berlin")

    faults = {}
    try:
        following_version(ProgramPublication(program=club), None, MOMENT)
    except InvalidDefinitionError as refusal:
        faults = {fault.pointer: fault.message for fault in refusal.faults}

    assert faults == {
        f"/program{where}": f"the points expire on {last}, and {first} is the first day on which "
        "any can be spent: let them expire later"
        for where, (last, first) in told.items()
    }


def test_a_date_may_pass_while_a_version_is_in_force() -> None:
    club = program(_on("2026-02-28"))
    latest = ProgramVersion(3, MOMENT - timedelta(days=300), club)

    assert following_version(ProgramPublication(program=club), latest, MOMENT) is latest


def test_a_version_that_is_scheduled_is_held_against_its_first_day() -> None:
    latest = ProgramVersion(1, MOMENT - timedelta(days=300), program())
    publication = ProgramPublication(
        program=program(_on("2026-04-01")), effective_at=MOMENT + timedelta(days=40)
    )

    with pytest.raises(InvalidDefinitionError) as refused:
        following_version(publication, latest, MOMENT)
    assert [fault.pointer for fault in refused.value.faults] == ["/program/points/expiry/date"]


def _on(day: str | None) -> dict[str, str] | None:
    return {"kind": "on_date", "date": day} if day else None
