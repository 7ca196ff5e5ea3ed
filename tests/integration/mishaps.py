"""What may happen to a call of DynamoDB, and how it is made to happen to the very next one."""

import json
import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tests.integration.faults import Faults, cancelled, refused

# More often than any client tries.
ALWAYS = 100


class Mishap(StrEnum):
    """What happens to a call. Where the SDK tries again by itself, it may get through or not."""

    CRASH_BEFORE = "crash before a call"
    CRASH_AFTER = "crash after a call"
    THROTTLED_ONCE = "throttle, SDK gets through"
    THROTTLED = "throttle, SDK gives up"
    ANSWER_LOST_ONCE = "answer lost, SDK gets through"
    ANSWER_LOST = "answer lost, SDK gives up"
    CONFLICT = "conflict of a single write"
    CONFLICT_IN_TRANSACTION = "conflict in a transaction"
    THROTTLED_IN_TRANSACTION = "throttle in a transaction"


_ANYWHERE = (
    Mishap.CRASH_BEFORE,
    Mishap.CRASH_AFTER,
    Mishap.THROTTLED_ONCE,
    Mishap.THROTTLED,
    Mishap.ANSWER_LOST_ONCE,
    Mishap.ANSWER_LOST,
)
# There are few writes, and most depends on them.
_TO_SINGLE_WRITES = (*_ANYWHERE, *(6 * (Mishap.CONFLICT,)))
_BY_OPERATION = {
    **dict.fromkeys(("PutItem", "DeleteItem", "BatchExecuteStatement"), _TO_SINGLE_WRITES),
    "TransactWriteItems": (
        *_ANYWHERE,
        *(2 * (Mishap.CONFLICT_IN_TRANSACTION, Mishap.THROTTLED_IN_TRANSACTION)),
    ),
}


def any_mishap(operation: str, chance: random.Random) -> Mishap:
    """One that can happen to a call of this operation."""
    return chance.choice(_BY_OPERATION.get(operation, _ANYWHERE))


def prepare(
    faults: Faults, mishap: Mishap | None, operation: str, body: str, chance: random.Random
) -> None:
    """Have it happen to the next call, which is one of this operation. A crash is the caller's to
    raise.
    """
    faults.throttle(operation, _THROTTLED.get(mishap, 0))
    faults.lose_answers(operation, _LOST.get(mishap, 0))
    if mishap in _CODES:
        answer = _answer(_CODES[mishap], operation, json.loads(body), chance)
        faults.answer_with(operation, iter([answer]))


# How often, by what is to happen.
_THROTTLED: Mapping[Mishap | None, int] = {Mishap.THROTTLED_ONCE: 1, Mishap.THROTTLED: ALWAYS}
_LOST: Mapping[Mishap | None, int] = {Mishap.ANSWER_LOST_ONCE: 1, Mishap.ANSWER_LOST: ALWAYS}
_CODES: Mapping[Mishap | None, str] = {
    Mishap.CONFLICT: "TransactionConflict",
    Mishap.CONFLICT_IN_TRANSACTION: "TransactionConflict",
    Mishap.THROTTLED_IN_TRANSACTION: "ThrottlingError",
}


def _answer(
    code: str, operation: str, request: Mapping[str, Any], chance: random.Random
) -> Mapping[str, Any]:
    if operation == "TransactWriteItems":
        reasons = ["None"] * len(request["TransactItems"])
        reasons[chance.randrange(len(reasons))] = code
        return cancelled(*reasons)
    if operation == "BatchExecuteStatement":
        error = {"Error": {"Code": code, "Message": code}}
        return {
            "Responses": [error for _ in request["Statements"]],
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }
    return refused(f"{code}Exception")
