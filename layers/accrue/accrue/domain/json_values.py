"""What a JSON body may hold once parsed, and how to point into it and speak of it."""

from collections.abc import Mapping
from decimal import Decimal
from types import NoneType

type JsonValue = str | Decimal | bool | list[JsonValue] | dict[str, JsonValue] | None

# Enough to recognise what was sent; an answer must not grow with the length of a bad name.
MAX_QUOTED_CHARS = 40


class WrongValueError(ValueError):
    """What was sent as one value cannot be accepted; the message says how to mend it."""


def pointer(*path: str | int) -> str:
    """The RFC 6901 pointer of `path`; no parts at all is the whole body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def quoted(text: str) -> str:
    """`text` in double quotes, shortened, printable ASCII only: safe in a header and in a log."""
    shown = text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "..."
    return '"' + ascii(shown)[1:-1].replace('"', '\\"') + '"'


def type_name(value: object) -> str:
    """What a partner would call the type of `value`."""
    names = (name for kind, name in _TYPE_NAMES if isinstance(value, kind))
    return next(names, f"a {type(value).__name__}")


# A bool is an int to Python, so it stands first.
_TYPE_NAMES = (
    (NoneType, "null"),
    (bool, "a boolean"),
    (str, "a string"),
    ((int, Decimal), "a number"),
    (Mapping, "an object"),
    (list, "an array"),
)
