"""The processor time of a warm POST, and of a batch of the stream, the network stubbed.

All three sides in one process, in turns: the ratios hold on any machine. Beside them the Python
calls, which are the same on each.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.figures import Figure, Measured, Table
from benchmarks.moto_world import all_definitions, moto_world
from benchmarks.network import MEMBERSHIPS, PLAIN, posts
from benchmarks.sdk_calls import sdk_calls_of
from benchmarks.sides import (
    APART,
    BENCH_ENVIRONMENT,
    OURS,
    Side,
    apart,
    ensure_same_points,
    sides,
)
from benchmarks.spent import Act, seconds_each
from benchmarks.stored import StoredInMemory
from tests.call_counts import calls_during

# A batch of the stream at its largest.
RECORDS = 100
# Short, and many times: some of them are not disturbed by what else runs on the machine.
POSTS = 10
POST_ROUNDS = 60
BATCH_ROUNDS = 15
HEAD = ("", "ours", "SDK alone", "stock", "correct", "ours, of stock's", "SDK alone, of stock's")
SDK = "SDK alone"
ORDER = (OURS, SDK, "stock", "correct")


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured of each side, `times` times the thing that it is about, and what its time
    may be of stock's.
    """

    name: str
    target: float
    times: int
    rounds: int
    acts: Mapping[str, Act]


def measure() -> Measured:
    """What both functions take, beside the baselines."""
    store, compared = stubbed_sides()
    figures: list[Figure] = []
    rows: list[list[Any]] = []
    for case in _cases(store, compared):
        seconds = seconds_each(store, case.acts, case.rounds)
        figures.append(_figure(case, seconds))
        if APART in seconds:
            figures.append(_figure_apart(case, seconds))
        rows += _rows(case)
    about = """The calls that Python makes in warm functions, DynamoDB answered within the process.
        Apart is how ours applies for a while after others wrote the same balances. The SDK alone
        is asked the calls that ours makes of it, by nobody: what that takes is the least that a
        function can which asks the SDK the same."""
    return Measured(figures, [Table("Processor", about, HEAD, rows)])


def _rows(case: Case) -> Iterator[list[Any]]:
    calls = {name: calls_during(act) / case.times for name, act in case.acts.items()}
    parts = [calls[name] / calls["stock"] for name in (OURS, SDK)]
    yield [case.name, *(calls[name] for name in ORDER), *parts]
    if APART in calls:
        part = calls[APART] / calls["stock"]
        yield [f"{case.name}, apart", calls[APART], None, None, None, part, None]


def _figure(case: Case, seconds: Mapping[str, float]) -> Figure:
    ours, stock, correct = (
        seconds[name] * 1000 / case.times for name in (OURS, "stock", "correct")
    )
    beyond = (seconds[OURS] - seconds[SDK]) / seconds["stock"]
    return Figure(
        name=f"processor time {case.name}",
        unit="ms",
        ours=ours,
        stock=stock,
        correct=correct,
        target=case.target,
        ratio=True,
        because=f"""what is not the SDK's takes {beyond:.2f} x stock's: checking each row's hash,
            rules, explanations, state, and the hashes that chain postings, of which stock does
            nothing""",
    )


def _figure_apart(case: Case, seconds: Mapping[str, float]) -> Figure:
    times = [seconds[name] * 1000 for name in (APART, "stock", "correct")]
    name = f"the same while others write the same balances, {case.name}"
    ours, stock, correct = times
    return Figure(name=name, unit="ms", ours=ours, stock=stock, correct=correct, ratio=True)


def stubbed_sides() -> tuple[StoredInMemory, list[Side]]:
    """All sides on one store without a network, which has the catalog."""
    with moto_world() as world:
        catalog = world.items("catalog")
    store = StoredInMemory(all_definitions())
    for item in catalog:
        store.put("catalog", item)
    os.environ.update(BENCH_ENVIRONMENT)
    compared = sides()
    for side in compared:
        for client in side.clients:
            store.serve(client)
    return store, compared


def _cases(store: StoredInMemory, compared: Sequence[Side]) -> Iterator[Case]:
    events = posts(PLAIN, range(RECORDS))
    for side in compared:
        side.post(events)
    posting = {side.name: partial(side.post, events[:POSTS]) for side in compared}
    applying = {
        side.name: partial(side.deliver, store.items(side.tables.ledger)) for side in compared
    }
    for act in applying.values():
        act()
    ensure_same_points(compared, store.find)
    sdk = sdk_calls_of(compared[0], posting[OURS])
    yield Case("of a warm POST", 0.5, POSTS, POST_ROUNDS, {**posting, SDK: sdk})
    sdk = sdk_calls_of(compared[0], applying[OURS])
    applying[APART] = partial(apart(compared[0]).deliver, store.items(compared[0].tables.ledger))
    about = f"to apply {RECORDS} records of {MEMBERSHIPS} memberships"
    yield Case(about, 0.25, 1, BATCH_ROUNDS, {**applying, SDK: sdk})
