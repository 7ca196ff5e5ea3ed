"""Which activities fall into the same day, week or month: of limits and of occurrences."""

from typing import Any

import pytest

from accrue.domain.deciding.periods import period_key
from accrue.domain.program.period import Period
from tests.unit.activities import Json, Story, at, earn, written

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
AUCKLAND = "Pacific/Auckland"
UTC = "UTC"

COUNTED: dict[str, Any] = {
    "times": lambda per: earn(limits=[{"per": per, "times": 1}]),
    "points": lambda per: earn(limits=[{"per": per, "points": "10"}]),
    "nth": lambda per: earn(when={"nth": {"first": 1, "per": per}}),
}


@pytest.mark.parametrize(
    ("zone", "per", "first", "second", "is_same"),
    [
        (UTC, "day", "2026-03-02T00:00", "2026-03-02T23:59:59.999999", True),
        (UTC, "day", "2026-03-02T23:59:59.999999", "2026-03-03T00:00", False),
        (UTC, "day", "2026-03-02T12:00", "2026-04-02T12:00", False),
        (UTC, "day", "2026-03-02T12:00", "2027-03-02T12:00", False),
        # 23:30 in UTC is the next day in Berlin.
        (BERLIN, "day", "2026-03-02T12:00", "2026-03-02T23:30", False),
        (BERLIN, "day", "2026-03-02T23:30", "2026-03-03T12:00", True),
        (BERLIN, "day", "2026-07-01T21:59", "2026-07-01T22:00", False),
        (NEW_YORK, "day", "2026-03-02T12:00", "2026-03-03T04:59", True),
        (NEW_YORK, "day", "2026-03-03T04:59", "2026-03-03T05:00", False),
        (AUCKLAND, "day", "2026-03-02T10:59", "2026-03-02T11:00", False),
        # The day of 23 hours.
        (BERLIN, "day", "2026-03-28T22:59", "2026-03-28T23:00", False),
        (BERLIN, "day", "2026-03-28T23:00", "2026-03-29T21:59", True),
        (BERLIN, "day", "2026-03-29T21:59", "2026-03-29T22:00", False),
        # The day of 25 hours.
        (BERLIN, "day", "2026-10-24T21:59", "2026-10-24T22:00", False),
        (BERLIN, "day", "2026-10-24T22:00", "2026-10-25T22:59", True),
        (BERLIN, "day", "2026-10-25T22:59", "2026-10-25T23:00", False),
        # 2026-03-02 is a Monday.
        (UTC, "week", "2026-03-01T23:59:59", "2026-03-02T00:00", False),
        (UTC, "week", "2026-03-02T00:00", "2026-03-08T23:59:59", True),
        (UTC, "week", "2026-03-08T23:59:59", "2026-03-09T00:00", False),
        (BERLIN, "week", "2026-03-08T22:59", "2026-03-08T23:00", False),
        (BERLIN, "week", "2026-03-29T21:59", "2026-03-29T22:00", False),
        # A week over the end of a year, and the same week number of another year.
        (UTC, "week", "2026-12-31T12:00", "2027-01-01T12:00", True),
        (UTC, "week", "2027-01-03T12:00", "2027-01-04T12:00", False),
        (UTC, "week", "2029-12-31T12:00", "2030-01-01T12:00", True),
        (UTC, "week", "2026-01-05T12:00", "2027-01-11T12:00", False),
        (UTC, "week", "2029-01-01T12:00", "2029-12-31T12:00", False),
        (UTC, "month", "2026-02-01T00:00", "2026-02-28T23:59:59", True),
        (UTC, "month", "2026-02-28T23:59:59", "2026-03-01T00:00", False),
        (UTC, "month", "2026-12-31T12:00", "2027-01-01T12:00", False),
        (UTC, "month", "2026-03-02T12:00", "2027-03-02T12:00", False),
        (BERLIN, "month", "2026-03-31T21:59", "2026-03-31T22:00", False),
        (BERLIN, "month", "2026-10-31T22:59", "2026-10-31T23:00", False),
        (UTC, "lifetime", "2026-03-02T12:00", "2036-03-02T12:00", True),
    ],
)
@pytest.mark.parametrize("counted", COUNTED)
def test_the_same_period(
    counted: str, zone: str, per: str, first: str, second: str, *, is_same: bool
) -> None:
    rule: Json = COUNTED[counted](per)
    for one, other in ((first, second), (second, first)):
        story = Story(written(time_zone=zone, rules=[rule]))
        assert story.report("10", one).points == 10
        assert bool(story.report("10", other).lines) is not is_same


def test_later_weeks_sort_later() -> None:
    weeks = [period_key(Period.WEEK, at(day)) for day in ("2026-02-25", "2026-03-04")]

    assert weeks == ["2026-W09", "2026-W10"]


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("2 2 2 3 3", ["1", "2", "3", "1", "2"]),
        ("2 3 2 3", ["1", "1", "2", "2"]),
        ("2 4 3 4 3", ["1", "1", "1", "2", "2"]),
        # Older than the two days that are known: counted with the older of them.
        ("3 4 2 3", ["1", "1", "2 2026-03-03", "3"]),
    ],
)
def test_occurrences_of_late_activities(days: str, numbers: list[str]) -> None:
    never = {"exactly": [1000], "per": "day"}
    story = Story(written(rules=[earn(when={"nth": never})]))

    decided = [story.report("10", f"2026-03-0{day}T12:00") for day in days.split()]

    assert [each.considered[0].seen for each in decided] == numbers
