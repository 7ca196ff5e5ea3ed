"""Parses JSON text, stricter than the standard library and at a cost linear in its length."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from accrue.domain.errors import Fault, MalformedJsonError
from accrue.domain.json_values import WrongValueError, pointer, quoted
from accrue.domain.number_text import number_from_text
from accrue.runtime.json_syntax import explain_syntax_error

# Ours nest four deep; the parser of the standard library recurses.
MAX_DEPTH = 8
# An answer must not grow with the number of mistakes in a body.
MAX_FAULTS = 8
# Nor with the length of a name; ours are shorter.
MAX_POINTED_CHARS = 64

# Possessive, and content with an unterminated string: linear on any text.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands in the parsed value for something to refuse: where that is, is known only later."""

    message: str


def parse_strict_json(text: str, max_depth: int = MAX_DEPTH) -> object:
    """The value in `text`, all its numbers as exact Decimals, or a `MalformedJsonError`."""
    _check_depth(text, max_depth)
    try:
        parsed = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise MalformedJsonError.of(Fault("", explain_syntax_error(error))) from None
    faults = tuple(islice(_faults(parsed, ()), MAX_FAULTS))
    if faults:
        raise MalformedJsonError.of(*faults)
    return parsed


def _check_depth(text: str, max_depth: int) -> None:
    # So few can't nest deeper, wherever they stand, and most bodies have no more.
    if text.count("{") + text.count("[") <= max_depth:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        depth += _STEPS.get(token[0], 0)
        if depth > max_depth:
            message = f"nests deeper than {max_depth} levels: flatten it"
            raise MalformedJsonError.of(Fault("", message))


def _number(text: str) -> Decimal | _Refused:
    try:
        return number_from_text(text)
    except WrongValueError as error:
        return _Refused(str(error))


def _constant(name: str) -> _Refused:
    return _Refused(f"{name} is not a JSON number: send a number, or leave the field out")


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for name, value in members:
        mapping[name] = _Refused("is sent twice: send it once") if name in mapping else value
    return mapping


def _faults(value: object, path: tuple[str | int, ...]) -> Iterator[Fault]:
    match value:
        case _Refused(message):
            yield Fault(pointer(*path), message)
        case str() if not _is_unicode(value):
            yield Fault(pointer(*path), "has half of a surrogate pair: send whole characters")
        case list():
            for index, item in enumerate(value):
                yield from _faults(item, (*path, index))
        case dict():
            for name, item in value.items():
                if _is_unicode(name):
                    yield from _faults(item, (*path, name[:MAX_POINTED_CHARS]))
                else:
                    message = f"has a name, {quoted(name)}, with half of a surrogate pair: mend it"
                    yield Fault(pointer(*path), message)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
