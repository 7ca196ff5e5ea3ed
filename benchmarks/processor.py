"""The processor time of a warm POST, and of a batch of the stream, the network stubbed.

All three sides in one process, in turns: the ratios hold on any machine. Beside them the Python
calls, which are the same on each.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.figures import Figure, Measured, Table
from benchmarks.moto_world import all_definitions, moto_world
from benchmarks.network import MEMBERSHIPS, PLAIN, posts
from benchmarks.sides import BENCH_ENVIRONMENT, Side, ensure_same_points, sides
from benchmarks.spent import Act, python_calls, seconds_each
from benchmarks.stored import StoredInMemory

# A batch of the stream at its largest.
RECORDS = 100
POSTS = RECORDS
ROUNDS = 9
HEAD = ("", "calls, ours", "stock", "correct", "of stock's", "time, of stock's")


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured of each side, `times` times the thing that it is about, and what its time
    may be of stock's.
    """

    name: str
    target: float
    times: int
    acts: dict[str, Act]


def measure() -> Measured:
    """What both functions take, beside the baselines."""
    store, compared = stubbed_sides()
    figures, rows = [], []
    for case in _cases(store, compared):
        seconds = seconds_each(store, case.acts, ROUNDS).values()
        ours, stock, correct = (each * 1000 / case.times for each in seconds)
        figures.append(
            Figure(
                name=case.name,
                unit="ms",
                ours=ours,
                stock=stock,
                correct=correct,
                target=case.target,
                ratio=True,
            )
        )
        calls = [python_calls(act) / case.times for act in case.acts.values()]
        rows.append([case.name, *calls, calls[0] / calls[1], ours / stock])
    about = "The calls that Python makes in warm functions, DynamoDB answered within the process."
    return Measured(figures, [Table("Processor", about, HEAD, rows)])


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
    events = posts(PLAIN, range(POSTS))
    posting = {side.name: partial(side.post, events) for side in compared}
    for act in posting.values():
        act()
    applying = {
        side.name: partial(side.deliver, store.items(side.tables.ledger)) for side in compared
    }
    for act in applying.values():
        act()
    ensure_same_points(compared, store.find)
    yield Case("processor time of a warm POST", 0.5, POSTS, dict(posting))
    about = f"processor time to apply {RECORDS} records of {MEMBERSHIPS} memberships"
    yield Case(about, 0.25, 1, dict(applying))
