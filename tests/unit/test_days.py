"""Days begin once, wherever the clock is put forward or back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.program.days import day_of, start_of

DAY = timedelta(days=1)
BEGINNINGS = [
    ("UTC", "2026-03-01", "2026-03-01T00:00:00"),
    # In summer and in winter; the clock changes at two or three at night.
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00"),
    ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00"),
    ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00"),
    # Put forward at midnight: the day begins at one.
    ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00"),
    ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00"),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00"),
    # Put back at midnight: the hour before comes twice, midnight once.
    ("Africa/Cairo", "2026-10-30", "2026-10-29T22:00:00"),
    ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00"),
    # Put back from one to midnight, which comes twice; and from a minute past it to 23:01.
    ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00"),
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00"),
    # Put forward from half past eleven to half past midnight.
    ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00"),
    # There was no 30 December 2011, so it begins with the 31st; and none of 21 August 1993.
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00"),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00"),
    ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00:00"),
]
ZONES = st.sampled_from(
    [
        *sorted({zone for zone, _, _ in BEGINNINGS}),
        *("America/Juneau", "America/Scoresbysund", "Asia/Gaza", "Asia/Manila"),
        "Australia/Lord_Howe",
    ]
).map(ZoneInfo)


@pytest.mark.parametrize(("zone", "day", "begins"), BEGINNINGS)
def test_when_a_day_begins(zone: str, day: str, begins: str) -> None:
    begun = start_of(date.fromisoformat(day), ZoneInfo(zone))

    assert begun == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@given(zone=ZONES, day=st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_the_calendar_shows_the_day_from_its_beginning_on(zone: ZoneInfo, day: date) -> None:
    begins = start_of(day, zone)

    assert begins.utcoffset() == timedelta(0)
    assert begins.astimezone(zone).date() >= day
    for earlier in (timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=1)):
        assert (begins - earlier).astimezone(zone).date() < day


@given(
    zone=ZONES,
    day=st.dates(date(1860, 1, 1), date(2100, 1, 1)),
    late=st.timedeltas(-2 * DAY, 2 * DAY),
)
def test_it_is_a_day_or_later_exactly_from_its_beginning_on(
    zone: ZoneInfo, day: date, late: timedelta
) -> None:
    moment = start_of(day, zone) + late

    for each in (day - DAY, day, day + DAY):
        assert (day_of(moment, zone) >= each) is (moment >= start_of(each, zone))


@given(zone=ZONES, year=st.integers(1900, 2099))
def test_around_every_change_of_a_year_days_follow_each_other(zone: ZoneInfo, year: int) -> None:
    for number in range(366):
        day = date(year, 1, 1) + number * DAY
        assert start_of(day, zone) <= start_of(day + DAY, zone)
        if start_of(day, zone) < start_of(day + DAY, zone):
            assert day_of(start_of(day, zone), zone) == day


def test_a_day_that_has_begun_does_not_end_when_the_clock_is_put_back_over_midnight() -> None:
    zone = ZoneInfo("America/St_Johns")
    put_back = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)

    assert put_back.astimezone(zone).date() == date(2010, 11, 6)
    assert day_of(put_back, zone) == date(2010, 11, 7)
