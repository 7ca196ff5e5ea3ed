"""How many activities a second of one network the scheduled sweeps can go through."""

from dataclasses import replace
from datetime import timedelta

from benchmarks.figures import Table
from benchmarks.lambda_time import MB_OF_A_VCPU, function_id
from benchmarks.price.quantities import OVERLAPS, schedules
from benchmarks.price.runs import Measurements
from benchmarks.price.work import Work
from local.template import template


def sweeps_table(measurements: Measurements) -> Table:
    """By the memory that the template gives them, and with a whole vCPU."""
    rows = []
    for operation in ("reconcile", "seal_ledger"):
        work = measurements.works[operation]
        for memory_mb in sorted({work.memory_mb, MB_OF_A_VCPU}):
            swept = replace(work, memory_mb=memory_mb)
            rows.append([operation, memory_mb, swept.billed_ms, *_highest(swept, operation)])
    about = """What the sweeps can keep up with, in activities a second of one network, at the
        milliseconds that a row takes of them: as long as a run ends before the next begins, and as
        long as it ends before its timeout. What overlaps is gone through twice."""
    head = ["sweep", "MB", "ms a row", "runs one after the other", "before the timeout"]
    return Table("Sweeps", about, head, rows)


def _highest(work: Work, operation: str) -> tuple[float, float]:
    function = function_id(operation)
    every, _ = schedules(function)[0]
    of_a_run = every + OVERLAPS[function]
    timeout = timedelta(seconds=template()["Resources"][function]["Properties"]["Timeout"])
    rows = timedelta(milliseconds=work.billed_ms) * of_a_run.total_seconds()
    return min(every, timeout) / rows, timeout / rows
