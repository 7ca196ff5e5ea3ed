"""When something occurred: windows, hours and days of the week."""

import re
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from accrue.domain.program.parts import Document

FIRST_YEAR, LAST_YEAR = 1970, 9000
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*")


def moment_with_offset(value: object) -> object:
    """What is text of a moment with its offset, or one already; ValueError for anything else."""
    # Pydantic takes a number, 20260301 too, for seconds since 1970.
    if not isinstance(value, datetime) and not (isinstance(value, str) and _MOMENT.match(value)):
        raise ValueError('must be a time with its offset, such as "2026-03-01T00:00:00+01:00"')
    return value


def _near(moment: datetime) -> datetime:
    # A time at the end of all times has no day in some other time zone.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(
            f"is not between {FIRST_YEAR} and {LAST_YEAR}: for ever is to leave the end out"
        )
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(moment_with_offset), AfterValidator(_near)]


class Window(Document):
    """From `starts_at` up to, not including, `ends_at`, by when the activity occurred."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.starts_at is None and self.ends_at is None:
            raise ValueError("says nothing: add starts_at or ends_at")
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError("is over before it starts: ends_at must be later than starts_at")
        return self

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is in the window."""
        return not (
            (self.starts_at is not None and moment < self.starts_at)
            or (self.ends_at is not None and moment >= self.ends_at)
        )


def _clock_time(value: object) -> object:
    if value is None:
        raise ValueError('is null: send a time of day, such as "08:30"')
    # Pydantic takes a number for seconds since midnight.
    if not isinstance(value, time) and not (isinstance(value, str) and len(value) == len("08:30")):
        raise ValueError('must be a time of day: write it as "08:30"')
    if value == "24:00":
        raise ValueError('is not a time of day: the end of a day is "00:00"')
    return value


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    PlainSerializer(lambda moment: moment.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}),
]


class Hours(Document):
    """From one time of day up to, not including, another, in the program's time zone.

    If it ends before it starts, it goes over midnight.
    """

    starts: ClockTime
    ends: ClockTime

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.starts == self.ends:
            raise ValueError("is empty: starts and ends must differ")
        return self

    def contains(self, moment: time) -> bool:
        """Whether the time of day is within the hours."""
        if self.starts < self.ends:
            return self.starts <= moment < self.ends
        return moment >= self.starts or moment < self.ends


class Weekday(StrEnum):
    """A day of the week, in the program's time zone; in the order of `date.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
