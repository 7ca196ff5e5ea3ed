"""How much of what has a price an activity uses, by the names of the price list."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accrue.services import reconcile, seal_ledger
from benchmarks.price.work import Work
from local.template import template

BYTES_OF_A_GB = 1e9
# What a sweep looks at again of what the one before has seen.
OVERLAPS = {
    "ReconcileFunction": reconcile.OVERLAP,
    "SealLedgerFunction": seal_ledger.OVERLAP,
}

# By the price's name.
type Quantities = Mapping[str, float]


def quantities(work: Work, passes: float = 1) -> Quantities:
    """What a function's work uses, if an activity goes through it so many times."""
    of_work = {
        "lambda_requests": work.invocations,
        f"lambda_{work.architecture}": work.gb_seconds,
        "dynamodb_writes": work.table_writes + work.index_writes,
        "dynamodb_reads": work.reads,
        "logs": work.all_log_bytes / BYTES_OF_A_GB,
        "events": work.events,
    }
    return times(of_work, passes)


def times(used: Quantities, how_many: float) -> Quantities:
    """So many times as much."""
    return {name: quantity * how_many for name, quantity in used.items()}


def added(*parts: Quantities) -> Quantities:
    """All of it together; nothing of what is not in it."""
    together: dict[str, float] = defaultdict(float)
    for part in parts:
        for name, quantity in part.items():
            together[name] += quantity
    return together


def passes(function_id: str) -> float:
    """How often a scheduled function looks at a row: once when it is new, again where the next run
    overlaps, and in each run that looks back as far.
    """
    total = 1.0
    for rate, looks_back in schedules(function_id):
        total += (looks_back or OVERLAPS[function_id]) / rate
    return total


def runs_a_month(function_id: str, days: float) -> float:
    """How often the template's schedules start a function."""
    return sum(timedelta(days=days) / rate for rate, _ in schedules(function_id))


def schedules(function_id: str) -> list[tuple[timedelta, timedelta | None]]:
    """How long it is between runs, and how far each looks back if it is told to."""
    events: Mapping[str, Any] = template()["Resources"][function_id]["Properties"]["Events"]
    found = []
    for event in events.values():
        if event["Type"] == "Schedule":
            rate = event["Properties"]["Schedule"].removeprefix("rate(").removesuffix(")")
            number, unit = rate.split()
            every = timedelta(**{unit.removesuffix("s") + "s": int(number)})
            told = json.loads(event["Properties"].get("Input", "{}"))
            back = timedelta(seconds=told["lookback_seconds"]) if told else None
            found.append((every, back))
    return found
