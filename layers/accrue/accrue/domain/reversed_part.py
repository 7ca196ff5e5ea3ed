"""How much of an activity was reversed, and what share of a point line that is.

Everything derives from what was reversed by now, not from how it came to that: so the reversals of
an activity never come to more than it did, in whatever order and in however small parts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from accrue.domain.amounts import MAX_DECIMAL_PLACES
from accrue.domain.arithmetic import EXACT, ROUNDED

_ALL = Fraction(1)
_QUANTUM = Decimal(1).scaleb(-MAX_DECIMAL_PLACES)


@dataclass(frozen=True, slots=True)
class ReversedPart:
    """What was reversed: so much of the amount (its absolute value), and these line items, by
    position from 0; or all.
    """

    amount: Decimal = Decimal(0)
    items: frozenset[int] = frozenset()
    is_whole: bool = False

    def to_attributes(self) -> dict[str, Any]:
        """The part as plain attributes; what is empty is left out."""
        said = {
            "amount": self.amount or None,
            "items": sorted(self.items) or None,
            "is_whole": self.is_whole or None,
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "ReversedPart":
        """Read a part back."""
        return cls(
            amount=attributes.get("amount", Decimal(0)),
            items=frozenset(map(int, attributes.get("items", ()))),
            is_whole=attributes.get("is_whole", False),
        )


NOTHING_REVERSED = ReversedPart()


@dataclass(frozen=True, slots=True)
class Worth:
    """An activity's amount and the values of its line items, all as absolute values."""

    amount: Decimal
    values: tuple[Decimal | None, ...] = ()

    @classmethod
    def of(cls, amount: Decimal, values: Iterable[Decimal | None]) -> "Worth":
        """Whatever signs they have."""
        return cls(
            amount.copy_abs(), tuple(None if each is None else each.copy_abs() for each in values)
        )

    def share(
        self, part: ReversedPart, of: frozenset[int] | None = None, *, by_count: bool = False
    ) -> Fraction:
        """The share of what belongs to these line items (None: to the activity), from 0 to 1.

        Of the items it is by their values, or their number; what was reversed by amount alone is
        taken of all that is not reversed by items.
        """
        if part.is_whole:
            return _ALL
        by_items = self._items_share(part) if of is None else self._share_of(part, of, by_count)
        if not part.amount:
            return by_items
        return by_items + (_ALL - by_items) * Fraction(part.amount) / self._left_by_items(part)

    def left(self, part: ReversedPart) -> Decimal:
        """How much of the amount is not reversed yet, rounded down to what an amount can say."""
        if part.is_whole:
            return Decimal(0)
        left = self._left_by_items(part) - Fraction(part.amount)
        numerator, denominator = Decimal(left.numerator), Decimal(left.denominator)
        quotient = ROUNDED.divide(numerator, denominator)
        return quotient.quantize(_QUANTUM, rounding=ROUND_DOWN, context=ROUNDED).normalize()

    def is_all(self, part: ReversedPart) -> bool:
        """Whether nothing that can be named is left of it: no amount, or, where there never was
        one, no line item that has a value.
        """
        if part.is_whole or self.amount:
            return part.is_whole or not self.left(part)
        return all(n in part.items for n, value in enumerate(self.values) if value is not None)

    def _items_share(self, part: ReversedPart) -> Fraction:
        # Line items need not add up to the amount: what they are more than it is no reason to take
        # more than all.
        whole = max(Fraction(self.amount), self._value(range(len(self.values))))
        return self._value(part.items) / whole if whole else Fraction(0)

    def _left_by_items(self, part: ReversedPart) -> Fraction:
        return Fraction(self.amount) * (_ALL - self._items_share(part))

    def _share_of(self, part: ReversedPart, of: frozenset[int], by_count: bool) -> Fraction:  # noqa: FBT001
        if not by_count and any(self.values[position] is None for position in of):
            # Then it went by the activity's amount.
            return self._items_share(part)
        whole = self._value(of)
        if by_count or not whole:
            return Fraction(len(part.items & of), len(of)) if of else Fraction(0)
        return self._value(part.items & of) / whole

    def _value(self, positions: Iterable[int]) -> Fraction:
        return sum((Fraction(self.values[each] or 0) for each in positions), Fraction(0))


def points_of_share(points: Decimal, share: Fraction, scale: int) -> Decimal:
    """How many of a line's points the share is, rounded up: of what was awarded nothing is left
    over for being taken back in small parts, and of what was taken no more is given back.
    """
    if share == _ALL:
        return points
    exact = Fraction(points) * share * 10**scale
    units = -(-exact.numerator // exact.denominator)
    return Decimal(units).scaleb(-scale, context=EXACT)
