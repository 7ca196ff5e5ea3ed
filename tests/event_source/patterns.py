"""Filter patterns: which records reach the function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    A record that satisfies one of the filters is delivered, one that satisfies none is dropped for
    good. In a pattern all members must hold, and of the rules for one member any.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
    Numbers of DynamoDB are text, so `numeric` is of no use, and isn't simulated. (It also says that
    only `dynamodb` can be filtered on, yet AWS's own examples filter on `eventName`. So do we, and
    the handlers pass over what is no INSERT all the same.)
"""

from collections.abc import Mapping, Sequence
from typing import Any


def is_wanted(record: Mapping[str, Any], patterns: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any of the filters lets a record through; without filters, all go through."""
    return not patterns or any(_matches(pattern, record) for pattern in patterns)


def _matches(pattern: Mapping[str, Any], found: object) -> bool:
    members = found if isinstance(found, Mapping) else {}
    for name, wanted in pattern.items():
        if name == "$or":
            holds = any(_matches(each, members) for each in wanted)
        elif isinstance(wanted, Mapping):
            holds = _matches(wanted, members.get(name))
        else:
            value = members.get(name)
            holds = any(_holds(rule, value, exists=name in members) for rule in wanted)
        if not holds:
            return False
    return True


def _holds(rule: object, value: object, *, exists: bool) -> bool:
    if not isinstance(rule, Mapping):
        return exists and value == rule
    ((operator, operand),) = rule.items()
    match operator:
        case "exists":
            # Of leaves only, as the page has it.
            return bool(operand) == (exists and not isinstance(value, Mapping))
        case "prefix":
            return isinstance(value, str) and value.startswith(operand)
        case "suffix":
            return isinstance(value, str) and value.endswith(operand)
        case "equals-ignore-case":
            return isinstance(value, str) and value.lower() == operand.lower()
        case "anything-but":
            return exists and not _is_named(operand, value)
        case _:
            raise AssertionError(f"a rule that is not simulated: {operator}")


def _is_named(operand: object, value: object) -> bool:
    if isinstance(operand, Mapping):
        return _holds(operand, value, exists=True)
    return value in (operand if isinstance(operand, list) else [operand])
