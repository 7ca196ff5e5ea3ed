"""Exact decimals from the text of JSON numbers, bounded before anything is computed with them."""

import re
from decimal import Decimal

from accrue.domain.json_values import WrongValueError, quoted, type_name

# An amount needs at most 27: sign, 16 digits, point, 9 decimal places. The rest is room for zeros.
MAX_NUMBER_CHARS = 40
# Two digits of exponent: the largest number has 139 digits. `int()` of 1e2000000 takes minutes.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?0*[0-9]{1,2})?")
_NUMBER_OF_ANY_SIZE = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][+-]?[0-9]+")
MAX_ABSOLUTE_EXPONENT = 99 + MAX_NUMBER_CHARS

_REMEDIES = (
    (re.compile(r"\s.*|.*\s"), "remove the spaces"),
    (re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"), "remove the thousands separator"),
    (re.compile(r"[+-]?[0-9]+,[0-9]+"), "use a decimal point instead of the comma"),
    (re.compile(r"\+.*"), "remove the plus sign"),
    (re.compile(r"-?0[0-9]+.*"), "remove the leading zeros"),
    (re.compile(r"-?\.[0-9]+|-?[0-9]+\."), "write a digit on both sides of the decimal point"),
    (re.compile(r"[^0-9.+-]+[0-9.]+|[0-9.]+[^0-9.+-]+"), "send the number alone, without a unit"),
)


def number_from_text(text: str) -> Decimal:
    """The number that `text` spells in JSON's grammar, or a `WrongValueError`."""
    if len(text) > MAX_NUMBER_CHARS:
        raise WrongValueError(f"is longer than {MAX_NUMBER_CHARS} characters: send fewer digits")
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _NUMBER_OF_ANY_SIZE.fullmatch(text):
        raise WrongValueError(f"{quoted(text)} is out of range: write an exponent of at most 99")
    if not text.strip():
        raise WrongValueError('is blank: send a number such as "10.50"')
    remedies = (remedy for pattern, remedy in _REMEDIES if pattern.fullmatch(text))
    remedy = next(remedies, 'send one such as "10.50"')
    raise WrongValueError(f"{quoted(text)} is not a number: {remedy}")


def parse_number(value: object) -> Decimal:
    """The number in a JSON number (a Decimal) or string, small enough to compute with."""
    if isinstance(value, str):
        return number_from_text(value)
    if not isinstance(value, Decimal):
        raise WrongValueError(f"must be a number, not {type_name(value)}")
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise WrongValueError("is not a finite number: send one that is")
    if len(digits) > MAX_NUMBER_CHARS or abs(exponent) > MAX_ABSOLUTE_EXPONENT:
        raise WrongValueError("is out of range: send fewer digits")
    return value
