"""What requests to DynamoDB cost."""

from typing import Any

import pytest

from tests.integration.faults import Call
from tests.integration.tables import table_definitions
from tests.integration.write_units import Change, units_of, write_units

KEY = {"membership_key": {"S": "demo#M#1"}, "item_key": {"S": "BALANCE"}}
CHECK = {"TableName": "balance", "Key": KEY}
DUE = {"due_shard": {"S": "0"}, "due_at": {"S": "2026-04-01"}}
RECORDED = {"time_shard": {"S": "0"}, "recorded_at": {"S": "2026-03-01"}}


def put(item: dict[str, Any], table: str = "balance") -> dict[str, Any]:
    return {"TableName": table, "Item": item}


def text(size: int) -> dict[str, Any]:
    """An attribute of this size, its name included."""
    return {"t": {"S": "x" * (size - 1)}}


OF_KEY = 14 + 8 + 8 + 7


@pytest.mark.parametrize(
    ("item", "units"),
    [
        (KEY, 1),
        (KEY | text(1024 - OF_KEY), 1),
        (KEY | text(1025 - OF_KEY), 2),
        # Its entry in the index by_due is small, whatever the item holds.
        (KEY | DUE | text(1900), 2 + 1),
        # Half of the keys of an index.
        (KEY | {"due_shard": {"S": "0"}}, 1),
    ],
)
def test_each_started_kilobyte_is_a_unit_and_each_entry_of_an_index_as_well(
    item: dict[str, Any], units: int
) -> None:
    assert write_units([Call("PutItem", put(item))]) == units


def test_an_index_that_holds_everything_costs_as_much_again() -> None:
    row = {"activity_key": {"S": "demo#a"}, **RECORDED, **text(1500)}

    assert write_units([Call("PutItem", put(row, "ledger"))]) == 2 + 2
    referred = row | {"reference_key": {"S": "demo#r"}}
    assert write_units([Call("PutItem", put(referred, "ledger"))]) == 2 + 2 + 2


def test_a_transaction_costs_twice_but_for_the_indexes() -> None:
    items = [{"Put": put(KEY)}, {"Put": put(KEY | DUE)}, {"ConditionCheck": CHECK}]

    assert write_units([Call("TransactWriteItems", {"TransactItems": items})]) == 2 + (2 + 1) + 2


def test_statements_cost_what_they_insert() -> None:
    statement = {
        "Statement": "INSERT INTO \"ledger\" VALUE {'activity_key': ?}",
        "Parameters": [{"S": "demo#a"}],
    }

    assert write_units([Call("BatchExecuteStatement", {"Statements": [statement] * 3})]) == 3


def test_what_is_put_together_costs_as_if_each_were_put_alone() -> None:
    requests = {"balance": [{"PutRequest": {"Item": item}} for item in (KEY, KEY | DUE)]}

    assert write_units([Call("BatchWriteItem", {"RequestItems": requests})]) == 1 + (1 + 1)


def test_reads_cost_nothing_and_what_has_no_rule_is_not_guessed() -> None:
    assert write_units([Call("GetItem", {}), Call("Query", {})]) == 0
    with pytest.raises(AssertionError, match="no rule for UpdateItem"):
        write_units([Call("UpdateItem", {})])


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        # Whichever is larger.
        (KEY | text(1900), KEY, 2),
        (KEY, KEY | text(1900), 2),
        # An entry of an index is written only if something in it is another.
        (KEY | DUE, KEY | DUE | text(100), 1),
        (KEY | DUE, KEY | DUE | {"program_id": {"S": "club"}}, 1 + 1),
        # Taken out of one place, and put into another.
        (KEY | DUE, KEY | DUE | {"due_at": {"S": "2026-05-01"}}, 1 + 2),
        (KEY | DUE, KEY, 1 + 1),
    ],
)
def test_what_is_there_already_counts(
    before: dict[str, Any], after: dict[str, Any], units: int
) -> None:
    assert units_of(Change("balance", after, before), table_definitions()["balance"]) == units
