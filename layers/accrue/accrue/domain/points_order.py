"""What is sent to spend, hold or adjust a membership's points."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from accrue.domain.amounts import parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import free_text, identifier
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError
from accrue.domain.membership_activity_request import MAX_IDEMPOTENCY_KEY_CHARS, same_as
from accrue.domain.number_text import parse_number

MAX_DESCRIPTION_CHARS = 255
SHORTEST_HOLD_SECONDS = 60
LONGEST_HOLD_SECONDS = 30 * 24 * 60 * 60

_POINTS = 'a number of points such as "100"'
RELEASE_FIELDS = frozenset({"idempotency_key", "program_membership_id"})
CAPTURE_FIELDS = RELEASE_FIELDS | {"points"}
REDEMPTION_FIELDS = CAPTURE_FIELDS | {"description"}
HOLD_FIELDS = REDEMPTION_FIELDS | {"expires_in_seconds"}
ADJUSTMENT_FIELDS = CAPTURE_FIELDS | {"reason"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsOrder:
    """An order about one membership's points, as it was sent, before look-ups.

    `of` is the id of the hold that it speaks of. `points` is None where all of that is meant.
    `description` is the reason of an adjustment.
    """

    program_membership_id: str
    idempotency_key: str
    points: Decimal | None = None
    of: str | None = None
    expires_in_seconds: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedOrder:
    """An order that may be carried out, and what its sender should be told."""

    order: PointsOrder
    warnings: tuple[str, ...] = ()


def parse_redemption(body: Mapping[str, object], program_membership_id: str) -> ParsedOrder:
    """Read a redemption of the membership in the path. InvalidRequestError carries every fault."""
    return _parsed(
        body,
        REDEMPTION_FIELDS,
        lambda fields: PointsOrder(
            program_membership_id=program_membership_id,
            idempotency_key=_idempotency_key(fields),
            points=fields.required("points", _positive_points, Decimal(1), _POINTS),
            description=fields.optional("description", free_text(MAX_DESCRIPTION_CHARS)),
        ),
    )


def parse_hold(body: Mapping[str, object], program_membership_id: str) -> ParsedOrder:
    """Read a hold, likewise."""
    return _parsed(
        body,
        HOLD_FIELDS,
        lambda fields: PointsOrder(
            program_membership_id=program_membership_id,
            idempotency_key=_idempotency_key(fields),
            points=fields.required("points", _positive_points, Decimal(1), _POINTS),
            expires_in_seconds=fields.optional("expires_in_seconds", _hold_seconds),
            description=fields.optional("description", free_text(MAX_DESCRIPTION_CHARS)),
        ),
    )


def parse_capture(
    body: Mapping[str, object], program_membership_id: str, hold_id: str
) -> ParsedOrder:
    """Read a capture of the hold in the path, likewise; without points, of all that it holds."""
    return _parsed(
        body,
        CAPTURE_FIELDS,
        lambda fields: PointsOrder(
            program_membership_id=program_membership_id,
            idempotency_key=_idempotency_key(fields),
            points=fields.optional("points", _positive_points),
            of=hold_id,
        ),
    )


def parse_release(
    body: Mapping[str, object], program_membership_id: str, hold_id: str
) -> ParsedOrder:
    """Read a release of the hold in the path, likewise."""
    return _parsed(
        body,
        RELEASE_FIELDS,
        lambda fields: PointsOrder(
            program_membership_id=program_membership_id,
            idempotency_key=_idempotency_key(fields),
            of=hold_id,
        ),
    )


def parse_adjustment(body: Mapping[str, object], program_membership_id: str) -> ParsedOrder:
    """Read an adjustment, likewise: points to add, or to deduct if negative, and why."""
    return _parsed(
        body,
        ADJUSTMENT_FIELDS,
        lambda fields: PointsOrder(
            program_membership_id=program_membership_id,
            idempotency_key=_idempotency_key(fields),
            points=fields.required("points", _signed_points, Decimal(1), _POINTS),
            description=fields.required(
                "reason", identifier(MAX_DESCRIPTION_CHARS), "", "why the points change"
            ),
        ),
    )


def _parsed(
    body: Mapping[str, object], known: frozenset[str], read: Callable[[Fields], PointsOrder]
) -> ParsedOrder:
    findings = Findings()
    fields = Fields(body, findings, known)
    order = read(fields)
    fields.optional("program_membership_id", same_as(order.program_membership_id))
    findings.raise_faults()
    return ParsedOrder(order, findings.warnings())


def _idempotency_key(fields: Fields) -> str:
    parse = identifier(MAX_IDEMPOTENCY_KEY_CHARS)
    return fields.required("idempotency_key", parse, "", "a key that is unique to this order")


def _positive_points(value: object) -> Decimal:
    points = parse_amount(value)
    if points <= 0:
        raise WrongValueError("is not above 0: send how many points to take")
    return points


def _signed_points(value: object) -> Decimal:
    points = parse_amount(value)
    if not points:
        raise WrongValueError(
            "is 0: send how many points to add, or to deduct as a negative number"
        )
    return points


def _hold_seconds(value: object) -> int:
    try:
        seconds = parse_number(value)
    except WrongValueError:
        if not isinstance(value, str):
            raise
        raise WrongValueError("is not a number: send whole seconds, such as 900") from None
    # Compared first: nothing is computed with a number of a hundred digits.
    if not SHORTEST_HOLD_SECONDS <= seconds <= LONGEST_HOLD_SECONDS:
        raise WrongValueError(
            f"is out of range: send {SHORTEST_HOLD_SECONDS} to {LONGEST_HOLD_SECONDS} seconds"
        )
    if seconds != int(seconds):
        raise WrongValueError("is not a whole number: send whole seconds")
    return int(seconds)
