"""What becomes of the estimate if something is otherwise than it is, or than it is supposed."""

from dataclasses import replace
from typing import Any

from benchmarks.batch.compared import BATCH, HANG, Compared, shown_part
from benchmarks.batch.lambda_time import MADE_TOGETHER
from benchmarks.batch.requests import ROWS
from benchmarks.figures import Table
from benchmarks.lambda_time import CALL_MS, MB_OF_A_VCPU

MEMORIES_MB = (512, 1024, 1536, MB_OF_A_VCPU, 2048)
# From what a single row is supposed to take up to what 25 of them would, two at a time.
WAITS_MS = (5, 10, 20, 60)
MILLION = 1_000_000


def by_memory(compared: Compared) -> Table:
    """What the memory of the function comes to."""
    about = f"""A batch of {ROWS} rows, {compared.form}, by the memory of the function. GB-seconds
        are what is paid for. Alone, a row is recorded with {HANG.memory_mb} MB."""
    rows: list[list[Any]] = []
    for memory in MEMORIES_MB:
        deployed = replace(BATCH, memory_mb=memory)
        ms, part = compared.together.lambda_ms(deployed), compared.part(deployed)
        rows.append([f"{memory} MB", ms, _gb_seconds(ms / ROWS, memory), shown_part(part)])
    alone = compared.lambda_ms_alone()
    rows.append(["alone", alone, _gb_seconds(alone, HANG.memory_mb), ""])
    head = ["memory", "Lambda ms", "GB-seconds of a million activities", "part"]
    return Table("Memory of the batch function", about, head, rows)


def _gb_seconds(ms: float, memory_mb: int) -> float:
    return ms / 1000 * memory_mb / 1024 * MILLION


def if_it_is_otherwise(compared: Compared) -> Table:
    """What another behaviour of AWS comes to."""
    about = f"""The part of its time that a row takes in a batch, {compared.form}, if AWS behaves
        otherwise than is supposed."""
    rows = [
        [f"a call of many rows takes {ms} ms", shown_part(compared.part(BATCH, _waits(ms)))]
        for ms in WAITS_MS
    ]
    whole = compared.alone.lambda_ms(replace(HANG, memory_mb=MB_OF_A_VCPU))
    part = compared.together.lambda_ms(BATCH) / ROWS / whole
    rows.append(["so short a thing as one request gets a whole processor", shown_part(part)])
    return Table("What is supposed of AWS", about, ["if", "part"], rows)


def _waits(ms: float) -> dict[str, float]:
    return {**CALL_MS, **dict.fromkeys(MADE_TOGETHER, ms)}
