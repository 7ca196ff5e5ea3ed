"""Says where a body stops being JSON, and what to do about it."""

import json
import re

# What stands at the position of the error, and the remedy.
_REMEDIES = (
    (re.compile(r"//|/\*|#"), "JSON has no comments: remove them"),
    (re.compile(r",\s*[}\]]"), "remove the trailing comma"),
    (re.compile(r"'"), "use double quotes instead of single quotes"),
    (re.compile(r"[\u2018-\u201f]"), "use straight double quotes"),
    (re.compile(r"(?:True|False|None|undefined)\b"), "write true, false or null"),
    (re.compile(r"\ufeff"), "remove the byte order mark"),
    (re.compile(r"[\x00-\x1f]"), "escape it, a line break as \\n"),
    (re.compile(r"\\"), "write a backslash as \\\\"),
    (re.compile(r"\Z"), "it ends too early: check that it is complete"),
)
# Where what stands there does not tell, the parser's own words do.
_REMEDIES_BY_MESSAGE = {
    "Extra data": "send one JSON object and nothing behind it",
    "Unterminated string starting at": "close the string with a double quote",
}


def explain_syntax_error(error: json.JSONDecodeError) -> str:
    """The position and the remedy. Nothing of the body is quoted: it may hold personal values."""
    remedies = (remedy for pattern, remedy in _REMEDIES if pattern.match(error.doc, error.pos))
    last_resort = _REMEDIES_BY_MESSAGE.get(error.msg, "check it with a JSON validator")
    remedy = next(remedies, last_resort)
    place = f"line {error.lineno}, column {error.colno}"
    return f"is not JSON at {place} ({error.msg}): {remedy}"
