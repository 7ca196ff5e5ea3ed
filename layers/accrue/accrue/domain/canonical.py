"""One spelling for one content, so that its hash can be compared for ever."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _text
from types import NoneType
from typing import Any

from accrue.domain.amounts import canonical_text

type _Spelling = Callable[[Any], str]


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces, ASCII only, numbers as `canonical_text` spells them.

    An int, and a Decimal with whatever zeros DynamoDB gives back, have one spelling. Strings stay
    strings: "50" differs from 50. Floats, sets and bytes are a `TypeError`.
    """
    # By its very type: a row takes two thirds of the time of asking for one type after the other.
    spell = _SPELLINGS.get(type(value)) or _spelling_of(value)
    return spell(value)


def _spelling_of(value: object) -> _Spelling:
    """That of a value whose type is derived from one that has a spelling."""
    for kind, spell in (*_SPELLINGS.items(), (Mapping, _object)):
        if isinstance(value, kind):
            return spell
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _object(members: Mapping[str, object]) -> str:
    # Names that are not text are a TypeError: of sorting them, or of spelling them.
    spelt = [f"{_text(name)}:{canonical_json(members[name])}" for name in sorted(members)]
    return "{" + ",".join(spelt) + "}"


def _array(values: Iterable[object]) -> str:
    return "[" + ",".join([canonical_json(each) for each in values]) + "]"


_SPELLINGS: Mapping[type, _Spelling] = {
    str: _text,
    dict: _object,
    list: _array,
    tuple: _array,
    Decimal: canonical_text,
    int: lambda number: canonical_text(Decimal(number)),
    bool: lambda truth: "true" if truth else "false",
    NoneType: lambda _: "null",
}


def content_hash(value: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return sha256(canonical_json(value).encode("ascii")).hexdigest()
