"""How many bytes DynamoDB bills for an item.

Rules: "DynamoDB item sizes and formats" in the DynamoDB Developer Guide. A write unit is 1 KB.
"""

from typing import Any

WRITE_UNIT_BYTES = 1024
# A list or map costs 3 bytes, and each of its elements one more.
CONTAINER_BYTES = 3


def item_size(item: dict[str, Any]) -> int:
    """The bytes of an item in DynamoDB's own form."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + int(content.startswith("-"))
        case "BOOL" | "NULL":
            return 1
        case "L":
            return CONTAINER_BYTES + sum(1 + _value_size(element) for element in content)
        case "M":
            return CONTAINER_BYTES + sum(
                1 + len(name.encode()) + _value_size(element) for name, element in content.items()
            )
        case _:
            raise AssertionError(f"no rule for {kind}")
