"""What a point is."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP
from enum import StrEnum

from pydantic import Field

from accrue.domain.program.expiry import Expiry, Never
from accrue.domain.program.parts import Document, Truth


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


class PointsUnit(Document):
    """What a point is: its name, how many decimals it has, and how awards are rounded to them.

    `expiry` is that of all points but those of rules with their own. Unless a balance
    `may_go_below_zero`, what would take more points than there are is refused.
    """

    unit: str = Field(min_length=1, max_length=32)
    scale: int = Field(default=0, ge=0, le=6)
    rounding: Rounding = Rounding.HALF_UP
    expiry: Expiry = Never()
    may_go_below_zero: Truth = False
