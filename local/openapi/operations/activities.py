"""Activities: record, find, reverse."""

from accrue.domain.administration_errors import AdminKeyRequiredError
from accrue.domain.errors import (
    ActivityNotFoundError,
    IdempotencyKeyReusedError,
    InvalidRequestError,
    MembershipNotFoundError,
    NegativeValueError,
    UnknownActivityTypeError,
    UnknownRoleError,
    UnknownUserError,
    UnusableMetadataError,
)
from accrue.domain.reversal_errors import (
    AlreadyReversedError,
    NotReversibleError,
    ReversalTooLargeError,
    TooManyReversalsError,
)
from accrue.domain.spending_errors import PointsLimitError
from local.openapi.answers.activities import (
    ActivityAnswer,
    ActivityIdAnswer,
    ActivityPage,
    DryRunAnswer,
    IdempotencyKeyAnswer,
    ReversalAnswer,
)
from local.openapi.answers.batches import BatchAnswer
from local.openapi.operation import (
    IN_NETWORK,
    JSON,
    PARTNER,
    WITH_BODY,
    Body,
    Link,
    Operation,
    answer,
)
from local.openapi.partner_bodies import BATCH_LINES, IDEMPOTENCY_KEY_HEADER

_TAG = "Activities"
RECORDED = {
    "Accrue-Activity-Id": False,
    "Idempotent-Replayed": False,
    "Accrue-Dry-Run": False,
    "Accrue-Warnings": False,
}
_WITH_DUPLICATES = {**RECORDED, "Accrue-Duplicate-Of": False}
_FILTERS = (
    *("activity_type_id", "user_id", "reference_id", "idempotency_key", "outcome", "kind"),
    *("recorded_since", "recorded_until", "occurred_since", "occurred_until"),
)
_NETWORK = {"network_id": "$request.path.network_id"}
_IN_BODY = {**_NETWORK, "activity_id": "$response.body#/activity_id"}

ACTIVITIES = {
    "POST /v2/program-memberships/{program_membership_id}/activities": Operation(
        operation_id="record_membership_activity",
        summary="Record what a membership did",
        tag=_TAG,
        keys=PARTNER,
        body=Body.of("MembershipActivityRequest"),
        query=("dry_run",),
        answers={
            200: answer(
                "It is in the ledger; or what would come of it.",
                IdempotencyKeyAnswer,
                DryRunAnswer,
                headers=RECORDED,
                links={
                    "membership": Link(
                        operation_id="get_membership",
                        parameters={"program_membership_id": "$request.path.program_membership_id"},
                    ),
                    "history": Link(
                        operation_id="list_membership_activities",
                        parameters={"program_membership_id": "$request.path.program_membership_id"},
                    ),
                },
            )
        },
        refusals=(
            *WITH_BODY,
            MembershipNotFoundError,
            UnknownActivityTypeError,
            UnknownRoleError,
            NegativeValueError,
            UnusableMetadataError,
            IdempotencyKeyReusedError,
        ),
        vendor=(
            'Hang\'s "record activities": the same request and answer. Besides, `dry_run`,'
            " `metadata` and headers in the answer."
        ),
    ),
    "POST /networks/{network_id}/activity": Operation(
        operation_id="record_network_activity",
        summary="Record what users of a network did together",
        tag=_TAG,
        keys=PARTNER,
        body=Body.of("NetworkActivityRequest"),
        query=("dry_run",),
        headers=(IDEMPOTENCY_KEY_HEADER,),
        answers={
            200: answer(
                "What would come of it (`dry_run`).", DryRunAnswer, headers=_WITH_DUPLICATES
            ),
            201: answer(
                "It is in the ledger.",
                ActivityIdAnswer,
                headers=_WITH_DUPLICATES,
                links={
                    "activity": Link(operation_id="get_activity", parameters=_IN_BODY),
                    "reversal": Link(operation_id="reverse_activity", parameters=_IN_BODY),
                },
            ),
        },
        refusals=(
            *WITH_BODY,
            *IN_NETWORK,
            UnknownUserError,
            UnknownRoleError,
            NegativeValueError,
            UnusableMetadataError,
            IdempotencyKeyReusedError,
        ),
        catalog_refusal_status=400,
        vendor=(
            "Village's activity API: the same request. The body of the 201, which Village leaves"
            " open, is the activity's id. Besides, `Idempotency-Key`, `line_items`, `dry_run` and"
            " headers in the answer."
        ),
    ),
    "POST /networks/{network_id}/activities/batch": Operation(
        operation_id="record_activity_batch",
        summary="Record many activities, in either form",
        tag=_TAG,
        keys=PARTNER,
        body=Body(content={JSON: "ActivityBatchRequest", "application/x-ndjson": BATCH_LINES}),
        query=("dry_run",),
        headers=(IDEMPOTENCY_KEY_HEADER,),
        answers={
            200: answer(
                "What became of each row.",
                BatchAnswer,
                headers={"Accrue-Dry-Run": False, "Accrue-Warnings": False},
                links={
                    "first_activity": Link(
                        operation_id="get_activity",
                        parameters={
                            **_NETWORK,
                            "activity_id": "$response.body#/results/0/activity_id",
                        },
                    )
                },
            )
        },
        refusals=(*WITH_BODY, *IN_NETWORK),
    ),
    "GET /networks/{network_id}/activities": Operation(
        operation_id="list_activities",
        summary="Find activities",
        tag=_TAG,
        keys=PARTNER,
        query=(*_FILTERS, "limit", "cursor"),
        answers={
            200: answer(
                "A page; it may have few or none although there are more.",
                ActivityPage,
                headers={"Accrue-Warnings": False},
                links={
                    "activity": Link(
                        operation_id="get_activity",
                        parameters={
                            **_NETWORK,
                            "activity_id": "$response.body#/activities/0/activity_id",
                        },
                    )
                },
            )
        },
        refusals=(InvalidRequestError, *IN_NETWORK),
    ),
    "GET /networks/{network_id}/activities/{activity_id}": Operation(
        operation_id="get_activity",
        summary="An activity, what came of it, and why",
        tag=_TAG,
        keys=PARTNER,
        answers={
            200: answer(
                "As soon as it is recorded; `pending` until it is applied.",
                ActivityAnswer,
                headers={"Accrue-Activity-Id": True},
                links={"reversal": Link(operation_id="reverse_activity", parameters=_IN_BODY)},
            )
        },
        refusals=(*IN_NETWORK, ActivityNotFoundError),
    ),
    "POST /networks/{network_id}/activities/{activity_id}/reversal": Operation(
        operation_id="reverse_activity",
        summary="Undo an activity, in whole or in part",
        tag=_TAG,
        keys=PARTNER,
        body=Body.of("ReversalRequest"),
        query=("dry_run",),
        answers={
            200: answer(
                "What was taken back, however often it is sent.",
                ReversalAnswer,
                headers=RECORDED,
                links={"activity": Link(operation_id="get_activity", parameters=_IN_BODY)},
            )
        },
        refusals=(
            *WITH_BODY,
            *IN_NETWORK,
            AdminKeyRequiredError,
            ActivityNotFoundError,
            NotReversibleError,
            AlreadyReversedError,
            ReversalTooLargeError,
            TooManyReversalsError,
            PointsLimitError,
            IdempotencyKeyReusedError,
        ),
    ),
}
