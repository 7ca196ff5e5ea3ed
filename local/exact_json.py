"""Reads the JSON of a file, and says on which line it is none, or says something twice."""

import json
import math
import re
from typing import Any, NoReturn

from accrue.domain.json_values import quoted
from accrue.runtime.json_syntax import explain_syntax_error
from local.errors import UnreadableTextError
from local.exact_yaml import MAX_DEPTH, MAX_DIGITS

# Possessive, and content with an unterminated string: linear on any text.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}:]', re.DOTALL)


def read_json(text: str) -> object:
    """The document. Raises UnreadableTextError."""
    _check_nesting(text)
    try:
        return json.loads(
            text,
            parse_int=lambda digits: _whole_number(digits, text),
            parse_float=lambda digits: _fraction(digits, text),
            parse_constant=lambda name: _no_number(name, text),
        )
    except json.JSONDecodeError as error:
        raise UnreadableTextError(error.lineno, explain_syntax_error(error)) from error


def _check_nesting(text: str) -> None:
    """No part nests too deep, and no object has a name twice."""
    names: list[set[str]] = []
    last = ""
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[":
                names.append(set())
                if len(names) > MAX_DEPTH:
                    _refuse(
                        f"nests deeper than {MAX_DEPTH} levels: flatten it", text, token.start()
                    )
            case "}" | "]":
                # One too many is for the parser to tell.
                del names[-1:]
            case ":" if names:
                if last in names[-1]:
                    told = f"{quoted(last[1:-1])} stands here a second time: remove one of the two"
                    _refuse(told, text, token.start())
                names[-1].add(last)
            case string:
                last = string


def _whole_number(digits: str, text: str) -> int:
    if len(digits) > MAX_DIGITS:
        told = f"a number of {len(digits):,} digits: write at most {MAX_DIGITS}"
        _refuse(told, text, text.index(digits))
    return int(digits)


def _fraction(digits: str, text: str) -> float:
    """The document refuses fractions and says how to write them; what is none ends here."""
    number = float(digits)
    if len(digits) > MAX_DIGITS or not math.isfinite(number):
        _refuse(f"{quoted(digits)} is out of range: write fewer digits", text, text.index(digits))
    return number


def _no_number(name: str, text: str) -> NoReturn:
    found: Any = re.search(rf"(?<![\w\"]){name}(?![\w\"])", text)
    _refuse(f"{name} is not a JSON number: write one", text, found.start() if found else 0)


def _refuse(message: str, text: str, position: int) -> NoReturn:
    raise UnreadableTextError(text.count("\n", 0, position) + 1, message)
