"""The JSON object in the body of a request."""

import base64
import binascii
from dataclasses import dataclass
from typing import cast

from accrue.domain.errors import Fault, MalformedJsonError, RequestTooLargeError
from accrue.domain.json_values import JsonValue, type_name
from accrue.runtime.strict_json import MAX_DEPTH, parse_strict_json

# The largest body that makes sense, 100 line items with the longest ids in ASCII, has 40 KB.
MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a body may be."""

    max_bytes: int = MAX_BODY_BYTES
    max_depth: int = MAX_DEPTH


def parse_json_body(
    body: str | None, *, is_base64_encoded: bool, limits: BodyLimits | None = None
) -> dict[str, JsonValue]:
    """The JSON object in the body of an API Gateway event, all its numbers as exact Decimals.

    Raises `RequestTooLargeError` or `MalformedJsonError`, whatever the body is.
    """
    limits = limits or BodyLimits()
    text = body_text(body, is_base64_encoded=is_base64_encoded, max_bytes=limits.max_bytes)
    if not text.strip(" \t\r\n"):
        raise MalformedJsonError.of(Fault("", "is empty: send a JSON object"))
    parsed = parse_strict_json(text, limits.max_depth)
    if not isinstance(parsed, dict):
        raise MalformedJsonError.of(
            Fault("", f"must be a JSON object, not {type_name(parsed)}: send {{...}}")
        )
    return cast("dict[str, JsonValue]", parsed)


def body_text(body: str | None, *, is_base64_encoded: bool, max_bytes: int) -> str:
    """The text in the body of an API Gateway event, whole characters all of it.

    Raises `RequestTooLargeError` or `MalformedJsonError`.
    """
    if is_base64_encoded:
        return _decode_base64(body or "", max_bytes)
    return _checked(body or "", max_bytes)


def _decode_base64(body: str, max_bytes: int) -> str:
    try:
        octets = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        message = "is not the base64 that it is said to be: send the JSON itself"
        raise MalformedJsonError.of(Fault("", message)) from None
    _ensure_size(octets, max_bytes)
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 at byte {error.start}: send it in that encoding"
        raise MalformedJsonError.of(Fault("", message)) from None


def _checked(body: str, max_bytes: int) -> str:
    try:
        octets = body.encode()
    except UnicodeEncodeError:
        message = "has half of a surrogate pair: send whole characters"
        raise MalformedJsonError.of(Fault("", message)) from None
    _ensure_size(octets, max_bytes)
    return body


def _ensure_size(octets: bytes, max_bytes: int) -> None:
    if len(octets) > max_bytes:
        message = f"is longer than {max_bytes} bytes: send less at a time"
        raise RequestTooLargeError(f"body: {message}", [Fault("", message)])
