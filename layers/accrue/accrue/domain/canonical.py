"""One spelling for one content, so that its hash can be compared for ever."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring_ascii

from accrue.domain.amounts import canonical_text


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces, ASCII only, numbers as `canonical_text` spells them.

    An int, and a Decimal with whatever zeros DynamoDB gives back, have one spelling. Strings stay
    strings: "50" differs from 50. Floats, sets and bytes are a `TypeError`.
    """
    match value:
        # Most values are text. A row takes half the time of one json.dumps for each of its texts.
        case str():
            return encode_basestring_ascii(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return canonical_text(Decimal(value))
        case list() | tuple():
            return "[" + ",".join(map(canonical_json, value)) + "]"
        # An abstract class takes longer to ask than all others together.
        case dict() | Mapping():
            return "{" + ",".join(_members(value)) + "}"
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")


def _members(mapping: Mapping[object, object]) -> list[str]:
    names = [name for name in mapping if isinstance(name, str)]
    if len(names) != len(mapping):
        raise TypeError("only strings can be names in canonical JSON")
    names.sort()
    return [f"{encode_basestring_ascii(name)}:{canonical_json(mapping[name])}" for name in names]


def content_hash(value: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return sha256(canonical_json(value).encode("ascii")).hexdigest()
