"""How long Lambda would bill for an invocation: a model, since nothing here runs on Lambda.

    milliseconds = processor time / share of a vCPU + what the services take to answer

The processor time is measured here, and taken for that of a vCPU of Lambda. It is stretched as if
the share held at each moment; a short burst gets more on Lambda, so this is at most.
"""

from collections.abc import Mapping
from typing import Any

from local.template import template

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MB_OF_A_VCPU = 1769
# What a call takes, seen from a function: assumed, not measured. AWS promises "single-digit
# milliseconds" for single items, and nothing for several of them or for transactions.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html
SINGLE_ITEM_MS = 5.0
MANY_ITEMS_MS = 10.0
TRANSACTION_MS = 15.0
OTHER_SERVICES_MS = 15.0
CALL_MS = {
    "GetItem": SINGLE_ITEM_MS,
    "PutItem": SINGLE_ITEM_MS,
    "UpdateItem": SINGLE_ITEM_MS,
    "Query": SINGLE_ITEM_MS,
    "BatchGetItem": MANY_ITEMS_MS,
    "BatchWriteItem": MANY_ITEMS_MS,
    "BatchExecuteStatement": MANY_ITEMS_MS,
    "TransactWriteItems": TRANSACTION_MS,
    "PutEvents": OTHER_SERVICES_MS,
    "SendMessageBatch": OTHER_SERVICES_MS,
    "PutObject": OTHER_SERVICES_MS,
    "GetObject": OTHER_SERVICES_MS,
    "ListObjectVersions": OTHER_SERVICES_MS,
}


def lambda_ms(
    cpu_ms: float,
    calls: Mapping[str, float],
    memory_mb: int,
    call_ms: Mapping[str, float] = CALL_MS,
) -> float:
    """The duration of an invocation that makes these calls, by operation, one after the other."""
    # One thread: a second vCPU would not help it.
    share = min(1.0, memory_mb / MB_OF_A_VCPU)
    return cpu_ms / share + sum(call_ms[operation] * count for operation, count in calls.items())


def function_id(operation: str) -> str:
    """The logical id of an operation's function."""
    return "".join(map(str.capitalize, operation.split("_"))) + "Function"


def memory_of(function_id: str) -> int:
    """The memory, in MB, that the template gives a function."""
    document: dict[str, Any] = template()
    properties = document["Resources"][function_id]["Properties"]
    memory: int = properties.get("MemorySize", document["Globals"]["Function"]["MemorySize"])
    return memory
