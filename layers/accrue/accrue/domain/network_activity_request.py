"""What a partner sends in Village's form: an activity of users of a network, each in a role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from accrue.domain.amounts import canonical_text, parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.errors import Fault
from accrue.domain.field_parsers import (
    flag,
    free_text,
    identifier,
    is_blank,
    none_if_blank,
    stored_identifier,
    without_emails,
)
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError, pointer
from accrue.domain.kept_metadata import KNOWN_METADATA_FIELDS, sent_metadata
from accrue.domain.line_items import LineItem, read_line_items
from accrue.domain.timestamps import to_datetime, unix_seconds
from accrue.domain.users_field import read_users

MAX_IDEMPOTENCY_KEY_CHARS = 255
MAX_ID_CHARS = 128
MAX_REFERENCE_ID_CHARS = 255
MAX_DESCRIPTION_CHARS = 1000

BODY_FIELDS = frozenset(
    {"activity_short_id", "amount", "users", "line_items", "metadata", "enforceUniqueRefId"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkActivityRequest:
    """What was sent, before look-ups and defaults.

    `users` maps each role to a *normalized* email. `activity_timestamp` is in Unix seconds; None
    means the time of receipt. `metadata` is what the partner adds to the known fields, as it was
    sent; of it, a row keeps what the network names. `idempotency_key` is the header's.
    """

    activity_short_id: str
    amount: Decimal
    users: dict[str, str]
    reference_id: str | None = None
    activity_timestamp: Decimal | None = None
    description: str | None = None
    line_items: tuple[LineItem, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)
    enforces_unique_reference: bool = False
    idempotency_key: str | None = None

    @property
    def occurred_at(self) -> datetime | None:
        return None if self.activity_timestamp is None else to_datetime(self.activity_timestamp)


@dataclass(frozen=True, slots=True)
class ParsedNetworkActivity:
    """A request that may be recorded, and what its sender should be told."""

    request: NetworkActivityRequest
    warnings: tuple[str, ...] = ()


def parse_network_activity(
    body: Mapping[str, object], idempotency_key: str | None = None
) -> ParsedNetworkActivity:
    """Read a body as `parse_json_body` returns it, and the Idempotency-Key header if there was one.

    `InvalidRequestError` carries every fault of both.
    """
    findings = Findings()
    _check_idempotency_key(idempotency_key, findings)
    fields = Fields(body, findings, BODY_FIELDS)
    short_id = fields.required(
        "activity_short_id", stored_identifier(MAX_ID_CHARS), "", "the id of the activity type"
    )
    amount = fields.required("amount", parse_amount, Decimal(0), 'a decimal string such as "1"')
    if isinstance(body.get("amount"), Decimal):
        findings.warn(f'amount was sent as a number: send the string "{canonical_text(amount)}"')
    users = read_users(fields)
    line_items = read_line_items(fields)
    metadata = fields.optional_object("metadata")
    reference_id = metadata.optional(
        "reference_id", none_if_blank(stored_identifier(MAX_REFERENCE_ID_CHARS))
    )
    timestamp = metadata.optional("activity_timestamp", none_if_blank(unix_seconds))
    if timestamp is not None and isinstance(metadata.values["activity_timestamp"], str):
        findings.warn("activity_timestamp was sent as a string: send a number")
    description = metadata.optional("description", free_text(MAX_DESCRIPTION_CHARS))
    if description is not None and without_emails(description) != description:
        findings.warn("description has an email in it, which is kept as [email]")
    enforces = _enforces_unique_reference(fields, metadata)
    findings.raise_faults()
    request = NetworkActivityRequest(
        activity_short_id=short_id,
        amount=amount,
        users=users,
        reference_id=reference_id,
        activity_timestamp=timestamp,
        description=description,
        line_items=line_items,
        metadata=sent_metadata(metadata, KNOWN_METADATA_FIELDS),
        enforces_unique_reference=enforces,
        idempotency_key=idempotency_key,
    )
    return ParsedNetworkActivity(request, findings.warnings())


def _check_idempotency_key(key: str | None, findings: Findings) -> None:
    if key is None:
        return
    try:
        identifier(MAX_IDEMPOTENCY_KEY_CHARS)(key)
    except WrongValueError as error:
        findings.faults.append(Fault("header:Idempotency-Key", str(error)))


def _enforces_unique_reference(fields: Fields, metadata: Fields) -> bool:
    """The source document's table has the field in metadata, its example at the top level."""
    outer = fields.optional("enforceUniqueRefId", flag)
    inner = metadata.optional("enforceUniqueRefId", flag)
    if outer is not None and inner is not None and outer != inner:
        for place, other in ((fields, metadata), (metadata, fields)):
            there = pointer(*other.path, "enforceUniqueRefId")
            place.refuse(f"contradicts {there}: send it once", "enforceUniqueRefId")
    if (outer or inner) and is_blank(metadata.values.get("reference_id")):
        metadata.refuse("is missing: enforceUniqueRefId needs it", "reference_id")
    return bool(outer or inner)
