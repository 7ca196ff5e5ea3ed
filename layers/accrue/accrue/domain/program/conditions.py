"""Conditions: what must hold for a rule, a bonus, a quest or a segment. All that is said must hold.

The order of the fields is the order in which they are looked at; the first that does not hold is
the one that an explanation names.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from accrue.domain.json_values import WrongValueError
from accrue.domain.number_text import number_from_text
from accrue.domain.program.parts import (
    MAX_CHOICES,
    Amount,
    CatalogId,
    Document,
    PartnerId,
    Truth,
    ValueText,
)
from accrue.domain.program.period import Period
from accrue.domain.program.times import Hours, Weekday, Window


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
    is_present: Truth | None = None

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
