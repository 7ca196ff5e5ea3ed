"""What the models of answers are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from accrue.domain.event_documents import Count, DayText, DecimalText, TimeText

__all__ = ["Absent", "Count", "DayText", "DecimalText", "NextCursor", "Part", "TimeText", "Yes"]

NextCursor = str | None
Yes = Annotated[bool, WithJsonSchema({"type": "boolean", "enum": [True]})]


class Part(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


def Absent() -> Any:  # noqa: ANN401, N802 - stands where pydantic's Field does
    """The default of a field that is left out where it says nothing, and never null."""
    return Field(default=None, json_schema_extra=_without_default)
