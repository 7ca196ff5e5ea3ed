"""How many write units requests to DynamoDB cost.

Rules: "DynamoDB read and write operations" in the DynamoDB Developer Guide: a unit for each started
KB of an item, the larger of before and after, one at
least, two within a transaction; and "Using Global Secondary
Indexes in DynamoDB": what is written to an index is counted beside, by the size of its entry.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.faults import Call
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.partiql import parsed_insert
from tests.integration.tables import table_definitions

TIMES_IN_A_TRANSACTION = 2

type Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """An item that is written; `before` is what was there, if that is known."""

    table: str
    after: Item
    before: Item | None = None
    times: int = 1


def write_units(calls: Iterable[Call]) -> int:
    """What these calls cost at most: as if each item, and each entry of an index, were new."""
    definitions = table_definitions()
    changes = (change for call in calls if call.is_write for change in changes_of(call))
    return sum(units_of(change, definitions[change.table]) for change in changes)


def changes_of(call: Call) -> Iterator[Change]:
    """What a call writes, as far as the call says."""
    request = call.request
    match call.operation:
        case "PutItem":
            yield Change(request["TableName"], request["Item"])
        case "TransactWriteItems":
            yield from map(_in_transaction, request["TransactItems"])
        case "BatchExecuteStatement":
            for statement in request["Statements"]:
                yield Change(*parsed_insert(statement))
        case "BatchWriteItem":
            for table, requests in request["RequestItems"].items():
                for put in requests:
                    yield Change(table, put["PutRequest"]["Item"])
        case _:
            raise AssertionError(f"no rule for {call.operation}")


def _in_transaction(action: Mapping[str, Any]) -> Change:
    ((kind, content),) = action.items()
    # A check counts as a write of what is there, which is small wherever this is used.
    assert kind in {"Put", "ConditionCheck"}, f"no rule for {kind}"
    after = content["Item"] if kind == "Put" else content["Key"]
    return Change(content["TableName"], after, times=TIMES_IN_A_TRANSACTION)


def units_of(change: Change, definition: Mapping[str, Any]) -> int:
    """What a change costs in a table of this definition."""
    before = _started(change.before) if change.before else 0
    written = change.times * max(1, before, _started(change.after))
    indexes = definition.get("GlobalSecondaryIndexes", [])
    table_key = _names(definition["KeySchema"])
    return written + sum(_units_of_index(change, index, table_key) for index in indexes)


def _units_of_index(change: Change, index: Mapping[str, Any], table_key: Sequence[str]) -> int:
    old = _entry(change.before, index, table_key) if change.before else None
    new = _entry(change.after, index, table_key)
    if old == new:
        return 0
    keys = _names(index["KeySchema"])
    if old and new and [old[name] for name in keys] == [new[name] for name in keys]:
        return max(_started(old), _started(new))
    # In another place of the index: taken out, and put in.
    return sum(_started(entry) for entry in (old, new) if entry)


def _entry(item: Item, index: Mapping[str, Any], table_key: Sequence[str]) -> Item | None:
    """Its entry in an index: only what has all of the index's keys has one."""
    keys = _names(index["KeySchema"])
    if not item.keys() >= set(keys):
        return None
    projection = index["Projection"]
    kept = {*table_key, *keys, *projection.get("NonKeyAttributes", [])}
    is_all = projection["ProjectionType"] == "ALL"
    return {name: value for name, value in item.items() if is_all or name in kept}


def _started(item: Item) -> int:
    return -(-item_size(dict(item)) // WRITE_UNIT_BYTES)


def _names(key_schema: Sequence[Mapping[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in key_schema]
