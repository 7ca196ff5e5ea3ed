"""Many ledger rows at a time, each of them inserted or not for itself.

A row alone is a PartiQL INSERT, 25 of which make one call: it is refused where there is a row under
its key, and the answer says so row by row. (BatchWriteItem takes as many, and overwrites.) Rows
with markers go into one transaction; those that met something are taken out, and the rest is tried
again.

Each call may take seconds, and what is answered too late is lost: no further one is begun without
time for it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import batched, islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from accrue.domain.recording import Attempt, Recording, Unrecorded, WhyUnrecorded
from accrue.storage.dynamo import (
    CONDITION_FAILED,
    RETRYABLE_REASONS,
    cancellation_reasons,
    conflict_waits,
    to_attributes,
)
from accrue.storage.ledger import LedgerTable, activity_item, met
from accrue.storage.unrecorded import code_of, may_do_better, unrecorded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        BatchStatementErrorTypeDef,
        BatchStatementRequestTypeDef,
        TransactWriteItemTypeDef,
    )

# DynamoDB's of BatchExecuteStatement. With a marker each it is half of a transaction.
MAX_ROWS_PER_WRITE = 25
# Somebody waits for the answer, and may send again what was throttled.
TRIES = 4
DUPLICATE = "DuplicateItem"

_NO_TIME = Unrecorded(WhyUnrecorded.NOT_ATTEMPTED)

# By their numbers.
type Attempts = Mapping[int, Attempt]
type Outcomes = dict[int, Recording | Unrecorded]


class LedgerInserts:
    """Implements `services.ports.ManyInserter`."""

    max_attempts_per_write = MAX_ROWS_PER_WRITE

    def __init__(
        self, client: "DynamoDBClient", table_name: str, has_time: Callable[[], bool]
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._ledger = LedgerTable(client, table_name)
        self._has_time = has_time

    def insert_all(self, attempts: Sequence[Attempt]) -> Sequence[Recording | Unrecorded]:
        """Write the attempts' rows, with their markers; or give what is there already.

        No two may have an id in common. Raises nothing: what fails is said of its rows alone.
        """
        alone = {n: each for n, each in enumerate(attempts) if each.marker is None}
        marked = {n: each for n, each in enumerate(attempts) if each.marker is not None}
        outcomes = self._insert_alone(alone)
        if alone and marked and not self._has_time():
            outcomes |= dict.fromkeys(marked, _NO_TIME)
        else:
            outcomes |= self._insert_marked(marked)
        return [outcomes[number] for number in range(len(attempts))]

    def _insert_alone(self, left: Attempts) -> Outcomes:
        outcomes: Outcomes = {}
        taken: dict[int, Attempt] = {}
        waits = _waits()
        while left:
            again: dict[int, Exception] = {}
            for number, error in self._execute(left).items():
                if error is None:
                    outcomes[number] = Recording(left[number].activity, created=True)
                elif may_do_better(error):
                    again[number] = error
                elif code_of(error) == DUPLICATE:
                    taken[number] = left[number]
                else:
                    outcomes[number] = Unrecorded(WhyUnrecorded.FAILED, error)
            if again and not self._wait(waits):
                outcomes |= {number: unrecorded(error) for number, error in again.items()}
                break
            left = {number: left[number] for number in again}
        return outcomes | self._meet(taken)

    def _execute(self, attempts: Attempts) -> dict[int, Exception | None]:
        """What each statement failed with, None if its row was written."""
        try:
            statements = [self._insertion(each) for each in attempts.values()]
            answers = self._client.batch_execute_statement(Statements=statements)["Responses"]
        except Exception as error:  # noqa: BLE001 - it is that of each row
            return dict.fromkeys(attempts, error)
        errors = [_error(each["Error"]) if "Error" in each else None for each in answers]
        return dict(zip(attempts, errors, strict=True))

    def _insertion(self, attempt: Attempt) -> "BatchStatementRequestTypeDef":
        item = activity_item(attempt.activity)
        return {
            "Statement": _statement(self._table_name, tuple(item)),
            "Parameters": list(item.values()),
        }

    def _meet(self, taken: Attempts) -> Outcomes:
        """What the attempts come to whose ids are taken."""
        if not taken:
            return {}
        if not self._has_time():
            return dict.fromkeys(taken, _NO_TIME)
        activities = [each.activity for each in taken.values()]
        ids = [each.activity_id for each in activities]
        try:
            found = self._ledger.find_attributes(activities[0].network_id, ids)
        except Exception as error:  # noqa: BLE001 - it is that of each row
            return dict.fromkeys(taken, unrecorded(error))
        return {
            number: _met(each, found.get(each.activity.activity_id))
            for number, each in taken.items()
        }

    def _insert_marked(self, attempts: Attempts) -> Outcomes:
        outcomes: Outcomes = {}
        conflicts: dict[int, Exception] = {}
        waits = _waits()
        left = attempts
        while left:
            free: dict[int, Attempt] = {}
            for number, came_to in self._transact(left).items():
                match came_to:
                    case None:
                        free[number] = left[number]
                    case Exception():
                        conflicts[number] = came_to
                    case _:
                        outcomes[number] = came_to
            if free and not self._has_time():
                outcomes |= dict.fromkeys(free, _NO_TIME)
                free = {}
            if not free and conflicts and not self._wait(waits):
                return outcomes | {n: unrecorded(error) for n, error in conflicts.items()}
            # What was in the way of one must not keep the others waiting.
            left = free or {number: attempts[number] for number in conflicts}
            conflicts = conflicts if free else {}
        return outcomes

    def _transact(
        self, attempts: Attempts
    ) -> Mapping[int, Recording | Unrecorded | Exception | None]:
        """What each attempt came to. An error was in its way for a while, and nothing was in the
        way of one that has None: both may be tried again.
        """
        try:
            self._client.transact_write_items(TransactItems=self._insertions(attempts))
        except Exception as error:  # noqa: BLE001 - it is that of each row
            return _in_cancelled(attempts, error)
        return {n: Recording(each.activity, created=True) for n, each in attempts.items()}

    def _wait(self, waits: Iterator[float]) -> bool:
        """Wait before another try; False if there is none, or no time for it."""
        wait = next(waits, None)
        if wait is None or not self._has_time():
            return False
        time.sleep(wait)
        return True

    def _insertions(self, attempts: Attempts) -> list["TransactWriteItemTypeDef"]:
        rows = ((each.activity, each.marker) for each in attempts.values())
        return [self._ledger.insertion_of(row) for pair in rows for row in pair if row]


@cache
def _statement(table_name: str, names: tuple[str, ...]) -> str:
    """The statement that inserts an item with these attributes; a ledger's rows have few sets."""
    # Names of ours, without quotes in them.
    values = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table_name}" VALUE {{{values}}}'


def _waits() -> Iterator[float]:
    return islice(conflict_waits(), TRIES - 1)


def _error(error: "BatchStatementErrorTypeDef") -> ClientError:
    # In the form in which the whole call fails.
    code, message = error.get("Code", ""), error.get("Message", "")
    return ClientError({"Error": {"Code": code, "Message": message}}, "BatchExecuteStatement")


def _met(attempt: Attempt, attributes: Mapping[str, object] | None) -> Recording | Unrecorded:
    if attributes is None:
        missing = LookupError(f"no row {attempt.activity.activity_id}, whose id is taken")
        return Unrecorded(WhyUnrecorded.FAILED, missing)
    try:
        return met(attempt, attributes)
    except Exception as error:  # noqa: BLE001 - one that can't be read must not hide the others
        return Unrecorded(WhyUnrecorded.FAILED, error)


def _in_cancelled(
    attempts: Attempts, error: Exception
) -> Mapping[int, Recording | Unrecorded | Exception | None]:
    """What each attempt came to in a transaction that failed, as `_transact` says it."""
    reasons = cancellation_reasons(error) if isinstance(error, ClientError) else []
    # Of each row and its marker.
    pairs = list(batched(reasons, 2, strict=False))
    if len(pairs) == len(attempts):
        came_to = {
            number: _in_the_way(attempt, pair, error)
            for (number, attempt), pair in zip(attempts.items(), pairs, strict=True)
        }
        if any(each is not None for each in came_to.values()):
            return came_to
    return dict.fromkeys(attempts, error if may_do_better(error) else unrecorded(error))


def _in_the_way(
    attempt: Attempt, reasons: Sequence[Mapping[str, Any]], error: Exception
) -> Recording | Unrecorded | Exception | None:
    # The row comes first: if the key was used before, that answers, whoever has the reference.
    for reason in reasons:
        if reason.get("Code") == CONDITION_FAILED:
            return _met(attempt, to_attributes(reason["Item"]))
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    if not codes:
        return None
    return error if codes <= RETRYABLE_REASONS else Unrecorded(WhyUnrecorded.FAILED, error)
