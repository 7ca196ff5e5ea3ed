"""What a row of a batch of 500 costs, beside a request of its own."""

import importlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.batch.answered import Answered
from benchmarks.batch.compared import BATCH, HANG, VILLAGE, Compared
from benchmarks.batch.lambda_time import Taken
from benchmarks.batch.requests import ROWS, batch, cases, singles
from benchmarks.batch.supposed import by_memory, if_it_is_otherwise
from benchmarks.batch.waited import waited_for
from benchmarks.figures import Figure, Measured, Table
from benchmarks.lambda_time import CALL_MS
from benchmarks.sides import BENCH_ENVIRONMENT, log_nowhere
from benchmarks.spent import Act, seconds_each
from tests.integration.faults import Call
from tests.integration.write_units import write_units

ROUNDS = 5
TARGET = 1 / 20


def measure() -> Measured:
    """What a row costs, beside a request of its own."""
    os.environ.update(BENCH_ENVIRONMENT, WRITES_AT_ONCE=str(BATCH.writes_at_once))
    dynamodb = Answered()
    functions = {
        each.operation: importlib.import_module(f"functions.{each.operation}.handler")
        for each in (BATCH, HANG, VILLAGE)
    }
    for function in functions.values():
        dynamodb.watch(function)
    log_nowhere()
    acts = {
        form: {"together": batch(functions, rows), "alone": singles(functions, rows)}
        for form, rows in cases().items()
    }
    compared = [_compared(dynamodb, form, both) for form, both in acts.items()]
    hang = compared[0]
    waited = waited_for(dynamodb, functions[BATCH.operation], acts[hang.form]["together"])
    tables = [_forms(compared), waited, by_memory(hang), if_it_is_otherwise(hang)]
    return Measured([_figure(hang)], tables)


def _compared(dynamodb: Answered, form: str, acts: Mapping[str, Act]) -> Compared:
    seconds = seconds_each(dynamodb, acts, ROUNDS)
    together, alone = (dynamodb.asked_by(act) for act in acts.values())
    return Compared(
        form,
        _taken(seconds["together"], together, 1),
        _taken(seconds["alone"], alone, ROWS),
        units_together=write_units(together) / ROWS,
        units_alone=write_units(alone) / ROWS,
    )


def _taken(seconds: float, calls: Sequence[Call], invocations: int) -> Taken:
    numbers = Counter(call.operation for call in calls)
    each = {operation: number // invocations for operation, number in numbers.items()}
    return Taken(seconds * 1000 / invocations, each)


def _figure(compared: Compared) -> Figure:
    return Figure(
        name=f"Lambda time of a row of a batch of {ROWS}, {compared.form} (estimated)",
        unit="of that alone",
        ours=compared.part(),
        target=TARGET,
        because="what DynamoDB takes for 25 rows is waited for, and a third of the processor time"
        " is the SDK's, for each value of a row.",
    )


def _forms(compared: Sequence[Compared]) -> Table:
    made = {call for each in compared for call in {**each.together.calls, **each.alone.calls}}
    waits = ", ".join(f"{CALL_MS[each]:g} ms for {each}" for each in sorted(made))
    about = f"""A row of a batch of {ROWS}, beside a request of its own: calls of DynamoDB, write
        units with those of the indexes, milliseconds of this machine's processor, and what Lambda
        would take with {BATCH.memory_mb} MB and {BATCH.writes_at_once} writes at a time for a
        batch, and {HANG.memory_mb} MB for a request. That is an estimate: the processor time by
        the memory's part of a processor, and what is waited for, supposed to be {waits}."""
    things = ("calls", "units", "CPU ms", "Lambda ms")
    head = ["rows", *(f"{thing}{where}" for thing in things for where in ("", ", alone")), "part"]
    return Table("Batches", about, head, [each.row() for each in compared])
