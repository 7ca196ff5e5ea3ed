"""What a point is."""

from pydantic import Field

from accrue.domain.program.expiry import Expiry, Never
from accrue.domain.program.parts import Document, Truth
from accrue.domain.rounding import Rounding


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
