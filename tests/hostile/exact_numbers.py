"""Numbers as their senders can mean them: JSON Schema can't say how many decimals there may be."""

from decimal import Decimal
from typing import Any

from accrue.domain.amounts import MAX_DECIMAL_PLACES

_SMALLEST = 10.0**-MAX_DECIMAL_PLACES
# More digits are no number to us, whatever field they are in.
_LARGEST = 10**39


def exactly(value: Any) -> Any:
    """The same JSON with numbers of as many digits and decimals as are taken."""
    match value:
        case float():
            return _short(value)
        case int() if not isinstance(value, bool):
            return value if abs(value) < _LARGEST else _LARGEST - 1
        case dict():
            return {name: exactly(inner) for name, inner in value.items()}
        case list():
            return [exactly(inner) for inner in value]
    return value


def _short(number: float) -> float:
    bounded = max(min(number, float(10**30)), -float(10**30))
    rounded = (
        float(round(Decimal(bounded), MAX_DECIMAL_PLACES)) if abs(bounded) < 10**15 else bounded
    )
    # What is above 0 stays so.
    return rounded or (0.0 if not bounded else _SMALLEST if bounded > 0 else -_SMALLEST)
