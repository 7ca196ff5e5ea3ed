"""Conditions: what must hold for a rule, a bonus, a quest or a segment. All that is said must hold.

The order of the fields is the order in which they are looked at; the first that does not hold is
the one that an explanation names.
"""

import re
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from accrue.domain.json_values import WrongValueError
from accrue.domain.number_text import number_from_text
from accrue.domain.program.parts import (
    MAX_CHOICES,
    Amount,
    CatalogId,
    Document,
    PartnerId,
    ValueText,
)
from accrue.domain.program.period import Period


def _without_repetitions[T](values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


type Choices[T] = Annotated[
    tuple[T, ...], Field(max_length=MAX_CHOICES), AfterValidator(_without_repetitions)
]


class Range(Document):
    """Numbers from one to another; either end may be left open."""

    at_least: Amount | None = None
    more_than: Amount | None = None
    at_most: Amount | None = None
    less_than: Amount | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(
            end is None for end in (self.at_least, self.more_than, self.at_most, self.less_than)
        ):
            raise ValueError("says nothing: add at_least, more_than, at_most or less_than")
        return self

    def contains(self, number: Decimal) -> bool:
        """Whether the number is within the range."""
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.more_than is None or number > self.more_than)
            and (self.at_most is None or number <= self.at_most)
            and (self.less_than is None or number < self.less_than)
        )


class ItemSelector(Document):
    """Line items by their id or their group; either is enough."""

    item_ids: Choices[PartnerId] = ()
    group_ids: Choices[PartnerId] = ()

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not self.item_ids and not self.group_ids:
            raise ValueError("selects nothing: add item_ids or group_ids")
        return self


class LineItemsCondition(ItemSelector):
    """`any`: the activity has one of the items at least; `all`: it has each id and each group."""

    match: Literal["any", "all"] = "any"


class ValueCondition(Document):
    """What one value must be. Values are compared as text, so 5 equals "5"; in a range as numbers.

    An absent value is none of anything, and otherwise fulfils no condition but `is_present: false`.
    """

    equals: ValueText | None = None
    one_of: Choices[ValueText] = ()
    none_of: Choices[ValueText] = ()
    in_range: Range | None = None
    is_present: bool | None = None

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        said = (
            self.equals is not None,
            bool(self.one_of),
            bool(self.none_of),
            self.in_range is not None,
            self.is_present is not None,
        )
        if sum(said) != 1:
            raise ValueError("say exactly one of equals, one_of, none_of, in_range and is_present")
        return self

    def holds_for(self, text: str | None) -> bool:
        """Whether a value, as `value_text` has it, is what this says; None is an absent one."""
        if self.is_present is not None:
            return self.is_present is (text is not None)
        if self.none_of:
            return text not in self.none_of
        if text is None:
            return False
        if self.in_range is not None:
            return _is_in_range(text, self.in_range)
        return text == self.equals or text in self.one_of


def _is_in_range(text: str, wanted: Range) -> bool:
    try:
        return wanted.contains(number_from_text(text))
    except WrongValueError:
        return False


class MetadataCondition(ValueCondition):
    """On a metadata field that the network keeps (`network.metadata_fields`)."""

    field: CatalogId


class TraitCondition(ValueCondition):
    """On a trait of the participant."""

    trait: CatalogId


class SegmentsCondition(Document):
    """The membership is in one segment of `any_of` at least, and in none of `none_of`."""

    any_of: Choices[CatalogId] = ()
    none_of: Choices[CatalogId] = ()

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not self.any_of and not self.none_of:
            raise ValueError("names no segment: add any_of or none_of")
        return self


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*")


def _moment(value: object) -> object:
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


FIRST_YEAR, LAST_YEAR = 1970, 9000
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_near)]


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


class Conditions(Document):
    """What must hold for a bonus, a quest or a requirement."""

    window: Window | None = None
    weekdays: Choices[Weekday] = ()
    hours: Hours | None = None
    amount: Range | None = None
    line_items: LineItemsCondition | None = None
    metadata: tuple[MetadataCondition, ...] = Field(default=(), max_length=20)
    traits: tuple[TraitCondition, ...] = Field(default=(), max_length=20)
    tiers: Choices[CatalogId] = ()
    benefits: Choices[CatalogId] = ()
    segments: SegmentsCondition | None = None


class Nth(Document):
    """Which occurrences count, of those activities for which all the rule's other conditions hold.

    Occurrences are counted for each membership, by period, in the order in which activities are
    posted.
    """

    exactly: tuple[Annotated[int, Field(ge=1, le=10**6)], ...] = Field(default=(), max_length=20)
    first: int | None = Field(default=None, ge=1, le=10**6)
    every: int | None = Field(default=None, ge=2, le=10**6)
    per: Period = Period.LIFETIME

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        if [bool(self.exactly), self.first is not None, self.every is not None].count(True) != 1:
            raise ValueError("say exactly one of exactly, first and every")
        return self

    def includes(self, number: int) -> bool:
        """Whether this occurrence, counted from 1, is one that counts."""
        if self.first is not None:
            return number <= self.first
        if self.every is not None:
            return number % self.every == 0
        return number in self.exactly


class RuleConditions(Conditions):
    """What must hold for a rule."""

    nth: Nth | None = None
