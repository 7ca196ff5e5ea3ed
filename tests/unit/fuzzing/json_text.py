"""Writes values as JSON text, and what no writer of JSON would write."""

import json
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text that stands in the JSON as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A member that is there twice: its name with the other value, and again with its own."""

    value: object
    other: object


def written(value: object, *, is_ascii: bool = True) -> str:
    """The JSON text of a value, numbers as exact as they are."""
    match value:
        case Verbatim(text):
            return text
        case Repeated(own, _):
            return written(own, is_ascii=is_ascii)
        case dict():
            return "{" + ", ".join(_members(value, is_ascii=is_ascii)) + "}"
        case list():
            return "[" + ", ".join(written(item, is_ascii=is_ascii) for item in value) + "]"
        case Decimal():
            return str(value)
    return json.dumps(value, ensure_ascii=is_ascii)


def _members(mapping: dict[str, object], *, is_ascii: bool) -> list[str]:
    members = []
    for name, value in mapping.items():
        shown = json.dumps(name, ensure_ascii=is_ascii)
        if isinstance(value, Repeated):
            members.append(f"{shown}: {written(value.other, is_ascii=is_ascii)}")
        members.append(f"{shown}: {written(value, is_ascii=is_ascii)}")
    return members
