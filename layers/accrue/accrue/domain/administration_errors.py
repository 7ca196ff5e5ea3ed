"""Why an administrator's request is refused, one class per reason.

RefusalError                              see `domain.errors`
|-- WrongKeyError                         the key may not do this, in no network
|   |-- AdminKeyRequiredError
|   `-- OperatorKeyRequiredError
|-- NotFoundError
|   |-- ActivityTypeNotFoundError
|   |-- ProgramNotFoundError
|   |-- ProgramVersionNotFoundError
|   |-- UserNotFoundError
|   |-- ApiKeyNotFoundError
|   |-- WebhookNotFoundError
|   `-- DeliveryNotFoundError
|-- InvalidDefinitionError                a definition is wrong in itself
|-- ConflictError                         it contradicts what is there; names what
|   |-- EmailTakenError
|   |-- EmailFixedError
|   |-- UserForgottenError
|   |-- MembershipTakenError
|   |-- TooManyMembershipsError
|   |-- ApiKeyExistsError
|   |-- TooManyApiKeysError
|   |-- DefinitionsTooLargeError
|   |-- DefinitionInUseError
|   `-- those of `domain.sandbox_errors`
|-- PreconditionFailedError               it is not what the caller saw
`-- PreconditionRequiredError             the caller does not say what he saw

WriteRaceError
`-- CatalogMovedError                     somebody else changed it since it was read
"""

from collections.abc import Iterable

from accrue.domain.errors import Fault, NotFoundError, RefusalError, WriteRaceError


class WrongKeyError(RefusalError):
    """The key is genuine, and may not do this."""


class AdminKeyRequiredError(WrongKeyError):
    """Only an admin key of the network may do this; `header` is the one that has the key."""

    def __init__(self, header: str = "Authorization") -> None:
        super().__init__(
            "Only an admin key may do this.",
            [Fault(f"header:{header}", "is not an admin key: send one of this network's")],
        )


class OperatorKeyRequiredError(WrongKeyError):
    """Only the operator of the stack may do this."""

    def __init__(self) -> None:
        super().__init__(
            "Only the stack's operator key may do this.",
            [Fault("header:Authorization", "is not an operator key: ask who runs the stack")],
        )


class _NamedInPathError(NotFoundError):
    """The network has no such thing; the path says which."""

    noun = ""
    parameter = ""

    def __init__(self) -> None:
        super().__init__(
            f"There is no such {self.noun} in this network.",
            [Fault(f"path:{self.parameter}", "is unknown here: check the id in the URL")],
        )


class ActivityTypeNotFoundError(_NamedInPathError):
    """The network has no activity type of this id."""

    noun, parameter = "activity type", "activity_type_id"


class ProgramNotFoundError(_NamedInPathError):
    """The network has no program of this id."""

    noun, parameter = "program", "program_id"


class ProgramVersionNotFoundError(NotFoundError):
    """The program has no version of this number; `where` points at it."""

    def __init__(self, where: str = "path:version") -> None:
        super().__init__(
            "The program has no such version.",
            [Fault(where, "is no version of this program: list its versions")],
        )


class UserNotFoundError(_NamedInPathError):
    """The network has no user of this id."""

    noun, parameter = "user", "user_id"


class ApiKeyNotFoundError(_NamedInPathError):
    """The network has no API key of this id."""

    noun, parameter = "API key", "key_id"


class WebhookNotFoundError(_NamedInPathError):
    """The network has no webhook of this id."""

    noun, parameter = "webhook", "webhook_id"


class DeliveryNotFoundError(_NamedInPathError):
    """The webhook has no delivery of this event."""

    noun, parameter = "delivery", "event_id"


class InvalidDefinitionError(RefusalError):
    """What was sent to be defined is wrong in itself, or contradicts what it refers to."""

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "InvalidDefinitionError":
        """With every fault at once."""
        listed = tuple(faults)
        return cls(f"The definition has {len(listed)} fault(s); nothing was written.", listed)


class ConflictError(RefusalError):
    """What was asked for contradicts what is there."""


class EmailTakenError(ConflictError):
    """Another user of the network has this email."""


class EmailFixedError(ConflictError):
    """The user has another email, by which earlier requests are recognised."""


class UserForgottenError(ConflictError):
    """The user was forgotten, which can't be undone."""


class MembershipTakenError(ConflictError):
    """Another user or program has a membership of this id, or the user another membership."""


class TooManyMembershipsError(ConflictError):
    """The user would have more memberships than can be changed at once."""


class ApiKeyExistsError(ConflictError):
    """The network has, or had, a key of this id; its secret can't be shown again."""


class TooManyApiKeysError(ConflictError):
    """The network has as many live keys as one can have; `where` points at the one too many."""

    def __init__(self, where: str, most: int) -> None:
        remedy = f"is one more than the {most} live keys that a network can have: revoke one first"
        super().__init__("The network has too many keys.", [Fault(where, remedy)])


class DefinitionsTooLargeError(ConflictError):
    """The network defines more than one document can say."""

    def __init__(self, what: str) -> None:
        remedy = f"{what}: GET its activity types and programs one by one"
        super().__init__(
            "The network's definitions don't fit into one document.",
            [Fault("path:network_id", remedy)],
        )


class DefinitionInUseError(ConflictError):
    """Something else in the network needs what would go."""


class PreconditionFailedError(RefusalError):
    """What is there is not what the caller saw."""

    def __init__(self, header: str, remedy: str) -> None:
        super().__init__(
            "It is not as you last saw it; nothing was written.",
            [Fault(f"header:{header}", remedy)],
        )


class PreconditionRequiredError(RefusalError):
    """It exists and would be changed, and the caller does not say which state of it he saw."""

    def __init__(self) -> None:
        super().__init__(
            "It exists and differs from what you sent; nothing was written.",
            [
                Fault(
                    "header:If-Match",
                    "is missing: GET it, send its ETag here with your change, or * to overwrite"
                    " whatever is there",
                )
            ],
        )


class CatalogMovedError(WriteRaceError):
    """Something was changed since it was read. Nothing was written; read again and decide anew."""
