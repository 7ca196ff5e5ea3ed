"""JSON Schemas of single fields, from the limits of the parsers that read them.

What a schema can't say is in its description: emails inside ids, and numbers with an exponent,
which the parsers read too.
"""

from collections.abc import Mapping
from typing import Any

from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT, MAX_DECIMAL_PLACES
from accrue.domain.field_parsers import CONTROL_CHARACTERS, EMAIL_INSIDE, MAX_EMAIL_CHARS
from accrue.domain.timestamps import FIRST_IMPLAUSIBLE_SECOND
from accrue.domain.timestamps import MAX_DECIMAL_PLACES as MAX_TIME_PLACES

type Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
TRUTH: Schema = {"type": "boolean"}
_PRINTABLE = CONTROL_CHARACTERS.pattern.replace("[", "[^")
# Of 10^15 itself only the number form is described.
_WHOLE_DIGITS = len(f"{MAX_ABSOLUTE_AMOUNT:f}") - 1
_SECOND_DIGITS = len(str(FIRST_IMPLAUSIBLE_SECOND)) - 1
_ZERO = r"^-?0(\.0*)?$"


def described(schema: Schema, description: str) -> Schema:
    """The schema with a description."""
    return {**schema, "description": description}


def or_null(schema: Schema) -> Schema:
    """A field that may be left out: the parsers read null as absent."""
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    known = {name: schema[name] for name in ("description",) if name in schema}
    alternatives = schema.get("anyOf") or [schema]
    return {**known, "anyOf": [*alternatives, NULL]}


def free_text(max_chars: int) -> Schema:
    """Any characters, also none."""
    return {"type": "string", "maxLength": max_chars}


def identifier(max_chars: int) -> Schema:
    """Not blank, no control characters."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": max_chars,
        "pattern": rf"^{_PRINTABLE}*[^\s\x00-\x1f\x7f-\x9f]{_PRINTABLE}*$",
    }


def stored_identifier(max_chars: int) -> Schema:
    """One that rows keep for ever, and so without an email in it."""
    return {**identifier(max_chars), "not": {"pattern": EMAIL_INSIDE.pattern}}


def email() -> Schema:
    """An email."""
    character = r"[^\s\x00-\x1f\x7f-\x9f]"
    return {
        "type": "string",
        "maxLength": MAX_EMAIL_CHARS,
        "pattern": f"^{character}*@{character}*$",
    }


def amount() -> Schema:
    """An exact decimal."""
    return _number(_decimal(_WHOLE_DIGITS, MAX_DECIMAL_PLACES, sign="-?"), _bounds())


def points_but_not_0() -> Schema:
    """Points to add, or to deduct."""
    text = {**_decimal(_WHOLE_DIGITS, MAX_DECIMAL_PLACES, sign="-?"), "not": {"pattern": _ZERO}}
    return _number(text, {**_bounds(), "not": {"const": 0}})


def positive_amount() -> Schema:
    """More than nothing."""
    text = {**_decimal(_WHOLE_DIGITS, MAX_DECIMAL_PLACES), "not": {"pattern": _ZERO}}
    return _number(text, {"exclusiveMinimum": 0, "maximum": int(MAX_ABSOLUTE_AMOUNT)})


def unix_seconds() -> Schema:
    """A moment."""
    bounds = {"minimum": 0, "exclusiveMaximum": FIRST_IMPLAUSIBLE_SECOND}
    return _number(_decimal(_SECOND_DIGITS, MAX_TIME_PLACES), bounds)


def whole_seconds(least: int, most: int) -> Schema:
    """How long; of what can be text too, only what a pattern can tell."""
    digits = f"{{{len(str(least))},{len(str(most)) - 2}}}"
    return {
        "anyOf": [
            {"type": "integer", "minimum": least, "maximum": most},
            {"type": "string", "pattern": f"^[1-9][0-9]{digits}$"},
        ]
    }


def body(
    known: frozenset[str],
    required: Mapping[str, Schema],
    optional: Mapping[str, Schema],
    **more: Any,  # noqa: ANN401 - any keywords of JSON Schema
) -> Schema:
    """An object with exactly the fields that its parser knows; others are let through."""
    if known != required.keys() | optional.keys():
        differing = sorted(known ^ (required.keys() | optional.keys()))
        raise ValueError(f"not as the parser has it: {differing}")
    properties = {**required, **{name: or_null(schema) for name, schema in optional.items()}}
    return {
        "type": "object",
        "required": sorted(required),
        "properties": dict(sorted(properties.items())),
        **more,
    }


def _number(text: Schema, bounds: Schema) -> Schema:
    return {"anyOf": [text, {"type": "number", **bounds}]}


def _bounds() -> Schema:
    return {"minimum": -int(MAX_ABSOLUTE_AMOUNT), "maximum": int(MAX_ABSOLUTE_AMOUNT)}


def _decimal(whole_digits: int, places: int, sign: str = "") -> Schema:
    whole = f"(0|[1-9][0-9]{{0,{whole_digits - 1}}})"
    return {"type": "string", "pattern": rf"^{sign}{whole}(\.[0-9]{{1,{places}}})?$"}
