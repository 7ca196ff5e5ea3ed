"""What partners send, field by field as the parsers of `accrue.domain` read it."""

from accrue.domain import membership_activity_request as membership
from accrue.domain import network_activity_request as network
from accrue.domain import program_membership_request as enrolment
from accrue.domain import reversal_request as reversal
from accrue.domain.batch_row import HEADER_POINTER
from accrue.domain.kept_metadata import KNOWN_METADATA_FIELDS
from accrue.domain.line_items import LINE_ITEM_FIELDS, MAX_ID_CHARS, MAX_LINE_ITEMS
from accrue.domain.points_order import (
    ADJUSTMENT_FIELDS,
    CAPTURE_FIELDS,
    HOLD_FIELDS,
    LONGEST_HOLD_SECONDS,
    MAX_DESCRIPTION_CHARS,
    REDEMPTION_FIELDS,
    RELEASE_FIELDS,
    SHORTEST_HOLD_SECONDS,
)
from accrue.domain.program.parts import CatalogId
from accrue.domain.users_field import MAX_ROLE_CHARS, MAX_USERS
from accrue.runtime.batch_body import MAX_ROWS
from local.openapi.field_schemas import (
    NULL,
    TRUTH,
    Schema,
    amount,
    body,
    described,
    email,
    free_text,
    identifier,
    or_null,
    points_but_not_0,
    positive_amount,
    stored_identifier,
    unix_seconds,
    whole_seconds,
)
from local.openapi.model_schemas import reference, schema_of

_KEY = described(
    identifier(membership.MAX_IDEMPOTENCY_KEY_CHARS),
    "Your name for this, unique in the network and for ever. Sent again with it, it counts once.",
)
_SAME_MEMBERSHIP = described(
    {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "Must equal the one in the path."
)
_VALUE = described(amount(), "An exact decimal. Send text: as a number it may lose digits.")
_METADATA_FIELD = described(
    {},
    "Your own. Kept if the network's `metadata_fields` name it, and then text of at most 255"
    " characters, a number, true or false.",
)


def _line_items() -> Schema:
    item = body(
        LINE_ITEM_FIELDS,
        {"item_id": stored_identifier(MAX_ID_CHARS)},
        {"value": _VALUE, "group_id": stored_identifier(MAX_ID_CHARS)},
    )
    return {"type": "array", "items": item, "maxItems": MAX_LINE_ITEMS}


MEMBERSHIP_ACTIVITY = body(
    membership.BODY_FIELDS,
    {
        "idempotency_key": _KEY,
        "activity": body(
            membership.ACTIVITY_FIELDS,
            {
                "activity_type_id": stored_identifier(membership.MAX_ID_CHARS),
                "value": _VALUE,
                "transaction_timestamp": described(unix_seconds(), "When it happened, Unix time."),
            },
            {
                "line_items": _line_items(),
                "metadata": {"type": "object", "additionalProperties": _METADATA_FIELD},
            },
        ),
    },
    {"program_membership_id": _SAME_MEMBERSHIP},
    description="An activity of one membership, in Hang's form.",
)

_BLANK: Schema = {"type": "string", "pattern": r"^\s*$"}
_METADATA = body(
    KNOWN_METADATA_FIELDS,
    {},
    {
        "reference_id": {
            "anyOf": [stored_identifier(network.MAX_REFERENCE_ID_CHARS), _BLANK],
            "description": "Your own name for the activity.",
        },
        "activity_timestamp": {
            "anyOf": [*unix_seconds()["anyOf"], _BLANK],
            "description": "When it happened, Unix time; without it, when it is received.",
        },
        "description": free_text(network.MAX_DESCRIPTION_CHARS),
        "enforceUniqueRefId": described(TRUTH, "As at the top level; they must not differ."),
    },
    additionalProperties=_METADATA_FIELD,
)
_USERS: Schema = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": MAX_USERS,
    "propertyNames": {
        **identifier(MAX_ROLE_CHARS),
        "pattern": r"^[^@\x00-\x1f\x7f-\x9f]*[^@\s\x00-\x1f\x7f-\x9f][^@\x00-\x1f\x7f-\x9f]*$",
    },
    "additionalProperties": email(),
    "description": "The email of the user in each role.",
}
NETWORK_ACTIVITY = body(
    network.BODY_FIELDS,
    {
        "activity_short_id": stored_identifier(network.MAX_ID_CHARS),
        "amount": _VALUE,
        "users": _USERS,
    },
    {
        "line_items": _line_items(),
        "metadata": _METADATA,
        "enforceUniqueRefId": described(
            TRUTH,
            "Whether an activity with a `reference_id` that was sent before is a duplicate. Needs"
            " `metadata.reference_id`.",
        ),
    },
    description="An activity of users in roles, in Village's form.",
)

_ROWS: Schema = {
    "anyOf": [
        {**reference("MembershipActivityRequest"), "required": ["program_membership_id"]},
        {
            **reference("NetworkActivityRequest"),
            "properties": {"idempotency_key": or_null(_KEY)},
        },
    ]
}
BATCH: Schema = {"type": "array", "items": _ROWS, "minItems": 1, "maxItems": MAX_ROWS}
BATCH_LINES: Schema = {
    "type": "string",
    "pattern": r"[^ \t\r\n]",
    "description": "A row a line.",
}

_CATALOG_ID = schema_of(CatalogId)
PROGRAM_MEMBERSHIP = body(
    enrolment.BODY_FIELDS,
    {"program_id": _CATALOG_ID},
    {"user_id": _CATALOG_ID, "email": email(), "program_membership_id": _CATALOG_ID},
    oneOf=[
        {
            "required": [name],
            "properties": {name: {"type": "string"}, other: NULL},
        }
        for name, other in (("user_id", "email"), ("email", "user_id"))
    ],
    description="A user, named by `user_id` or `email`, and the program to be enrolled in.",
)

REVERSAL = body(
    reversal.BODY_FIELDS,
    {"idempotency_key": _KEY},
    {
        "amount": described(positive_amount(), "How much of the activity's amount; or"),
        "line_items": {
            "type": "array",
            "items": body(
                reversal.ITEM_FIELDS,
                {"item_id": stored_identifier(MAX_ID_CHARS)},
                {},
                additionalProperties=False,
            ),
            "minItems": 1,
            "maxItems": MAX_LINE_ITEMS,
            "description": "which of its items. Without either, all that is left of it.",
        },
        "reason": free_text(reversal.MAX_REASON_CHARS),
    },
    additionalProperties=False,
    anyOf=[{"properties": {"amount": NULL}}, {"properties": {"line_items": NULL}}],
    description="How much of an activity to undo.",
)

_SAME = {"program_membership_id": _SAME_MEMBERSHIP}
_NOTE = {"description": free_text(MAX_DESCRIPTION_CHARS)}
_TAKEN = {"idempotency_key": _KEY, "points": positive_amount()}
REDEMPTION = body(REDEMPTION_FIELDS, _TAKEN, {**_SAME, **_NOTE}, description="Points to spend.")
HOLD = body(
    HOLD_FIELDS,
    _TAKEN,
    {
        **_SAME,
        **_NOTE,
        "expires_in_seconds": whole_seconds(SHORTEST_HOLD_SECONDS, LONGEST_HOLD_SECONDS),
    },
    description="Points to set aside.",
)
CAPTURE = body(
    CAPTURE_FIELDS,
    {"idempotency_key": _KEY},
    {**_SAME, "points": described(positive_amount(), "Without it, all that are held.")},
    description="How much of a hold to spend; the rest is released.",
)
RELEASE = body(RELEASE_FIELDS, {"idempotency_key": _KEY}, _SAME, description="A hold to give up.")
ADJUSTMENT = body(
    ADJUSTMENT_FIELDS,
    {
        "idempotency_key": _KEY,
        "points": described(points_but_not_0(), "To add, or to deduct if negative."),
        "reason": identifier(MAX_DESCRIPTION_CHARS),
    },
    _SAME,
    description="Points to add or deduct by hand, and why.",
)

PARTNER_BODIES = {
    "MembershipActivityRequest": MEMBERSHIP_ACTIVITY,
    "NetworkActivityRequest": NETWORK_ACTIVITY,
    "ActivityBatchRequest": BATCH,
    "ProgramMembershipRequest": PROGRAM_MEMBERSHIP,
    "ReversalRequest": REVERSAL,
    "RedemptionRequest": REDEMPTION,
    "HoldRequest": HOLD,
    "CaptureRequest": CAPTURE,
    "ReleaseRequest": RELEASE,
    "AdjustmentRequest": ADJUSTMENT,
}
IDEMPOTENCY_KEY_HEADER = HEADER_POINTER.removeprefix("header:")
