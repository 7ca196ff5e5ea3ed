"""What a partner sends in Hang's form: an activity of one membership."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from accrue.domain.amounts import canonical_text, parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.field_parsers import identifier, stored_identifier
from accrue.domain.findings import Findings
from accrue.domain.json_values import WrongValueError, type_name
from accrue.domain.kept_metadata import sent_metadata
from accrue.domain.line_items import LineItem, read_line_items
from accrue.domain.number_text import parse_number
from accrue.domain.timestamps import to_datetime, unix_seconds

MAX_IDEMPOTENCY_KEY_CHARS = 255
MAX_ID_CHARS = 128

BODY_FIELDS = frozenset({"idempotency_key", "program_membership_id", "activity"})
ACTIVITY_FIELDS = frozenset(
    {"activity_type_id", "value", "transaction_timestamp", "line_items", "metadata"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipActivityRequest:
    """What was sent, before look-ups. `transaction_timestamp` is in Unix seconds.

    `metadata` is the partner's own, as it was sent; of it, a row keeps what the network names.
    """

    program_membership_id: str
    idempotency_key: str
    activity_type_id: str
    value: Decimal
    transaction_timestamp: Decimal
    line_items: tuple[LineItem, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)

    @property
    def occurred_at(self) -> datetime:
        return to_datetime(self.transaction_timestamp)


@dataclass(frozen=True, slots=True)
class ParsedMembershipActivity:
    """A request that may be recorded, and what its sender should be told."""

    request: MembershipActivityRequest
    warnings: tuple[str, ...] = ()


def parse_membership_activity(
    body: Mapping[str, object], program_membership_id: str
) -> ParsedMembershipActivity:
    """Read a body as `parse_json_body` returns it, sent to the membership named in the path.

    `InvalidRequestError` carries every fault of the body.
    """
    findings = Findings()
    fields = Fields(body, findings, BODY_FIELDS)
    parse_key = identifier(MAX_IDEMPOTENCY_KEY_CHARS)
    key = fields.required("idempotency_key", parse_key, "", "a key that is unique to the activity")
    fields.optional("program_membership_id", same_as(program_membership_id))
    activity = fields.required_object("activity", ACTIVITY_FIELDS, "the activity as an object")
    parse_id = stored_identifier(MAX_ID_CHARS)
    type_id = activity.required("activity_type_id", parse_id, "", "the id of the activity type")
    value = activity.required("value", parse_amount, Decimal(0), 'a number such as "50"')
    seconds = activity.required(
        "transaction_timestamp", unix_seconds, Decimal(0), "the activity's time in Unix seconds"
    )
    line_items = read_line_items(activity)
    metadata = sent_metadata(activity.optional_object("metadata"))
    findings.raise_faults()
    request = MembershipActivityRequest(
        program_membership_id=program_membership_id,
        idempotency_key=key,
        activity_type_id=type_id,
        value=value,
        transaction_timestamp=seconds,
        line_items=line_items,
        metadata=metadata,
    )
    return ParsedMembershipActivity(request, findings.warnings())


def same_as(path_id: str) -> Callable[[object], str]:
    """A parser of the membership's id in a body, which is in the path already."""

    def parse(value: object) -> str:
        if not isinstance(value, str | Decimal):
            raise WrongValueError(f"must be a string or an integer, not {type_name(value)}")
        text = value if isinstance(value, str) else canonical_text(parse_number(value))
        if text != path_id:
            raise WrongValueError(
                "differs from the membership in the path: leave it out or make it equal"
            )
        return text

    return parse
