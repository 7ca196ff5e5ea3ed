"""Amounts, values and points: exact decimals, never floats."""

from decimal import Decimal

from accrue.domain.json_values import WrongValueError
from accrue.domain.number_text import MAX_ABSOLUTE_EXPONENT, parse_number

# DynamoDB keeps 38 digits. An amount has at most 15 before the point (10^15 itself apart, which has
# one that counts) and 9 behind it; times a rate of 6 + 6 digits that makes 36, kept exactly.
MAX_ABSOLUTE_AMOUNT = Decimal(10**15)
MAX_DECIMAL_PLACES = 9


def parse_amount(value: object) -> Decimal:
    """An amount sent as a JSON number (a Decimal) or as a string in the same grammar.

    The result has no trailing zeros and no exponent: 1.10, "1.1" and 11e-1 give the same Decimal.
    A `WrongValueError` (a ValueError) says how to mend the amount.
    """
    number = parse_number(value)
    text = canonical_text(number)
    if len(text.partition(".")[2]) > MAX_DECIMAL_PLACES:
        raise WrongValueError(f"has too many decimal places: round it to {MAX_DECIMAL_PLACES}")
    if number.copy_abs() > MAX_ABSOLUTE_AMOUNT:
        raise WrongValueError("is out of range: send an amount between -10^15 and 10^15")
    return Decimal(text)


def canonical_text(number: Decimal) -> str:
    """The one spelling of a number: plain notation, no trailing zeros, no minus before a zero.

    Exact whatever the decimal context. `ValueError` for what is not finite or absurdly long.
    """
    if not number.is_finite():
        raise ValueError("not a finite number")
    if not number:
        return "0"
    if abs(number.adjusted()) > MAX_ABSOLUTE_EXPONENT:
        raise ValueError("a number of more than a hundred digits")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
