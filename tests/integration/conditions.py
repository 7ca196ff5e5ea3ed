"""On which conditions that is written which must never be overwritten.

DynamoDB overwrites whatever it is not kept from, and botocore, which does not check our requests,
sends a condition that is None as none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.faults import Call
from tests.integration.partiql import parsed_insert

# What a PartiQL INSERT has of its own.
INSERTED = "INSERT"


@dataclass(frozen=True, slots=True, order=True)
class KeptWrite:
    """The write of a ledger row, a posting, a balance or an outcome."""

    operation: str
    kind: str


def kept_writes(calls: Iterable[Call]) -> list[KeptWrite]:
    """Those that the calls consist of. Fails if one of them has no condition."""
    found = []
    for call in calls:
        for table, item, condition in _writes_of(call):
            if kind := _kind_of(table, item):
                written = KeptWrite(call.operation, kind)
                assert isinstance(condition, str), f"{written} without a condition"
                assert condition.strip(), f"{written} with an empty condition"
                found.append(written)
    return found


def _writes_of(call: Call) -> Iterator[tuple[str, Mapping[str, Any], object]]:
    request = call.request
    match call.operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield _write_of(request)
        case "TransactWriteItems":
            actions = (action for each in request["TransactItems"] for action in each.items())
            yield from (_write_of(each) for kind, each in actions if kind != "ConditionCheck")
        case "BatchExecuteStatement":
            for statement in request["Statements"]:
                yield *parsed_insert(statement), INSERTED
        case "BatchWriteItem":
            for table, requests in request["RequestItems"].items():
                for each in requests:
                    (write,) = each.values()
                    yield table, write.get("Item") or write["Key"], None


def _write_of(request: Mapping[str, Any]) -> tuple[str, Mapping[str, Any], object]:
    item = request.get("Item") or request["Key"]
    return request["TableName"], item, request.get("ConditionExpression")


def _kind_of(table: str, item: Mapping[str, Any]) -> str | None:
    if table == "ledger":
        return "row"
    if table == "balance":
        kind = item["item_key"]["S"].partition("#")[0]
        return kind if kind in {"BALANCE", "POSTING", "OUTCOME"} else None
    return None
