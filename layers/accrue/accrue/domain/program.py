"""A program: a loyalty program of a network, as a document with immutable versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from accrue.domain.amounts import parse_amount
from accrue.domain.errors import NoVersionInForceError
from accrue.domain.field_parsers import stored_identifier

MEMBER_ROLE = "member"
MAX_RATE = Decimal(10) ** 6
MAX_RATE_DECIMALS = 6

MAX_ID_CHARS = 64

CatalogId = Annotated[
    str, Field(max_length=MAX_ID_CHARS, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]*$")
]
# Partners choose these and they are compared byte for byte; spaces inside are theirs to use.
ActivityTypeId = Annotated[str, AfterValidator(stored_identifier(128))]
Role = Annotated[str, AfterValidator(stored_identifier(64))]


def _exact_rate(value: object) -> Decimal:
    if isinstance(value, float):
        # Of all errors, pydantic reports only a ValueError together with the others.
        raise ValueError(  # noqa: TRY004
            'write the rate as a string, such as "0.01": a JSON number is not exact'
        )
    rate = parse_amount(str(value) if isinstance(value, int) else value)
    if abs(rate) > MAX_RATE:
        raise ValueError(f"a rate is at most {MAX_RATE}")
    if -int(rate.normalize().as_tuple().exponent) > MAX_RATE_DECIMALS:
        raise ValueError(f"a rate has at most {MAX_RATE_DECIMALS} decimals")
    return rate


# Bounded so that amount x rate is exact in DynamoDB's 38 digits (see domain.amounts).
Rate = Annotated[Decimal, BeforeValidator(_exact_rate)]


class Rounding(StrEnum):
    """How an award is rounded to the points unit's scale."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"

    @property
    def mode(self) -> str:
        """The name that `decimal` has for it; up and down are away from and towards zero."""
        return {
            Rounding.HALF_UP: ROUND_HALF_UP,
            Rounding.HALF_EVEN: ROUND_HALF_EVEN,
            Rounding.DOWN: ROUND_DOWN,
            Rounding.UP: ROUND_UP,
        }[self]


class Document(BaseModel):
    """A part of a document that an admin writes: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PointsUnit(Document):
    """What a point is: its name, how many decimals it has, and how awards are rounded to them."""

    unit: str = Field(min_length=1, max_length=32)
    scale: int = Field(default=0, ge=0, le=6)
    rounding: Rounding = Rounding.HALF_UP


class AmountTimesRate(Document):
    """Awards the amount times the rate: rate 50 pays $50 a task, 0.01 is 1 % cash back."""

    kind: Literal["amount_times_rate"] = "amount_times_rate"
    rate: Rate


class Rule(Document):
    """On an activity of this type, awards points to the participant in this role."""

    rule_id: CatalogId
    activity_type_id: ActivityTypeId
    role: Role
    award: AmountTimesRate


class Program(Document):
    """A loyalty program: what its points are and which rules award them."""

    program_id: CatalogId
    name: str = Field(min_length=1, max_length=128)
    points: PointsUnit
    rules: tuple[Rule, ...] = Field(default=(), max_length=100)


@dataclass(frozen=True, slots=True)
class ProgramVersion:
    """An immutable version of a program, in force from `effective_at` until the next one is."""

    version: int
    effective_at: datetime
    program: Program


def version_in_force(versions: Sequence[ProgramVersion], moment: datetime) -> ProgramVersion:
    """The version that decides an activity recorded at `moment`; `versions` are oldest first.

    A redelivery asks with the same moment and so gets the same version. Raises
    NoVersionInForceError.
    """
    for version in reversed(versions):
        if version.effective_at <= moment:
            return version
    raise NoVersionInForceError(f"none of {len(versions)} versions is in force at {moment}")
