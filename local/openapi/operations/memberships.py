"""Memberships: enrol, look, spend."""

from pydantic import BaseModel

from accrue.domain.administration_errors import (
    AdminKeyRequiredError,
    MembershipTakenError,
    TooManyMembershipsError,
    UserForgottenError,
)
from accrue.domain.catalog import KeyRole
from accrue.domain.errors import (
    IdempotencyKeyReusedError,
    InvalidRequestError,
    MembershipNotFoundError,
    NetworkNotFoundError,
    UnknownProgramError,
    UnknownUserError,
)
from accrue.domain.history_errors import TooManyPostingsError
from accrue.domain.spending_errors import (
    HoldClosedError,
    HoldNotFoundError,
    InsufficientPointsError,
    PointsLimitError,
    PointsScaleError,
    TooManyHoldsError,
    UserInactiveError,
)
from local.openapi.answers.memberships import (
    AdjustmentAnswer,
    BalanceAnswer,
    CaptureAnswer,
    HistoryPage,
    HoldAnswer,
    MembershipAnswer,
    ProgramMembershipAnswer,
    RedemptionAnswer,
    ReleaseAnswer,
    StatementAnswer,
)
from local.openapi.operation import (
    ADMIN,
    PARTNER,
    WITH_BODY,
    Answer,
    Body,
    Link,
    Operation,
    Refusals,
    answer,
)
from local.openapi.operations.activities import RECORDED

_ONE = "/v2/program-memberships/{program_membership_id}"
_SAME = {"program_membership_id": "$request.path.program_membership_id"}
_MADE = {"program_membership_id": "$response.body#/program_membership_id"}
_HOLD = {**_SAME, "hold_id": "$response.body#/hold_id"}
_WARNED = {"Accrue-Warnings": False}


def _order(  # noqa: PLR0913 - each says something else
    operation_id: str,
    summary: str,
    body: str,
    model: type[BaseModel],
    refusals: Refusals,
    *,
    keys: tuple[KeyRole, ...] = PARTNER,
    links: dict[str, Link] | None = None,
) -> Operation:
    return Operation(
        operation_id=operation_id,
        summary=summary,
        tag="Points",
        keys=keys,
        body=Body.of(body),
        query=("dry_run",),
        answers={
            200: answer(
                "What was done, however often it is sent.",
                model,
                headers=RECORDED,
                links=links or {},
            )
        },
        refusals=(*WITH_BODY, MembershipNotFoundError, IdempotencyKeyReusedError, *refusals),
    )


def _membership(description: str) -> Answer:
    links = {
        "membership": Link(operation_id="get_membership", parameters=_MADE),
        "activity": Link(operation_id="record_membership_activity", parameters=_MADE),
        "adjustment": Link(operation_id="adjust_points", parameters=_MADE),
    }
    return answer(description, ProgramMembershipAnswer, headers=_WARNED, links=links)


_SPENDING: Refusals = (
    InsufficientPointsError,
    UserInactiveError,
    PointsScaleError,
    PointsLimitError,
)

MEMBERSHIPS = {
    "POST /v2/program-memberships": Operation(
        operation_id="create_program_membership",
        summary="Enrol a user, or learn the membership",
        tag="Memberships",
        keys=PARTNER,
        body=Body.of("ProgramMembershipRequest"),
        answers={
            200: _membership("The user had it."),
            201: _membership("It is new."),
        },
        refusals=(
            *WITH_BODY,
            NetworkNotFoundError,
            UnknownUserError,
            UnknownProgramError,
            UserForgottenError,
            MembershipTakenError,
            TooManyMembershipsError,
        ),
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_membership",
        summary="A membership as it is now",
        tag="Memberships",
        keys=PARTNER,
        answers={200: answer("Its points, holds, tier and quests.", MembershipAnswer)},
        refusals=(MembershipNotFoundError,),
    ),
    f"GET {_ONE}/activities": Operation(
        operation_id="list_membership_activities",
        summary="A membership's history",
        tag="Memberships",
        keys=PARTNER,
        query=("limit", "cursor"),
        answers={
            200: answer(
                "A page, the newest first.",
                HistoryPage,
                links={
                    "next": Link(
                        operation_id="list_membership_activities",
                        parameters={**_SAME, "cursor": "$response.body#/next_cursor"},
                    )
                },
            )
        },
        refusals=(InvalidRequestError, MembershipNotFoundError),
    ),
    f"GET {_ONE}/balance": Operation(
        operation_id="get_balance",
        summary="A balance as of a moment",
        tag="Memberships",
        keys=PARTNER,
        query=("as_of",),
        answers={200: answer("The balance then.", BalanceAnswer)},
        refusals=(InvalidRequestError, MembershipNotFoundError, TooManyPostingsError),
    ),
    f"GET {_ONE}/statement": Operation(
        operation_id="get_statement",
        summary="A statement for a period",
        tag="Memberships",
        keys=PARTNER,
        query=("from", "until", "limit", "cursor"),
        answers={200: answer("A page, the oldest first.", StatementAnswer)},
        refusals=(InvalidRequestError, MembershipNotFoundError, TooManyPostingsError),
    ),
    f"POST {_ONE}/redemptions": _order(
        "redeem_points", "Spend points", "RedemptionRequest", RedemptionAnswer, _SPENDING
    ),
    f"POST {_ONE}/holds": _order(
        "hold_points",
        "Set points aside",
        "HoldRequest",
        HoldAnswer,
        (*_SPENDING, TooManyHoldsError),
        links={
            "capture": Link(operation_id="capture_hold", parameters=_HOLD),
            "release": Link(operation_id="release_hold", parameters=_HOLD),
        },
    ),
    f"POST {_ONE}/holds/{{hold_id}}/capture": _order(
        "capture_hold",
        "Spend a hold",
        "CaptureRequest",
        CaptureAnswer,
        (*_SPENDING, HoldNotFoundError, HoldClosedError),
    ),
    f"POST {_ONE}/holds/{{hold_id}}/release": _order(
        "release_hold",
        "Give a hold up",
        "ReleaseRequest",
        ReleaseAnswer,
        (PointsLimitError, HoldNotFoundError, HoldClosedError),
    ),
    f"POST {_ONE}/adjustments": _order(
        "adjust_points",
        "Add or deduct points by hand",
        "AdjustmentRequest",
        AdjustmentAnswer,
        (*_SPENDING, AdminKeyRequiredError),
        keys=ADMIN,
        links={
            "redemption": Link(operation_id="redeem_points", parameters=_SAME),
            "hold": Link(operation_id="hold_points", parameters=_SAME),
        },
    ),
}
