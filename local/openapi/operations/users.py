"""Users."""

from accrue.domain.administration_errors import (
    EmailFixedError,
    EmailTakenError,
    MembershipTakenError,
    TooManyMembershipsError,
    UserForgottenError,
    UserNotFoundError,
)
from accrue.domain.errors import InvalidRequestError
from accrue.domain.network_parts import UserPart
from accrue.domain.suspension_part import SuspensionPart
from local.openapi.answers.administration import UserAnswer, UserPage
from local.openapi.operation import (
    ADMIN,
    CONDITIONAL,
    OF_ADMINS,
    WITH_DEFINITION,
    Body,
    Link,
    Operation,
    Refusals,
    answer,
    page_for_admins,
)
from local.openapi.operations.networks import CONDITIONS, TAGGED

_ALL = "/networks/{network_id}/users"
_ONE = f"{_ALL}/{{user_id}}"
_SAME = {"network_id": "$request.path.network_id", "user_id": "$response.body#/user_id"}
_LINKS = {
    name: Link(operation_id=f"{name}_user", parameters=_SAME)
    for name in ("get", "suspend", "reinstate", "forget")
}


def _standing(
    name: str, summary: str, description: str, refusals: Refusals, body: Body | None = None
) -> Operation:
    return Operation(
        operation_id=f"{name}_user",
        summary=summary,
        tag="Users",
        keys=ADMIN,
        body=body,
        answers={
            200: answer(
                description,
                UserAnswer,
                headers=TAGGED,
                links={"get": _LINKS["get"]},
            )
        },
        refusals=(*OF_ADMINS, UserNotFoundError, *refusals),
    )


USERS = {
    f"GET {_ALL}": page_for_admins(
        "list_users",
        "A network's users",
        "Users",
        answer("A page by id, forgotten ones too.", UserPage),
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_user",
        summary="A user",
        tag="Users",
        keys=ADMIN,
        answers={200: answer("As known here.", UserAnswer, headers=TAGGED)},
        refusals=(*OF_ADMINS, UserNotFoundError),
    ),
    f"PUT {_ONE}": Operation(
        operation_id="put_user",
        summary="Make a user, or change what may be changed",
        tag="Users",
        keys=ADMIN,
        body=Body.of(UserPart, in_path="user_id"),
        headers=CONDITIONS,
        answers={
            200: answer("Changed, or already so.", UserAnswer, headers=TAGGED),
            201: answer("New.", UserAnswer, headers=TAGGED, links=_LINKS),
        },
        refusals=(
            *WITH_DEFINITION,
            *OF_ADMINS,
            *CONDITIONAL,
            EmailTakenError,
            EmailFixedError,
            UserForgottenError,
            MembershipTakenError,
            TooManyMembershipsError,
        ),
    ),
    f"POST {_ONE}/suspend": _standing(
        "suspend",
        "Let a user earn nothing",
        "Suspended.",
        (*WITH_DEFINITION, UserForgottenError),
        Body.of(SuspensionPart, is_required=False),
    ),
    f"POST {_ONE}/reinstate": _standing(
        "reinstate",
        "Let a user earn again",
        "Active.",
        (InvalidRequestError, UserForgottenError),
    ),
    f"POST {_ONE}/forget": _standing(
        "forget",
        "Delete for ever whatever tells who a user is",
        "Forgotten.",
        (InvalidRequestError,),
    ),
}
