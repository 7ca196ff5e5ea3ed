"""What an activity costs in write and read units, beside the baselines, on one store.

By what is in moto's tables before and after each call, entries of indexes and the double price of
transactions included. Both functions are warm. The authorizer is not in it: the gateway remembers
its answer for a minute, so for most requests it is not asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from statistics import median
from typing import Any

from benchmarks.figures import Figure, Measured, Table
from benchmarks.metered import Metered
from benchmarks.moto_world import moto_world
from benchmarks.network import MEMBERSHIPS, PLAIN, USUAL, balance_key
from benchmarks.sides import Side, ensure_same_points
from tests.integration.item_size import WRITE_UNIT_BYTES, item_size
from tests.integration.meter import Units

WRITES_TO_RECORD = 2
# What each activity may cost, by how many of one membership are in a batch.
WRITES_TO_APPLY = {1: 4, 4: 2.5, 25: 2.08}
READS_IN_ALL = 1.5
# Enough for every tenth purchase, both tiers and all completions of the quests to come.
USUAL_PURCHASES = 100


@dataclass(frozen=True, slots=True)
class Used:
    """What an activity takes: to record it, and to apply it in a batch of some size."""

    to_record: Units
    to_apply: Mapping[int, Units]


def measure() -> Measured:
    """The units of each step on each side, and how large the usual items are."""
    with moto_world() as world:
        metered = Metered(world)
        used = [_used(metered, side) for side in metered.sides]
        ensure_same_points(metered.sides, metered.find)
        sizes = _usual_sizes(metered)
        usual = list(_usual_units(metered))
    return Measured(
        [*_figures(used), *(_size_figure(*each) for each in sizes.items())],
        [
            Table(
                "Units in the usual program",
                f"""What an activity of ours takes, on average of a membership's first
                {USUAL_PURCHASES}, where a purchase meets five rules, two bonuses, three quests and
                tiers.""",
                ["applied in batches of", "write units", "read units"],
                usual,
            ),
            Table(
                "Sizes in the usual program",
                f"""Bytes of what {USUAL_PURCHASES} purchases of a membership left. A posting is
                larger than a unit where a quest or a tenth purchase adds a line to the usual
                ones.""",
                ["item", "median", "largest", "larger than 1 KB, of 100"],
                [
                    [what, median(of), max(of), sum(size > WRITE_UNIT_BYTES for size in of)]
                    for what, of in sizes.items()
                ],
            ),
        ],
    )


def _used(metered: Metered, side: Side) -> Used:
    """What activities of a membership use that there is, once the functions are warm."""
    metered.apply(side, metered.record(side, PLAIN)[1])
    to_record, rows = metered.record(side, PLAIN)
    metered.apply(side, rows)
    to_apply = {}
    for size in WRITES_TO_APPLY:
        used = metered.apply(side, metered.record(side, PLAIN, size)[1])
        to_apply[size] = Units(used.writes / size, used.reads / size)
    return Used(to_record, to_apply)


def _figures(sides: Sequence[Used]) -> Iterator[Figure]:
    yield _figure(
        "write units to record an activity, Hang's form",
        [used.to_record.writes for used in sides],
        WRITES_TO_RECORD,
    )
    for size, target in WRITES_TO_APPLY.items():
        yield _figure(
            f"write units to apply an activity, {size} of its membership in the batch",
            [used.to_apply[size].writes for used in sides],
            target,
        )
    yield _figure(
        "read units of an activity, recorded and applied alone, caches warm",
        [used.to_record.reads + used.to_apply[1].reads for used in sides],
        READS_IN_ALL,
    )


def _figure(name: str, units: Sequence[float], target: float) -> Figure:
    ours, stock, correct = units
    return Figure(name=name, unit="units", ours=ours, stock=stock, correct=correct, target=target)


def _usual_units(metered: Metered) -> Iterator[list[Any]]:
    side = metered.sides[0]
    for membership, size in enumerate(WRITES_TO_APPLY):
        _, rows = metered.record(side, USUAL, USUAL_PURCHASES, membership)
        used = [metered.apply(side, list(batch)) for batch in batched(rows, size, strict=True)]
        writes, reads = sum(each.writes for each in used), sum(each.reads for each in used)
        yield [str(size), writes / USUAL_PURCHASES, reads / USUAL_PURCHASES]


def _usual_sizes(metered: Metered) -> dict[str, list[int]]:
    """Of a membership's rows and postings, and of its balance after each of them."""
    side, membership = metered.sides[0], MEMBERSHIPS - 1
    _, rows = metered.record(side, USUAL, USUAL_PURCHASES, membership)
    balances = []
    for row in rows:
        metered.apply(side, [row])
        balances.append(metered.find(side.tables.balance, balance_key(USUAL, membership)) or {})
    items = {
        "ledger row": rows,
        "posting": metered.postings_of(USUAL, membership),
        "balance item": balances,
    }
    return {what: list(map(item_size, of)) for what, of in items.items()}


def _size_figure(what: str, sizes: list[int]) -> Figure:
    return Figure(
        name=f"{what}, usual program, median",
        unit="bytes",
        ours=median(sizes),
        target=WRITE_UNIT_BYTES,
    )
