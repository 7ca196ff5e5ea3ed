from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.amounts import canonical_text, parse_amount
from accrue.domain.json_values import WrongValueError


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (Decimal("1.10"), "1.1"),
        (Decimal("1.1"), "1.1"),
        ("1.1", "1.1"),
        ("11e-1", "1.1"),
        ("0.11E+01", "1.1"),
        ("50", "50"),
        (Decimal("50.0"), "50"),
        ("5e1", "50"),
        ("-0", "0"),
        (Decimal("-0.000"), "0"),
        ("0e99", "0"),
        ("-12.5", "-12.5"),
        ("0.000000001", "0.000000001"),
        ("0.0000000010000", "0.000000001"),
        ("1e15", "1000000000000000"),
        ("-1000000000000000.000", "-1000000000000000"),
        ("999999999999999.999999999", "999999999999999.999999999"),
        ("100.99", "100.99"),
    ],
)
def test_an_amount_is_exactly_what_was_sent(sent: object, text: str) -> None:
    amount = parse_amount(sent)

    assert amount.as_tuple() == Decimal(text).as_tuple()
    assert canonical_text(amount) == text


@pytest.mark.parametrize(
    ("sent", "fragment"),
    [
        ("1000000000000000.000000001", "out of range: send an amount between -10^15 and 10^15"),
        ("-1000000000000001", "out of range"),
        (Decimal(10**15 + 1), "out of range"),
        ("1e16", "out of range"),
        ("1e99", "out of range"),
        ("1e2000000", "out of range: write an exponent"),
        (Decimal("1e2000000"), "out of range"),
        (Decimal("1e-2000000"), "out of range"),
        (Decimal("0e2000000"), "out of range"),
        (Decimal("1." + "0" * 40), "out of range: send fewer digits"),
        ("9" * 41, "longer than 40 characters: send fewer digits"),
        ("0.0000000001", "too many decimal places: round it to 9"),
        (Decimal("1e-10"), "too many decimal places"),
        ("1,000.50", "remove the thousands separator"),
        ("1,000,000", "remove the thousands separator"),
        ("12,5", "use a decimal point instead of the comma"),
        ("", "is blank"),
        ("  ", "is blank"),
        (" 5", "remove the spaces"),
        ("5\n", "remove the spaces"),
        ("1 000", "is not a number"),
        ("+5", "remove the plus sign"),
        ("05", "remove the leading zeros"),
        (".5", "write a digit on both sides"),
        ("5.", "write a digit on both sides"),
        ("$5", "send the number alone, without a unit"),
        ("5€", "send the number alone, without a unit"),
        ("5 points", "send the number alone, without a unit"),
        ("1_000", "is not a number"),
        ("0x10", "is not a number"),
        ("٣", "is not a number"),
        ("NaN", "is not a number"),
        ("Infinity", "is not a number"),
        (Decimal("NaN"), "not a finite number"),
        (Decimal("-Infinity"), "not a finite number"),
        (True, "must be a number, not a boolean"),
        (None, "must be a number, not null"),
        (1.5, "must be a number, not a float"),
        ([], "must be a number, not an array"),
        ({}, "must be a number, not an object"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_remedy(sent: object, fragment: str) -> None:
    with pytest.raises(WrongValueError) as refusal:
        parse_amount(sent)

    assert fragment in str(refusal.value)
    assert str(refusal.value).isascii()
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e2000000", "1e-2000000"])
def test_only_numbers_of_a_sane_length_have_a_canonical_text(number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        canonical_text(Decimal(number))


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**38), max_value=10**38)


@given(numbers)
def test_the_canonical_text_is_the_number(number: Decimal) -> None:
    text = canonical_text(number)

    assert Decimal(text) == number
    assert "e" not in text.casefold()
    assert canonical_text(Decimal(text)) == text


@given(numbers, st.integers(0, 12))
def test_zeros_at_the_end_do_not_show(number: Decimal, zeros: int) -> None:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    padded = Decimal((sign, digits + (0,) * zeros, exponent - zeros))

    assert canonical_text(padded) == canonical_text(number)


@given(st.integers(-(10**24), 10**24))
def test_amounts_are_exact_whatever_the_decimal_context(billionths: int) -> None:
    sent = Decimal(billionths).scaleb(-9)

    with localcontext() as context:
        context.prec = 3
        amount = parse_amount(sent)

    assert amount == sent
