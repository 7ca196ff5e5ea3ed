"""What a start and an invocation take and cost, by the memory of the function: a model.

Lambda gives a share of a vCPU with the memory, a whole one at 1,769 MB. Nothing here runs on
Lambda, so the processor time that was measured is divided by that share. For short work that is at
most: a share is given in slices, and what ends within its first slice isn't stretched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.figures import Table
from benchmarks.lambda_time import lambda_ms
from benchmarks.network import MEMBERSHIPS, PLAIN, posts
from benchmarks.prices import price_list
from benchmarks.processor import RECORDS, stubbed_sides
from benchmarks.spent import Act, seconds_each
from benchmarks.start.fresh import Cost
from benchmarks.stored import StoredInMemory

SIZES_MB = (128, 256, 512, 1024, 1769)
# A POST is short: of so many some are not disturbed.
ROUNDS = 30
MB_OF_A_GB = 1024
RECORD, APPLY = "record_membership_activity", "apply_rules"


@dataclass(frozen=True, slots=True)
class Warm:
    """What an invocation takes of the processor, and the calls that it makes."""

    operation: str
    cpu_ms: float
    calls: Mapping[str, int]


def memory_table(starts: Mapping[str, Cost]) -> Table:
    """Durations and list prices of both functions at each size."""
    warm = _warm()
    rows = [
        _row(warm[operation], size, starts[operation].seconds * 1000)
        for operation in (RECORD, APPLY)
        for size in SIZES_MB
    ]
    used = ", ".join(f"{starts[each].megabytes:.0f} MB by {each}" for each in starts)
    about = f"""A start, a warm POST and a warm batch of {RECORDS} records of {MEMBERSHIPS}
        memberships, at most: processor time measured here over the share of a vCPU, and what the
        services are assumed to take (`benchmarks/lambda_time.py`). After a start, {used} were in
        use."""
    head = ["function", "MB", "start, ms", "warm, ms", "USD per million, warm", "of it waiting"]
    return Table("Memory", about, head, rows)


def _warm() -> dict[str, Warm]:
    """A POST, and a batch."""
    store, (ours, *_) = stubbed_sides()
    events = posts(PLAIN, range(RECORDS))
    ours.post(events)
    rows = store.items(ours.tables.ledger)
    acts: dict[str, Act] = {
        RECORD: partial(ours.post, events[:1]),
        APPLY: partial(ours.deliver, rows),
    }
    seconds = seconds_each(store, acts, ROUNDS)
    return {
        name: Warm(name, seconds[name] * 1000, _calls(store, act)) for name, act in acts.items()
    }


def _calls(store: StoredInMemory, act: Act) -> Mapping[str, int]:
    store.calls.clear()
    act()
    return dict(store.calls)


def _row(warm: Warm, size_mb: int, start_ms: float) -> list[object]:
    in_all = lambda_ms(warm.cpu_ms, warm.calls, size_mb)
    gb_seconds = in_all / 1000 * size_mb / MB_OF_A_GB * 1_000_000
    dollars = price_list()["lambda_arm64"].in_the_first_tier(gb_seconds)
    waiting = lambda_ms(0, warm.calls, size_mb) / in_all
    start = lambda_ms(start_ms, {}, size_mb)
    return [warm.operation, size_mb, start, in_all, dollars, f"{waiting:.0%}"]
