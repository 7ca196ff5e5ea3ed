"""What reads of DynamoDB cost."""

from typing import Any

import pytest

from tests.integration.read_units import read_units

CONSISTENT = {"ConsistentRead": True}


def item(size: int) -> dict[str, Any]:
    return {"t": {"S": "x" * (size - 1)}}


@pytest.mark.parametrize(("size", "units"), [(1, 1), (4096, 1), (4097, 2), (9000, 3)])
def test_each_started_4_kilobytes_are_a_unit_or_half_of_one(size: int, units: int) -> None:
    answer = {"Item": item(size)}

    assert read_units("GetItem", CONSISTENT, answer) == units
    assert read_units("GetItem", {}, answer) == units / 2


def test_what_is_not_there_costs_as_if_it_were_small() -> None:
    assert read_units("GetItem", CONSISTENT, {}) == 1
    assert read_units("Query", {}, {"Items": []}) == 0.5


def test_keys_asked_for_together_are_each_rounded_up_and_a_query_as_a_whole() -> None:
    two = [item(100), item(4097)]
    keys: dict[str, Any] = {"Keys": [{}, {}, {}]}

    asked = {"RequestItems": {"ledger": keys | CONSISTENT, "catalog": keys}}
    answer = {"Responses": {"ledger": two, "catalog": two}}
    assert read_units("BatchGetItem", asked, answer) == (1 + 2 + 1) + (1 + 2 + 1) / 2
    assert read_units("Query", CONSISTENT, {"Items": [item(100)] * 50}) == 2


def test_what_has_no_rule_is_not_guessed() -> None:
    with pytest.raises(AssertionError, match="no rule for a part"):
        read_units("GetItem", {"ProjectionExpression": "t"}, {"Item": item(1)})
    with pytest.raises(AssertionError, match="no rule for Scan"):
        read_units("Scan", {}, {"Items": []})
