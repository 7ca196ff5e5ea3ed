"""The body of an administrator's request: a document for our models to read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accrue.runtime.http import Request
from accrue.runtime.json_body import BodyLimits, parse_json_body

# A stored program has at most 400 KB, DynamoDB's limit of an item; a network has several.
LIMITS = BodyLimits(max_bytes=2 * 1024 * 1024, max_depth=32)


def document_body(request: Request) -> Mapping[str, Any]:
    """The JSON object in the body, whole numbers as int.

    Raises RequestTooLargeError or MalformedJsonError. What must be exact stands in documents as
    text; a fraction sent as a number is refused by the model of its field.
    """
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded, limits=LIMITS)
    return {name: _plain(value) for name, value in body.items()}


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case Decimal():
            # Models take a number with a point for inexact, and say what to send.
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [_plain(inner) for inner in value]
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
    return value
