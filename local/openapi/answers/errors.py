"""The one form that errors have everywhere."""

from typing import Annotated

from pydantic import Field

from local.openapi.answers.part import Part

ErrorCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Z][A-Z0-9_]+$",
        description="Stable: programs go by it. See `x-error-codes`.",
    ),
]


class Fault(Part):
    """One thing wrong with a request."""

    pointer: str = Field(
        description="A JSON pointer into the body, or `header:`, `path:` or `query:` and a name."
    )
    message: str = Field(description="What to do about it.")


class Error(Part):
    """Why a request was refused, or that something failed."""

    message: str
    code: ErrorCode
    errors: list[Fault]
    request_id: str
