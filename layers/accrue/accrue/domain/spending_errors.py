"""Why an order about a membership's points is not carried out. Nothing is recorded.

RefusalError
|-- InsufficientPointsError     fewer points can be spent, or deducted
|-- TooManyHoldsError           as many holds are open as may be
|-- HoldClosedError             the hold was captured, was released, or has lapsed
|-- UserInactiveError           the user is suspended or forgotten
|-- PointsScaleError            the program's points have fewer decimals
|-- PointsLimitError            the balance would pass what can be kept exactly
`-- HoldNotFoundError           the membership has no such hold
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import total
from accrue.domain.errors import Fault, NotFoundError, RefusalError
from accrue.domain.user_standing import UserStanding

if TYPE_CHECKING:
    # Only to speak of: every endpoint knows these errors.
    from accrue.domain.purse import Purse

_POINTS = "/points"


class InsufficientPointsError(RefusalError):
    """The order takes more than there is for it. `available` is the most that it could take."""

    def __init__(self, available: Decimal, what_there_is: str, remedy: str) -> None:
        self.available = available
        super().__init__(
            f"There are not enough points: {what_there_is}.",
            [Fault(_POINTS, f"is more than the {canonical_text(available)} available: {remedy}")],
        )

    @classmethod
    def to_spend(cls, purse: "Purse") -> "InsufficientPointsError":
        """Only what is neither pending nor held can be spent, and nothing while some is owed."""
        available = max(purse.available, Decimal(0))
        also = _listed({"pending": purse.pending, "held": purse.held})
        said = f"{canonical_text(available)} can be spent{also}{_owed(purse)}"
        return cls(available, said, "send at most that")

    @classmethod
    def to_deduct(cls, purse: "Purse") -> "InsufficientPointsError":
        """What is pending can be deducted too, but nothing that is held."""
        available = total(purse.lots.values())
        included = ", pending ones included" if purse.pending else ""
        held = _listed({"held": purse.held})
        said = f"{canonical_text(available)} can be deducted{included}{held}{_owed(purse)}"
        return cls(available, said, "deduct at most that")


def _owed(purse: "Purse") -> str:
    owed = total((purse.owed, purse.debt))
    return f"; {canonical_text(owed)} are owed" if owed else ""


def _listed(others: Mapping[str, Decimal]) -> str:
    said = [
        f"{canonical_text(points)} more are {state}" for state, points in others.items() if points
    ]
    return f" ({' and '.join(said)})" if said else ""


class TooManyHoldsError(RefusalError):
    """As many holds are open as a membership may have: what they hold is kept with its balance."""

    def __init__(self, open_holds: int) -> None:
        super().__init__(
            f"The membership has {open_holds} open holds, and no more are possible.",
            [Fault("path:program_membership_id", "capture or release one of its holds first")],
        )


class HoldClosedError(RefusalError):
    """The hold was captured, was released, or has lapsed: nothing is held by it any more."""

    def __init__(self) -> None:
        super().__init__(
            "The hold is not open any more.",
            [
                Fault(
                    "path:hold_id",
                    "was captured or released, or has lapsed: what is free again can be redeemed",
                )
            ],
        )


class UserInactiveError(RefusalError):
    """The user is suspended or forgotten, and may not spend."""

    def __init__(self, standing: UserStanding) -> None:
        why = standing.why_nothing
        remedy = {
            UserStanding.SUSPENDED: "reinstate the user first",
            UserStanding.FORGOTTEN: "an administrator can adjust the points",
        }
        super().__init__(
            f"Nothing can be spent: {why}.",
            [Fault("path:program_membership_id", f"{why}: {remedy[standing]}")],
        )


class PointsScaleError(RefusalError):
    """The program's points have fewer decimals."""

    def __init__(self, scale: int) -> None:
        super().__init__(
            "The program has no such fractions of points.",
            [Fault(_POINTS, f"has too many decimals: points have {scale} here")],
        )


class PointsLimitError(RefusalError):
    """The balance would pass what can be kept exactly."""

    def __init__(self, pointer: str = _POINTS) -> None:
        super().__init__(
            "The balance would be too large.", [Fault(pointer, "is too much: send less")]
        )


class HoldNotFoundError(NotFoundError):
    """The membership has no such hold."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such hold of this membership.",
            [Fault("path:hold_id", "is unknown here: check the id in the URL")],
        )
