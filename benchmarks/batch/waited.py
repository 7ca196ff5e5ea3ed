"""How long a batch takes when DynamoDB takes its time, by how many writes it makes at a time."""

import math
import time
from typing import TYPE_CHECKING

from accrue.runtime.settings import BatchSettings
from benchmarks.batch.answered import Answered
from benchmarks.batch.requests import ROWS
from benchmarks.figures import Table
from benchmarks.lambda_time import CALL_MS
from benchmarks.spent import Act

if TYPE_CHECKING:
    from types import ModuleType

ROUNDS = 3
AT_ONCE = (1, 4, 10)
WAIT_SECONDS = CALL_MS["BatchExecuteStatement"] / 1000


def waited_for(dynamodb: Answered, function: "ModuleType", act: Act) -> Table:
    """By the clock, each number of writes at a time in its turn."""
    dynamodb.after_seconds = WAIT_SECONDS
    settings: BatchSettings = function.__dict__["settings"]
    best = dict.fromkeys(AT_ONCE, math.inf)
    for _ in range(ROUNDS):
        for number in AT_ONCE:
            function.__dict__["settings"] = _writing(settings, number)
            began = time.perf_counter()
            act()
            best[number] = min(best[number], time.perf_counter() - began)
    function.__dict__["settings"] = settings
    dynamodb.after_seconds = 0
    about = f"""A batch of {ROWS} rows by the clock, answered after {WAIT_SECONDS * 1000:g} ms a
        call, beside one that makes its writes one after the other."""
    rows = [[str(n), seconds * 1000, f"{seconds / best[1]:.2f} x"] for n, seconds in best.items()]
    return Table("Writes at a time", about, ["at a time", "ms", "of one at a time"], rows)


def _writing(settings: BatchSettings, at_once: int) -> BatchSettings:
    return BatchSettings({**settings.values, "WRITES_AT_ONCE": at_once})
