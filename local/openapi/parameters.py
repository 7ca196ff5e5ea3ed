"""Parameters of paths, query strings and headers, and the headers of answers."""

from typing import Any

from accrue.domain.activity_query import LISTED_KINDS, OUTCOMES
from accrue.domain.dry_run import PARAMETER as DRY_RUN
from accrue.domain.event_types import EventType
from accrue.domain.membership_activity_request import MAX_IDEMPOTENCY_KEY_CHARS
from accrue.domain.network_parts import KeyId, NetworkId
from accrue.domain.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from accrue.domain.program.parts import CatalogId
from accrue.domain.webhooks.definition import WebhookId
from accrue.domain.webhooks.delivery import DeliveryStatus
from accrue.runtime.precondition_headers import ETAGS
from local.openapi.field_schemas import Schema, described, identifier, stored_identifier
from local.openapi.model_schemas import schema_of

_ID: Schema = {"type": "string", "minLength": 1}
_TEXT: Schema = {"type": "string", "minLength": 1}
# As in RFC 3339, always with a zone.
_TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}",
}
_VERSION: Schema = {"type": "string", "pattern": "^[0-9]{1,8}$"}

_IN_PATH: dict[str, Schema] = {
    "network_id": schema_of(NetworkId),
    "key_id": schema_of(KeyId),
    "webhook_id": schema_of(WebhookId),
    "program_id": schema_of(CatalogId),
    "user_id": schema_of(CatalogId),
    "activity_type_id": stored_identifier(128),
    "version": _VERSION,
}
QUERY: dict[str, Schema] = {
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_PAGE_SIZE,
        "default": DEFAULT_PAGE_SIZE,
    },
    "cursor": described(_TEXT, "`next_cursor` of the answer before."),
    DRY_RUN: {
        "type": "string",
        "enum": ["true", "false"],
        "default": "false",
        "description": "Whether it is only tried out: nothing is written.",
    },
    "activity_type_id": _TEXT,
    "user_id": _TEXT,
    "reference_id": _TEXT,
    "idempotency_key": _TEXT,
    "outcome": {"type": "string", "enum": list(OUTCOMES)},
    "kind": {"type": "string", "enum": [kind.value for kind in LISTED_KINDS]},
    "recorded_since": _TIME,
    "recorded_until": _TIME,
    "occurred_since": _TIME,
    "occurred_until": _TIME,
    "type": {"type": "string", "enum": [each.value for each in EventType]},
    "since": _TIME,
    "status": {"type": "string", "enum": [status.value for status in DeliveryStatus]},
    "as_of": _TIME,
    "from": _TIME,
    "until": _TIME,
    "from_version": _VERSION,
    "to_version": _VERSION,
}
REQUIRED_QUERY = frozenset({"as_of", "from"})
_HEADERS: dict[str, Schema] = {
    "Idempotency-Key": described(
        identifier(MAX_IDEMPOTENCY_KEY_CHARS),
        "Your name for the request. Sent again with it, it counts once.",
    ),
    "If-Match": {
        "type": "string",
        "pattern": rf"^(\*|{ETAGS.pattern})?$",
        "description": (
            "The ETag of what is to be changed, or `*` for whatever is there. Empty is as if it"
            " were left out."
        ),
    },
    "If-None-Match": {
        "type": "string",
        "enum": ["*", ""],
        "description": "`*`: only if there is none yet.",
    },
}
ANSWERED: dict[str, Schema] = {
    "Accrue-Activity-Id": described(_ID, "The activity, also where the body does not say it."),
    "Idempotent-Replayed": {
        "type": "string",
        "const": "true",
        "description": "It was there before; this is the same answer again.",
    },
    "Accrue-Dry-Run": {"type": "string", "const": "true", "description": "Nothing was written."},
    "Accrue-Duplicate-Of": described(_ID, "The first activity with this reference."),
    "Accrue-Warnings": described(_TEXT, "A JSON array of what you should know."),
    "Accrue-Available-Points": described(_TEXT, "How many points there are to spend."),
    "ETag": {
        "type": "string",
        "pattern": '^"[0-9a-f]+"$',
        "description": "For `If-Match`.",
    },
    "Location": described(_TEXT, "Where to follow it."),
    "WWW-Authenticate": described(_TEXT, "How to send the key."),
}


def path_parameter(name: str) -> dict[str, Any]:
    """A parameter of a path."""
    return {"name": name, "in": "path", "required": True, "schema": _IN_PATH.get(name, _ID)}


def query_parameter(name: str) -> dict[str, Any]:
    """A parameter of a query string; `from_version` is called `from`, but is no time."""
    return {
        "name": name.removesuffix("_version"),
        "in": "query",
        "required": name in REQUIRED_QUERY,
        "schema": QUERY[name],
    }


def header_parameter(name: str) -> dict[str, Any]:
    """A header of a request."""
    return {"name": name, "in": "header", "required": False, "schema": _HEADERS[name]}


def answered_header(name: str, *, is_required: bool) -> dict[str, Any]:
    """A header of an answer."""
    return {"required": is_required, "schema": ANSWERED[name]}
