import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.emails import normalize_email


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jane.Seller@VillageLabs.co", "jane.seller@villagelabs.CO"),
        ("zo\u00eb@example.com", "zoe\u0308@example.com"),
        ("ZO\u00cb@example.com", "zoe\u0308@example.com"),
        ("\u03b1\u0345\u0301@example.com", "\u03b1\u0301\u0345@example.com"),
    ],
)
def test_case_and_composition_do_not_matter(one: str, other: str) -> None:
    assert normalize_email(one) == normalize_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jane@example.com", "jane.@example.com"),
        ("jane@example.com", "jane+1@example.com"),
        ("jane@example.com", " jane@example.com"),
        ("zoe@example.com", "zo\u00eb@example.com"),
        ("strasse@example.com", "stra\u00dfe@example.com"),
    ],
)
def test_everything_else_matters(one: str, other: str) -> None:
    assert normalize_email(one) != normalize_email(other)


@given(st.text())
def test_a_normalized_email_stays_as_it_is(email: str) -> None:
    once = normalize_email(email)

    assert normalize_email(once) == once
