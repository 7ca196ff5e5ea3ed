"""The rows in the body of a batch, each as its own text: so that what is wrong in one spoils no
other, each is parsed by itself.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from accrue.domain.errors import Fault, MalformedJsonError, RequestTooLargeError
from accrue.runtime.json_body import body_text

MAX_ROWS = 500
MAX_BATCH_BYTES = 2 * 1024 * 1024

_WHITE_SPACE = " \t\r\n"
# Possessive, and content with an unterminated string: linear on any text.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def split_rows(body: str | None, *, is_base64_encoded: bool) -> Sequence[str]:
    """The text of each element of a JSON array, or of each line of NDJSON that is not blank.

    Raises `RequestTooLargeError`, or `MalformedJsonError` if there are no rows or it can't be told
    where they begin and end. Whether each is JSON is not looked at.
    """
    text = body_text(body, is_base64_encoded=is_base64_encoded, max_bytes=MAX_BATCH_BYTES)
    text = text.strip(_WHITE_SPACE)
    found = _elements(text) if text.startswith("[") else _lines(text)
    rows = list(islice(found, MAX_ROWS + 1))
    if not rows:
        message = "has no rows: send a JSON array of activities, or one in each line"
        raise MalformedJsonError.of(Fault("", message))
    if len(rows) > MAX_ROWS:
        message = f"has more than {MAX_ROWS} rows: send fewer at a time"
        raise RequestTooLargeError(f"body: {message}", [Fault("", message)])
    return rows


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.split("\n") if line.strip(_WHITE_SPACE))


def _elements(text: str) -> Iterator[str]:
    """What stands between the brackets and commas of the outermost array."""
    depth, begin = 0, 1
    has_commas = False
    for token in _TOKEN.finditer(text):
        depth += _STEPS.get(token[0], 0)
        if depth == 0 and token[0] == "]":
            last = text[begin : token.start()]
            if has_commas or last.strip(_WHITE_SPACE):
                yield last
            _ensure_end(text, token.end())
            return
        if depth == 0:
            break
        if depth == 1 and token[0] == ",":
            yield text[begin : token.start()]
            begin, has_commas = token.end(), True
    message = "is an array without its end: close every string, object and array"
    raise MalformedJsonError.of(Fault("", message))


def _ensure_end(text: str, end: int) -> None:
    if end != len(text):
        message = "goes on behind the array: close every bracket once, and send nothing behind it"
        raise MalformedJsonError.of(Fault("", message))
