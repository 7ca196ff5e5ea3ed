import json
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.canonical import canonical_json, content_hash


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, False]}, '{"a":[true,null,false],"b":1}'),
        ({"Z": 1, "a": 2, "é": 3}, '{"Z":1,"a":2,"\\u00e9":3}'),
        ({"a": "50"}, '{"a":"50"}'),
        ({"a": 50}, '{"a":50}'),
        ({"a": Decimal("50.0")}, '{"a":50}'),
        ({"a": Decimal("5E+1")}, '{"a":50}'),
        ({"a": Decimal("-0.00")}, '{"a":0}'),
        ({"a": Decimal("1.10")}, '{"a":1.1}'),
        ({"a": ("x", {})}, '{"a":["x",{}]}'),
        ({"a": '"\n\u2028'}, '{"a":"\\"\\n\\u2028"}'),
        ({}, "{}"),
    ],
)
def test_one_content_has_one_spelling(value: object, text: str) -> None:
    assert canonical_json(value) == text


@pytest.mark.parametrize("value", [1.5, {1}, b"x", object(), {"a": [0.0]}, {1: "x"}, {None: 1}])
def test_what_has_no_exact_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_the_hash_never_changes() -> None:
    content = {"amount": Decimal("100.99"), "roles": ["buyer"], "of": None, "held": False}

    text = b'{"amount":100.99,"held":false,"of":null,"roles":["buyer"]}'
    assert content_hash(content) == sha256(text).hexdigest()
    assert content_hash(content).startswith("4aa9794f9cdd")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.integers(-(10**38), 10**38)
    | st.decimals(min_value=-(10**20), max_value=10**20, places=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def respelt(value: object) -> object:
    """The same content as another writer, or DynamoDB, would hand it over."""
    match value:
        case bool():
            return value
        case int() | Decimal():
            sign, digits, exponent = Decimal(value).as_tuple()
            assert isinstance(exponent, int)
            return Decimal((sign, (*digits, 0, 0), exponent - 2))
        case list():
            return [respelt(item) for item in value]
        case dict():
            return {name: respelt(value[name]) for name in reversed(value)}
        case _:
            return value


@given(st.dictionaries(st.text(), values))
def test_order_and_number_spelling_do_not_matter(value: dict[str, object]) -> None:
    assert canonical_json(respelt(value)) == canonical_json(value)


@given(values)
def test_canonical_json_is_json_of_the_same_content(value: object) -> None:
    assert json.loads(canonical_json(value), parse_int=Decimal, parse_float=Decimal) == value
