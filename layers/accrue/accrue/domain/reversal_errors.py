"""Why an activity is not reversed. Nothing is recorded.

RefusalError
|-- NotReversibleError          it is of a kind that is not reversed, or nothing ever came of it
|-- AlreadyReversedError        there is nothing left of it, or of the line items
|-- ReversalTooLargeError       there is less left of it
`-- TooManyReversalsError       it was reversed in as many parts as may be
"""

from decimal import Decimal

from accrue.domain.activity import Activity, Kind, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.errors import Fault, RefusalError

_PATH = "path:activity_id"
_REMEDY_BY_KIND = {
    Kind.DUPLICATE: "was not processed: reverse the activity that it is a duplicate of",
    Kind.HOLD: "is a hold: release it, or if it is captured, reverse the capture",
    Kind.RELEASE: "released a hold: there is nothing to take back",
    Kind.DUE: "is what came with a day: an administrator can adjust the points",
    Kind.REVERSAL: "is itself a reversal: send the activity again, under a new key",
}
_OF_A_REPAIR = "repaired what an audit had found: an administrator can adjust the points"
_REMEDY_BY_OUTCOME = {
    Outcome.UNDEFINED_TYPE: (
        "is of an undefined type and only logged: there is nothing to take back"
    ),
    Outcome.HELD: "is held without points: there is nothing to take back",
    Outcome.NOBODY_ENROLLED: "concerns nobody who is enrolled: there is nothing to take back",
}


class NotReversibleError(RefusalError):
    """The row is of a kind that is not reversed, or nothing ever came of it."""

    def __init__(self, remedy: str) -> None:
        super().__init__("This can't be reversed.", [Fault(_PATH, remedy)])

    @classmethod
    def about(cls, row: Activity) -> "NotReversibleError | None":
        """Why the row can't be reversed, whoever asks; None if it can."""
        remedy = _OF_A_REPAIR if row.is_repair else _REMEDY_BY_KIND.get(row.kind)
        if remedy is None and row.settled_outcome is not None:
            remedy = _REMEDY_BY_OUTCOME[row.settled_outcome]
        return None if remedy is None else cls(remedy)

    @classmethod
    def before_its_replay(cls, replay_id: str) -> "NotReversibleError":
        """What came to nothing counts by its replay, which stands."""
        return cls(f"counts by its replay: reverse the replay {replay_id} first")


class AlreadyReversedError(RefusalError):
    """There is nothing left of the activity, or of the line item at `pointer`."""

    def __init__(self, pointer: str = _PATH) -> None:
        super().__init__(
            "This is reversed already.",
            [Fault(pointer, "is reversed already: GET the activity shows by which reversal")],
        )


class ReversalTooLargeError(RefusalError):
    """There is less left of the activity than the amount, or the line item at `pointer`."""

    def __init__(self, left: Decimal, pointer: str = "/amount") -> None:
        super().__init__(
            "Less than that is left of the activity.",
            [
                Fault(
                    pointer,
                    f"is more than the {canonical_text(left)} that are left: send an amount of at"
                    " most that, or reverse all that is left by sending neither amount nor items",
                )
            ],
        )


class TooManyReversalsError(RefusalError):
    """The activity was reversed in as many parts as may be; the rest can be reversed at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The activity was reversed in {limit} parts.",
            [Fault(_PATH, "has too many reversals: reverse all that is left of it at once")],
        )
