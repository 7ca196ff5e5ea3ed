"""Until when points are good, counted from the day on which they were earned."""

import datetime as dt
import re
from calendar import monthrange
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from accrue.domain.program.parts import Document

FIRST_YEAR, LAST_YEAR = 2000, 2999
# State has a bucket for each of these days.
MAX_DAYS = 1100
MAX_MONTHS = 36
# A bucket for each month and for each year.
MAX_MONTHS_AFTER = 120
MAX_YEARS_AFTER = 10

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS_A_YEAR = 12


def _day(value: object) -> object:
    # Pydantic takes numbers for seconds or days since 1970, and midnight for its day.
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError('must be a day, such as "2026-12-31"')
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("names a day that does not exist: mend it") from None


def _near(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f'is not between {FIRST_YEAR} and {LAST_YEAR}: for ever is kind "never"')
    return day


Day = Annotated[dt.date, BeforeValidator(_day), AfterValidator(_near)]


class Never(Document):
    """Points are good for ever."""

    kind: Literal["never"] = "never"

    def last_day(self, earned_on: dt.date) -> dt.date | None:  # noqa: ARG002 - as the others have it
        """None: there is no last day."""
        return None


class OnDate(Document):
    """Points are good through this date, whenever they were earned."""

    kind: Literal["on_date"] = "on_date"
    date: Day

    def last_day(self, earned_on: dt.date) -> dt.date:  # noqa: ARG002 - as the others have it
        """The date; for what was earned later it is over already."""
        return self.date


class AfterDays(Document):
    """Points are good through the day that is so many days after they were earned."""

    kind: Literal["after_days"] = "after_days"
    days: int = Field(ge=1, le=MAX_DAYS)

    def last_day(self, earned_on: dt.date) -> dt.date:
        """Earned on 1 March with 30 days: 31 March. Each day counts, a leap day too."""
        return earned_on + dt.timedelta(days=self.days)


class AfterMonths(Document):
    """Points are good through the same day of the month, so many months after they were earned.

    In a month that has no such day, through its last one.
    """

    kind: Literal["after_months"] = "after_months"
    months: int = Field(ge=1, le=MAX_MONTHS)

    def last_day(self, earned_on: dt.date) -> dt.date:
        """Earned on 31 January with 1 month: 28 February, or 29 in a leap year; earned on 29
        February with 12 months: 28 February. Earned on 28 February, it is the 28th of any month.
        """
        end = _month_end(earned_on, self.months)
        return end.replace(day=min(earned_on.day, end.day))


class EndOfMonth(Document):
    """Points are good through the end of a month, so many months after that of earning."""

    kind: Literal["end_of_month"] = "end_of_month"
    months_after: int = Field(ge=0, le=MAX_MONTHS_AFTER)

    def last_day(self, earned_on: dt.date) -> dt.date:
        """With 0, the last day of the month of earning: of 31 March 31 March itself."""
        return _month_end(earned_on, self.months_after)


class EndOfYear(Document):
    """Points are good through 31 December, so many years after that of earning."""

    kind: Literal["end_of_year"] = "end_of_year"
    years_after: int = Field(ge=0, le=MAX_YEARS_AFTER)

    def last_day(self, earned_on: dt.date) -> dt.date:
        """With 0, 31 December of the year of earning: of 31 December that day itself."""
        return dt.date(earned_on.year + self.years_after, _MONTHS_A_YEAR, 31)


Expiry = Annotated[
    Never | OnDate | AfterDays | AfterMonths | EndOfMonth | EndOfYear, Field(discriminator="kind")
]


@lru_cache(maxsize=256)
def days_good(expiry: Never | OnDate | AfterDays | AfterMonths | EndOfMonth | EndOfYear) -> range:
    """The least and the greatest number of days from earning to the last day, and all between.

    None of them, if it does not depend on when points are earned.
    """
    if isinstance(expiry, Never | OnDate):
        return range(0)
    # From these on: leap years and others, and every month.
    days = (dt.date(2001, 1, 1) + dt.timedelta(days=number) for number in range(8 * 366))
    numbers = [(expiry.last_day(day) - day).days for day in days]
    return range(min(numbers), max(numbers) + 1)


def _month_end(day: dt.date, months_after: int) -> dt.date:
    """The last day of the month that is so many after that of `day`."""
    years, month = divmod(day.month - 1 + months_after, _MONTHS_A_YEAR)
    year, month = day.year + years, month + 1
    return dt.date(year, month, monthrange(year, month)[1])
