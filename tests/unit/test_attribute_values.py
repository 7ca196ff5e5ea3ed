"""What takes the short way comes to the same as in boto3."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import Kind
from accrue.storage.dynamo import to_attributes, to_item

serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize

values = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.binary()
    | st.integers(-(10**37), 10**37)
    | st.decimals(min_value=-(10**20), max_value=10**20, places=9)
    | st.sampled_from(Kind)
    | st.sets(st.text(), min_size=1, max_size=2)
    | st.sets(st.integers(0, 9), min_size=1, max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_attributes_become_what_boto3_makes_of_them(attributes: dict[str, Any]) -> None:
    item = to_item(attributes)

    assert item == {name: serialize(value) for name, value in attributes.items()}
    assert to_attributes(item) == {name: deserialize(value) for name, value in item.items()}


@pytest.mark.parametrize("value", [1.5, object(), Decimal("NaN"), {"a": [0.5]}])
def test_what_dynamodb_cant_hold_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ArithmeticError)):
        to_item({"value": value})


@pytest.mark.parametrize("value", [{}, {"X": "a"}, {"M": {"a": {}}}, {"L": [{"Y": 1}]}])
def test_what_dynamodb_does_not_hold_is_not_read(value: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        to_attributes({"value": value})
