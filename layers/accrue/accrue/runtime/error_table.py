"""Errors become HTTP here and nowhere else: which status and code each refusal has."""

from typing import Any

from accrue.domain.errors import (
    ActivityNotFoundError,
    CatalogRefusalError,
    IdempotencyKeyReusedError,
    InvalidNetworkDocumentError,
    InvalidRequestError,
    MalformedJsonError,
    MembershipNotFoundError,
    NegativeValueError,
    NetworkNotFoundError,
    RefusalError,
    RequestTooLargeError,
    UnknownActivityTypeError,
    UnknownRoleError,
    UnknownUserError,
    UnusableMetadataError,
)

# Codes are part of the contract: they never change their meaning, and a code is never reused.
CODES: dict[type[RefusalError], tuple[int, str]] = {
    InvalidRequestError: (400, "INVALID_REQUEST"),
    MalformedJsonError: (400, "MALFORMED_JSON"),
    RequestTooLargeError: (413, "REQUEST_TOO_LARGE"),
    NetworkNotFoundError: (404, "NETWORK_NOT_FOUND"),
    MembershipNotFoundError: (404, "MEMBERSHIP_NOT_FOUND"),
    ActivityNotFoundError: (404, "ACTIVITY_NOT_FOUND"),
    UnknownActivityTypeError: (422, "UNKNOWN_ACTIVITY_TYPE"),
    NegativeValueError: (422, "NEGATIVE_VALUE"),
    UnknownUserError: (422, "UNKNOWN_USER"),
    UnknownRoleError: (422, "UNKNOWN_ROLE"),
    UnusableMetadataError: (422, "UNUSABLE_METADATA"),
    IdempotencyKeyReusedError: (422, "IDEMPOTENCY_KEY_REUSED"),
    InvalidNetworkDocumentError: (422, "INVALID_NETWORK_DOCUMENT"),
}


def status_of(refusal: RefusalError, catalog_refusal_status: int = 422) -> int:
    """The HTTP status that a refusal is answered with.

    Clients of Village's form handle 400 and not 422, so its endpoint has its own status for what
    the catalog does not allow.
    """
    if isinstance(refusal, CatalogRefusalError):
        return catalog_refusal_status
    return CODES[type(refusal)][0]


def error_body(refusal: RefusalError, request_id: str) -> dict[str, Any]:
    """The one form that errors have everywhere."""
    return {
        "message": refusal.message,
        "code": CODES[type(refusal)][1],
        "errors": [{"pointer": f.pointer, "message": f.message} for f in refusal.faults],
        "request_id": request_id,
    }
