"""How many write units requests to DynamoDB cost, at most.

Rules: "DynamoDB read and write operations" in the DynamoDB Developer Guide: a unit for each started
KB of an item, two within a transaction; and "Using Global Secondary Indexes in DynamoDB": what is
written to an index is counted beside, by the size of its entry. At most, since an entry counts as
new even where the one that is there stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.integration.faults import Call
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.partiql import parsed_insert
from tests.integration.tables import TABLES
from tests.template import template

TIMES_IN_A_TRANSACTION = 2

type Item = Mapping[str, Any]


def write_units(calls: Iterable[Call]) -> int:
    """What these calls cost."""
    return sum(_units_of(call.operation, call.request) for call in calls if call.is_write)


def _units_of(operation: str, request: Mapping[str, Any]) -> int:
    match operation:
        case "PutItem":
            return _units(request["TableName"], request["Item"])
        case "TransactWriteItems":
            return sum(_units_in_transaction(each) for each in request["TransactItems"])
        case "BatchExecuteStatement":
            return sum(_units(*parsed_insert(each)) for each in request["Statements"])
        case _:
            raise AssertionError(f"no rule for {operation}")


def _units_in_transaction(action: Mapping[str, Any]) -> int:
    ((kind, content),) = action.items()
    if kind == "ConditionCheck":
        # Counted as a write of what is there, which is small wherever this is used.
        return TIMES_IN_A_TRANSACTION
    assert kind == "Put", f"no rule for {kind}"
    return _units(content["TableName"], content["Item"], TIMES_IN_A_TRANSACTION)


def _units(table: str, item: Item, times: int = 1) -> int:
    return times * _started(item) + sum(_started(entry) for entry in _entries(table, item))


def _started(item: Item) -> int:
    return -(-item_size(dict(item)) // WRITE_UNIT_BYTES)


def _entries(table: str, item: Item) -> Iterator[Item]:
    """Its entries in the table's indexes: where it has all of the index's keys."""
    (logical_id,) = (found for found, name in TABLES.items() if name == table)
    properties = template()["Resources"][logical_id]["Properties"]
    of_table = _names(properties["KeySchema"])
    for index in properties.get("GlobalSecondaryIndexes", []):
        keys = _names(index["KeySchema"])
        if item.keys() >= set(keys):
            projection = index["Projection"]
            kept = {*of_table, *keys, *projection.get("NonKeyAttributes", [])}
            is_all = projection["ProjectionType"] == "ALL"
            yield {name: value for name, value in item.items() if is_all or name in kept}


def _names(key_schema: Sequence[Mapping[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in key_schema]
