"""One row of a batch: an activity in either form, with all that its own request would have had in
path and headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.body_fields import Fields
from accrue.domain.errors import (
    Fault,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    MembershipNotFoundError,
    RefusalError,
)
from accrue.domain.field_parsers import identifier
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError, type_name
from accrue.domain.membership_activity_request import (
    MembershipActivityRequest,
    parse_membership_activity,
)
from accrue.domain.network_activity_request import (
    MAX_IDEMPOTENCY_KEY_CHARS,
    NetworkActivityRequest,
    parse_network_activity,
)
from accrue.domain.number_text import parse_number

HEADER_POINTER = "header:Idempotency-Key"
KEY_POINTER = "/idempotency_key"
# `/` and the number of the last row stand behind it.
MAX_BATCH_KEY_CHARS = MAX_IDEMPOTENCY_KEY_CHARS - len("/499")

_NO_KEY = (
    "is missing: send a key that is unique to the activity, or enforceUniqueRefId with a"
    " reference_id, or the header Idempotency-Key for the whole batch"
)
_NO_FORM = (
    "must have either activity, with program_membership_id and idempotency_key, or"
    " activity_short_id, with amount and users: send one of them"
)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row that may be recorded, and what its sender should be told. `key_pointer` is where its
    idempotency key was.
    """

    request: MembershipActivityRequest | NetworkActivityRequest
    warnings: tuple[str, ...] = ()
    key_pointer: str = KEY_POINTER

    @property
    def created_status(self) -> int:
        """What its own request is answered when it is recorded."""
        return 200 if isinstance(self.request, MembershipActivityRequest) else 201

    @property
    def catalog_refusal_status(self) -> int:
        """What its own request is answered when the catalog does not allow it."""
        return 422 if isinstance(self.request, MembershipActivityRequest) else 400

    def refusal_in_row(self, refusal: RefusalError) -> RefusalError:
        """The refusal of its own request, pointing into the row alone."""
        match refusal:
            case MembershipNotFoundError():
                return MembershipNotFoundError(
                    Fault("/program_membership_id", "is unknown here: check the id")
                )
            case IdempotencyKeyReusedError():
                return IdempotencyKeyReusedError(self.key_pointer)
            case _:
                return refusal


def check_batch_key(key: str | None) -> str | None:
    """The Idempotency-Key header of a batch as it was sent. Raises InvalidRequestError."""
    if key is not None:
        try:
            identifier(MAX_BATCH_KEY_CHARS)(key)
        except WrongValueError as error:
            raise InvalidRequestError.of(Fault(HEADER_POINTER, str(error))) from None
    return key


def parse_batch_row(
    body: Mapping[str, object], number: int, batch_key: str | None = None
) -> BatchRow:
    """Read row `number`, from 0, of a batch with this Idempotency-Key header.

    `InvalidRequestError` carries every fault of the row, also if sending it again would not be safe
    since nothing identifies it.
    """
    is_of_membership = body.get("activity") is not None
    if is_of_membership == (body.get("activity_short_id") is not None):
        raise InvalidRequestError.of(Fault("", _NO_FORM))
    if is_of_membership:
        return _membership_row(body)
    return _network_row(body, f"{batch_key}/{number}" if batch_key is not None else None)


def _membership_row(body: Mapping[str, object]) -> BatchRow:
    findings = Findings()
    row = Fields(body, findings, None)
    membership_id = row.required(
        "program_membership_id", _membership_id, "", "the id of the membership"
    )
    try:
        parsed = parse_membership_activity(_without(body, "program_membership_id"), membership_id)
    except InvalidRequestError as error:
        raise InvalidRequestError.of(*findings.faults, *error.faults) from None
    findings.raise_faults()
    return BatchRow(parsed.request, parsed.warnings)


def _network_row(body: Mapping[str, object], batch_key: str | None) -> BatchRow:
    findings = Findings()
    row = Fields(body, findings, None)
    key = row.optional("idempotency_key", identifier(MAX_IDEMPOTENCY_KEY_CHARS))
    try:
        parsed = parse_network_activity(_without(body, "idempotency_key"), key)
    except InvalidRequestError as error:
        raise InvalidRequestError.of(*findings.faults, *error.faults) from None
    findings.raise_faults()
    if key is not None or parsed.request.enforces_unique_reference:
        return BatchRow(parsed.request, parsed.warnings)
    if batch_key is None:
        raise InvalidRequestError.of(Fault(KEY_POINTER, _NO_KEY))
    request = replace(parsed.request, idempotency_key=batch_key)
    return BatchRow(request, parsed.warnings, HEADER_POINTER)


def _membership_id(value: object) -> str:
    """As it stands in a URL, or the number that it may be in a body."""
    if isinstance(value, Decimal):
        return canonical_text(parse_number(value))
    if not isinstance(value, str):
        raise WrongValueError(f"must be a string or an integer, not {type_name(value)}")
    if not value.strip():
        raise WrongValueError("is blank: send a string that is not")
    return value


def _without(body: Mapping[str, object], name: str) -> dict[str, object]:
    return {each: value for each, value in body.items() if each != name}
