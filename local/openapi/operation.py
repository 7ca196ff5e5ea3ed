"""What is said of an operation; what can be known from elsewhere is not said here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from accrue.domain.administration_errors import (
    AdminKeyRequiredError,
    InvalidDefinitionError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from accrue.domain.catalog import KeyRole
from accrue.domain.errors import (
    InvalidRequestError,
    MalformedJsonError,
    NetworkNotFoundError,
    RefusalError,
    RequestTooLargeError,
)
from accrue.domain.program.parts import Document

type Refusals = tuple[type[RefusalError], ...]
type Json = dict[str, Any]

JSON = "application/json"
PARTNER = (KeyRole.PARTNER, KeyRole.ADMIN)
ADMIN = (KeyRole.ADMIN,)
OPERATOR_OR_ADMIN = (KeyRole.OPERATOR, KeyRole.ADMIN)
OPERATOR = (KeyRole.OPERATOR,)

# Of whoever asks about a network, or as its administrator.
IN_NETWORK: Refusals = (NetworkNotFoundError,)
OF_ADMINS: Refusals = (NetworkNotFoundError, AdminKeyRequiredError)
# Of whatever has a body, or a query string that is read.
WITH_BODY: Refusals = (InvalidRequestError, MalformedJsonError, RequestTooLargeError)
WITH_DEFINITION: Refusals = (*WITH_BODY, InvalidDefinitionError)
CONDITIONAL: Refusals = (PreconditionFailedError, PreconditionRequiredError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body: a component or a model, by media type.

    `in_path` is the field that the path has; in the body it may be left out, and must be equal.
    """

    content: Mapping[str, str | type[Document] | Json]
    in_path: str | None = None
    is_required: bool = True

    @classmethod
    def of(
        cls, model: str | type[Document], in_path: str | None = None, *, is_required: bool = True
    ) -> "Body":
        """A JSON body."""
        return cls(content={JSON: model}, in_path=in_path, is_required=is_required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What can be called next. Parameters are runtime expressions of OpenAPI."""

    operation_id: str
    parameters: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success: one of these models, its headers (true is always there), what can follow."""

    description: str
    models: tuple[type[BaseModel], ...]
    headers: Mapping[str, bool] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route. `keys` are the roles of those that may call it."""

    operation_id: str
    summary: str
    tag: str
    keys: tuple[KeyRole, ...]
    answers: Mapping[int, Answer]
    refusals: Refusals = ()
    body: Body | None = None
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    # Clients of Village's form handle 400 and not 422.
    catalog_refusal_status: int = 422
    # Of the two vendors' own operations: whose, and how this one differs.
    vendor: str | None = None


def answer(description: str, *models: type[BaseModel], **more: Any) -> Answer:  # noqa: ANN401
    """A success."""
    return Answer(description=description, models=models, **more)


def page_for_admins(operation_id: str, summary: str, tag: str, page: Answer) -> Operation:
    """A list of the network that its administrators read page by page."""
    return Operation(
        operation_id=operation_id,
        summary=summary,
        tag=tag,
        keys=ADMIN,
        query=("limit", "cursor"),
        answers={200: page},
        refusals=(InvalidRequestError, *OF_ADMINS),
    )
