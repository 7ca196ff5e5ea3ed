"""What a start and an invocation take and cost, by the memory of the function: a model.

Lambda gives a share of a vCPU with the memory, a whole one at 1,769 MB. Nothing here runs on
Lambda, so the processor time that was measured is divided by that share. For short work that is at
most: a share is given in slices, and what ends within its first slice isn't stretched.
"""

from collections.abc import Mapping
from functools import partial

from benchmarks.figures import Table
from benchmarks.lambda_time import CALL_MS, lambda_ms
from benchmarks.network import MEMBERSHIPS, PLAIN, posts
from benchmarks.prices import price_list
from benchmarks.processor import RECORDS, stubbed_sides
from benchmarks.spent import Act, seconds_each
from benchmarks.start.fresh import Cost

SIZES_MB = (128, 256, 512, 1024, 1769)
ROUNDS = 5
MB_OF_A_GB = 1024
RECORD, APPLY = "record_membership_activity", "apply_rules"
# A POST puts one item. A batch reads each balance, and writes the postings of each membership.
CALLS: Mapping[str, Mapping[str, float]] = {
    RECORD: {"PutItem": 1},
    APPLY: {"GetItem": MEMBERSHIPS, "TransactWriteItems": MEMBERSHIPS},
}
assert all(operation in CALL_MS for calls in CALLS.values() for operation in calls)


def memory_table(starts: Mapping[str, Cost]) -> Table:
    """Durations and list prices of both functions at each size."""
    warm = _warm_ms()
    rows = [
        _row(operation, size, starts[operation].seconds * 1000, warm[operation])
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


def _warm_ms() -> dict[str, float]:
    """Processor time of a POST and of a batch."""
    store, (ours, *_) = stubbed_sides()
    events = posts(PLAIN, range(RECORDS))
    ours.post(events)
    rows = store.items(ours.tables.ledger)
    acts: dict[str, Act] = {RECORD: partial(ours.post, events), APPLY: partial(ours.deliver, rows)}
    seconds = seconds_each(store, acts, ROUNDS)
    return {RECORD: seconds[RECORD] * 1000 / RECORDS, APPLY: seconds[APPLY] * 1000}


def _row(operation: str, size_mb: int, start_ms: float, cpu_ms: float) -> list[object]:
    calls = CALLS[operation]
    warm = lambda_ms(cpu_ms, calls, size_mb)
    gb_seconds = warm / 1000 * size_mb / MB_OF_A_GB * 1_000_000
    dollars = price_list()["lambda_arm64"].in_the_first_tier(gb_seconds)
    waiting = lambda_ms(0, calls, size_mb) / warm
    start = lambda_ms(start_ms, {}, size_mb)
    return [operation, size_mb, start, warm, dollars, f"{waiting:.0%}"]
