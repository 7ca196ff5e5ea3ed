"""Errors become HTTP here and nowhere else: which status and code each refusal has."""

from typing import Any

from accrue.domain.administration_errors import (
    ActivityTypeNotFoundError,
    AdminKeyRequiredError,
    ApiKeyExistsError,
    ApiKeyNotFoundError,
    DefinitionInUseError,
    DefinitionsTooLargeError,
    DeliveryNotFoundError,
    EmailFixedError,
    EmailTakenError,
    InvalidDefinitionError,
    MembershipTakenError,
    OperatorKeyRequiredError,
    PreconditionFailedError,
    PreconditionRequiredError,
    ProgramNotFoundError,
    ProgramVersionNotFoundError,
    TooManyApiKeysError,
    TooManyMembershipsError,
    UserForgottenError,
    UserNotFoundError,
    WebhookNotFoundError,
)
from accrue.domain.amounts import canonical_text
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
    UnknownProgramError,
    UnknownRoleError,
    UnknownUserError,
    UnusableMetadataError,
)
from accrue.domain.history_errors import TooManyPostingsError
from accrue.domain.jobs.errors import JobNotFoundError, JobNotReadyError, JobOverError
from accrue.domain.reversal_errors import (
    AlreadyReversedError,
    NotReversibleError,
    ReversalTooLargeError,
    TooManyReversalsError,
)
from accrue.domain.sandbox_errors import (
    ClockGoesForwardOnlyError,
    NotASandboxError,
    SandboxFixedError,
)
from accrue.domain.spending_errors import (
    HoldClosedError,
    HoldNotFoundError,
    InsufficientPointsError,
    PointsLimitError,
    PointsScaleError,
    TooManyHoldsError,
    UserInactiveError,
)
from accrue.domain.webhooks.errors import TooManyWebhooksError, WebhookDisabledError

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
    UnknownProgramError: (422, "UNKNOWN_PROGRAM"),
    UnknownRoleError: (422, "UNKNOWN_ROLE"),
    UnusableMetadataError: (422, "UNUSABLE_METADATA"),
    IdempotencyKeyReusedError: (422, "IDEMPOTENCY_KEY_REUSED"),
    InvalidNetworkDocumentError: (422, "INVALID_NETWORK_DOCUMENT"),
    AdminKeyRequiredError: (403, "ADMIN_KEY_REQUIRED"),
    OperatorKeyRequiredError: (403, "OPERATOR_KEY_REQUIRED"),
    ActivityTypeNotFoundError: (404, "ACTIVITY_TYPE_NOT_FOUND"),
    ProgramNotFoundError: (404, "PROGRAM_NOT_FOUND"),
    ProgramVersionNotFoundError: (404, "PROGRAM_VERSION_NOT_FOUND"),
    UserNotFoundError: (404, "USER_NOT_FOUND"),
    ApiKeyNotFoundError: (404, "API_KEY_NOT_FOUND"),
    WebhookNotFoundError: (404, "WEBHOOK_NOT_FOUND"),
    DeliveryNotFoundError: (404, "DELIVERY_NOT_FOUND"),
    InvalidDefinitionError: (422, "INVALID_DEFINITION"),
    EmailTakenError: (409, "EMAIL_TAKEN"),
    EmailFixedError: (409, "EMAIL_FIXED"),
    UserForgottenError: (409, "USER_FORGOTTEN"),
    MembershipTakenError: (409, "MEMBERSHIP_TAKEN"),
    TooManyMembershipsError: (409, "TOO_MANY_MEMBERSHIPS"),
    ApiKeyExistsError: (409, "API_KEY_EXISTS"),
    TooManyApiKeysError: (409, "TOO_MANY_API_KEYS"),
    DefinitionsTooLargeError: (409, "DEFINITIONS_TOO_LARGE"),
    DefinitionInUseError: (409, "DEFINITION_IN_USE"),
    SandboxFixedError: (409, "SANDBOX_FIXED"),
    NotASandboxError: (409, "NOT_A_SANDBOX"),
    ClockGoesForwardOnlyError: (409, "CLOCK_GOES_FORWARD_ONLY"),
    InsufficientPointsError: (409, "INSUFFICIENT_POINTS"),
    TooManyHoldsError: (409, "TOO_MANY_HOLDS"),
    HoldClosedError: (409, "HOLD_CLOSED"),
    UserInactiveError: (409, "USER_INACTIVE"),
    PointsLimitError: (409, "POINTS_LIMIT"),
    NotReversibleError: (409, "NOT_REVERSIBLE"),
    AlreadyReversedError: (409, "ALREADY_REVERSED"),
    ReversalTooLargeError: (409, "REVERSAL_TOO_LARGE"),
    TooManyReversalsError: (409, "TOO_MANY_REVERSALS"),
    PointsScaleError: (422, "POINTS_SCALE"),
    HoldNotFoundError: (404, "HOLD_NOT_FOUND"),
    TooManyPostingsError: (422, "TOO_MANY_POSTINGS"),
    JobNotFoundError: (404, "JOB_NOT_FOUND"),
    JobNotReadyError: (409, "JOB_NOT_READY"),
    JobOverError: (409, "JOB_OVER"),
    WebhookDisabledError: (409, "WEBHOOK_DISABLED"),
    TooManyWebhooksError: (409, "TOO_MANY_WEBHOOKS"),
    PreconditionFailedError: (412, "PRECONDITION_FAILED"),
    PreconditionRequiredError: (428, "PRECONDITION_REQUIRED"),
}


def status_of(refusal: RefusalError, catalog_refusal_status: int = 422) -> int:
    """The HTTP status that a refusal is answered with.

    Clients of Village's form handle 400 and not 422, so its endpoint has its own status for what
    the catalog does not allow.
    """
    if isinstance(refusal, CatalogRefusalError):
        return catalog_refusal_status
    return CODES[type(refusal)][0]


def error_headers(refusal: RefusalError) -> dict[str, str]:
    """What a refusal tells besides, for programs."""
    if isinstance(refusal, InsufficientPointsError):
        return {"Accrue-Available-Points": canonical_text(refusal.available)}
    return {}


def error_body(refusal: RefusalError, request_id: str) -> dict[str, Any]:
    """The one form that errors have everywhere."""
    return {
        "message": refusal.message,
        "code": CODES[type(refusal)][1],
        "errors": [{"pointer": f.pointer, "message": f.message} for f in refusal.faults],
        "request_id": request_id,
    }
