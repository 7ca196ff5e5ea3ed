"""Why a request is refused, one class per reason.

    AccrueError                               everything Accrue raises on purpose
    |-- RefusalError                          the caller can mend it; has an HTTP answer
    |   |-- InvalidRequestError               wrong in itself; `faults` point at the fields
    |   |   `-- MalformedJsonError            the body is not the JSON that we accept
    |   |-- RequestTooLargeError              the body is longer than the limit
    |   |-- NotFoundError                     no such thing, or another network's
    |   |   |-- NetworkNotFoundError
    |   |   |-- MembershipNotFoundError
    |   |   `-- ActivityNotFoundError
    |   |-- CatalogRefusalError               well formed; the catalog does not allow it
    |   |   |-- UnknownActivityTypeError
    |   |   |-- NegativeValueError
    |   |   |-- UnknownUserError
    |   |   |-- UnknownProgramError
    |   |   |-- UnknownRoleError
    |   |   `-- UnusableMetadataError
    |   |-- IdempotencyKeyReusedError         the key stands for another payload
    |   `-- InvalidNetworkDocumentError       a network document contradicts itself
    |-- WriteRaceError                        another write came first; nothing was written
    |   |-- AlreadyPostedError                some of the postings exist
    |   `-- BalanceMovedError                 the balance moved on since it was read
    |-- NoVersionInForceError                 a program without a version that could decide
    |-- UnreadableRowError                    a stored row that this release cannot read; needs an
    |                                         engineer
    `-- UnreadableSealError                   a seal that nobody can go on from; needs an engineer

What is not in this tree is a bug or an outage: it is logged once with its ids and answered with
500.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request.

    `pointer` is a JSON pointer (RFC 6901) into the body, or names a header or path parameter as
    `header:Idempotency-Key` or `path:program_membership_id`. `message` says what to do about it.
    """

    pointer: str
    message: str


class AccrueError(Exception):
    """Everything that Accrue raises on purpose."""


class RefusalError(AccrueError):
    """The caller asked for something that will not be done; nothing was written."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)


class InvalidRequestError(RefusalError):
    """The request has missing, wrong or contradicting fields."""

    @classmethod
    def of(cls, *faults: Fault) -> "InvalidRequestError":
        """Sum the faults up in one sentence; every fault is reported, not only the first."""
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return cls(f"{first.pointer or 'body'}: {first.message}{more}", faults)


class MalformedJsonError(InvalidRequestError):
    """The body is not the JSON that we accept."""


class RequestTooLargeError(RefusalError):
    """The body is longer than the limit."""


class NotFoundError(RefusalError):
    """No such thing in the caller's network; for the caller there is no other."""


class NetworkNotFoundError(NotFoundError):
    """No such network, or the key belongs to another one."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such network for this key.",
            [Fault("path:network_id", "is not the key's network: check the id in the URL")],
        )


class MembershipNotFoundError(NotFoundError):
    """The network has no such membership."""

    def __init__(self, fault: Fault | None = None) -> None:
        in_url = Fault("path:program_membership_id", "is unknown here: check the id in the URL")
        super().__init__("There is no such membership in this network.", [fault or in_url])


class ActivityNotFoundError(NotFoundError):
    """The network has no such activity."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such activity in this network.",
            [Fault("path:activity_id", "is unknown here: check the id in the URL")],
        )


class CatalogRefusalError(RefusalError):
    """The network's catalog, as it is now, does not allow the activity.

    Raised only before an activity is recorded. A retry of a recorded one is answered from its row,
    whatever the catalog says by then.
    """

    @classmethod
    def together(cls, refusals: "Sequence[CatalogRefusalError]") -> "CatalogRefusalError":
        """The first one, with the faults of all: what it takes to mend the request at once."""
        first = refusals[0]
        return type(first)(first.message, [f for refusal in refusals for f in refusal.faults])


class UnknownActivityTypeError(CatalogRefusalError):
    """The network has not defined this activity type."""


class NegativeValueError(CatalogRefusalError):
    """The activity type does not allow negative values."""


class UnknownUserError(CatalogRefusalError):
    """The network has no user with this email or id."""


class UnknownProgramError(CatalogRefusalError):
    """The network has no program of this id."""


class UnknownRoleError(CatalogRefusalError):
    """The activity type does not have this role."""


class UnusableMetadataError(CatalogRefusalError):
    """The network keeps metadata that was sent in a form that cannot be kept."""


class IdempotencyKeyReusedError(RefusalError):
    """The idempotency key was used before, for another payload."""

    def __init__(self, pointer: str) -> None:
        remedy = "send the first payload again to retry it, or a new key for something new"
        super().__init__(
            "The idempotency key was used before, for another payload.",
            [Fault(pointer, f"stands for another payload: {remedy}")],
        )


class InvalidNetworkDocumentError(RefusalError):
    """The network document contradicts itself or what is already in the catalog."""


class WriteRaceError(AccrueError):
    """Somebody else's write came first. Nothing was written; decide again on what is there now."""


class AlreadyPostedError(WriteRaceError):
    """Some of the postings exist: those activities are applied, the others still have to be."""

    def __init__(self, activity_ids: frozenset[str]) -> None:
        super().__init__(f"already posted: {sorted(activity_ids)}")
        self.activity_ids = activity_ids


class BalanceMovedError(WriteRaceError):
    """The balance moved on since it was read."""


class NoVersionInForceError(AccrueError):
    """A program has no version that was in force when an activity was recorded."""


class UnreadableRowError(AccrueError):
    """A stored row has a shape that this release cannot read."""


class UnreadableSealError(AccrueError):
    """A seal that is not the one that was written, or that this release cannot read."""


# What reading a stored row raises that has another shape than any that was written.
WRONG_SHAPE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
