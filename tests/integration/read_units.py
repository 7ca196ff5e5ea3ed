"""How many read units requests to DynamoDB cost.

Rules: "DynamoDB read and write operations" in the DynamoDB Developer Guide: a unit for each started
4 KB, half of that where the read need not be consistent. An item that is asked for by its key is
rounded up by itself, and costs as one of 4 KB if it is missing; a query's page is rounded up as a
whole.
"""

from collections.abc import Mapping
from typing import Any

from tests.integration.item_size import item_size

READ_UNIT_BYTES = 4096
READS = frozenset({"GetItem", "BatchGetItem", "Query"})

type Document = Mapping[str, Any]


def read_units(operation: str, request: Document, answer: Document) -> float:
    """What a read with this answer cost."""
    match operation:
        case "GetItem":
            return _units(request, item_size(answer.get("Item", {})))
        case "Query":
            return _units(request, sum(map(item_size, answer["Items"])))
        case "BatchGetItem":
            return sum(
                _units_of_keys(of_table, answer["Responses"].get(table, []))
                for table, of_table in request["RequestItems"].items()
            )
        case _:
            raise AssertionError(f"no rule for {operation}")


def _units_of_keys(request: Document, found: list[dict[str, Any]]) -> float:
    missing = len(request["Keys"]) - len(found)
    return sum(_units(request, size) for size in [*map(item_size, found), *[0] * missing])


def _units(request: Document, size: int) -> float:
    # What these leave out of an answer is read, and paid for, all the same.
    assert not request.keys() & {"ProjectionExpression", "FilterExpression"}, "no rule for a part"
    blocks = max(1, -(-size // READ_UNIT_BYTES))
    return blocks if request.get("ConsistentRead") else blocks / 2
