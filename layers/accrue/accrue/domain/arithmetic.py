"""Exact arithmetic with amounts and points; an inexact result is a bug and raises."""

from collections.abc import Iterable
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import reduce
from typing import TYPE_CHECKING

from accrue.domain.amounts import canonical_text
from accrue.domain.rounding import Rounding

if TYPE_CHECKING:
    from accrue.domain.program.points_unit import PointsUnit

# 26 digits of amount (domain.amounts) times 12 of rate (domain.program), with room to add.
EXACT = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
ROUNDED = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow])

# Six decimals below, this leaves a stored balance at 31 of DynamoDB's 38 digits.
BALANCE_LIMIT = Decimal(10) ** 24

_ZERO = Decimal(0)


class BeyondLimitError(Exception):
    """A number would pass what can be kept exactly; the message says which."""


def total(numbers: Iterable[Decimal]) -> Decimal:
    """The exact sum; raises decimal.Inexact rather than lose a digit."""
    return reduce(EXACT.add, numbers, _ZERO)


def within_limit(number: Decimal, what: str) -> Decimal:
    """The number; raises BeyondLimitError if it is beyond `BALANCE_LIMIT`."""
    if abs(number) > BALANCE_LIMIT:
        raise BeyondLimitError(f"{what} would pass {BALANCE_LIMIT:.0e}")
    return number


def rounded(points: Decimal, unit: "PointsUnit") -> Decimal:
    """The points, rounded once to the unit's scale."""
    return _to_scale(points, unit, unit.rounding)


def rounded_down(points: Decimal, unit: "PointsUnit") -> Decimal:
    """The points, cut to the unit's scale: towards zero."""
    return _to_scale(points, unit, Rounding.DOWN)


def _to_scale(points: Decimal, unit: "PointsUnit", rounding: Rounding) -> Decimal:
    return points.quantize(Decimal(1).scaleb(-unit.scale), rounding=rounding.mode, context=ROUNDED)


def rounding_note(exact: Decimal, points: Decimal, unit: "PointsUnit") -> str:
    """What an explanation says behind the arithmetic; nothing if nothing was rounded."""
    if points == exact:
        return ""
    return f" = {canonical_text(exact)}, rounded {unit.rounding.value}"
