"""What an activity costs a membership with a long history, beside what its first ones cost.

The history is folded in memory and its balance put where a store has it: of a history, apply_rules
reads that one item.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.figures import Figure, Measured, Table
from benchmarks.history import balance_item_after
from benchmarks.metered import Metered
from benchmarks.moto_world import moto_world
from benchmarks.network import MEMBERSHIPS, PLAIN, USUAL, balance_key, membership_id, posts
from benchmarks.processor import RECORDS, stubbed_sides
from benchmarks.sides import Item, Side
from benchmarks.spent import seconds_each
from benchmarks.stored import StoredInMemory
from tests.call_counts import calls_during
from tests.integration.item_size import item_size
from tests.integration.meter import Units

BEHIND = 100_000
# In which the usual program does all that it does.
PURCHASES = 100
TIMES_THE_FIRST = 1.1
# More than elsewhere: what is compared differs by less than others on the machine make it.
ROUNDS = 25
PROGRAMS = {PLAIN: "plain program", USUAL: "usual program"}


@dataclass(frozen=True, slots=True)
class InUnits:
    """What purchases took, each applied alone, of a new membership and of one with a history; and
    the balance that each came to.
    """

    first: Units
    later: Units
    first_balance: Item
    later_balance: Item


@dataclass(frozen=True, slots=True)
class OfProcessor:
    """The Python calls to apply a batch for new memberships and for such with a history, and what
    part of the time for the former the latter takes.
    """

    first_calls: int
    later_calls: int
    times_the_first: float


def measure() -> Measured:
    """Units on moto, processor time on the stubbed store."""
    with moto_world() as world:
        metered = Metered(world)
        units = {each: _in_units(metered, each) for each in PROGRAMS}
    store, (ours, *_) = stubbed_sides()
    work = {each: _of_processor(store, ours, each, units[each].later_balance) for each in PROGRAMS}
    about = f"""Applying activities to new memberships, and to memberships with {BEHIND:,} purchases
        behind them: units on average of {PURCHASES} purchases applied one by one, Python calls for
        a batch of {RECORDS} records of {MEMBERSHIPS} memberships."""
    rows = [row for each in PROGRAMS for row in _rows(each, units[each], work[each])]
    figures = [figure for each in PROGRAMS for figure in _figures(each, units[each], work[each])]
    return Measured(figures, [Table("Growth", about, ["", "new", "with a history"], rows)])


def _in_units(metered: Metered, program_id: str) -> InUnits:
    ours = metered.sides[0]
    # Only to warm both functions, with these memberships and another.
    metered.record(ours, program_id, membership=0)
    _, (row,) = metered.record(ours, program_id, membership=1)
    metered.apply(ours, metered.record(ours, program_id, membership=2)[1])
    first = _each(metered, ours, program_id, membership=0)
    history = balance_item_after(BEHIND, row)
    metered.world.client.put_item(TableName=ours.tables.balance, Item=history)
    later = _each(metered, ours, program_id, membership=1)
    balances = [metered.find(ours.tables.balance, balance_key(program_id, n)) or {} for n in (0, 1)]
    return InUnits(first, later, *balances)


def _each(metered: Metered, side: Side, program_id: str, membership: int) -> Units:
    to_record, rows = metered.record(side, program_id, PURCHASES, membership)
    used = [to_record, *(metered.apply(side, [row]) for row in rows)]
    return Units(
        sum(each.writes for each in used) / PURCHASES, sum(each.reads for each in used) / PURCHASES
    )


def _of_processor(store: StoredInMemory, ours: Side, program_id: str, balance: Item) -> OfProcessor:
    there = len(store.items(ours.tables.ledger))
    ours.post(posts(program_id, range(there, there + RECORDS)))
    rows = store.items(ours.tables.ledger)[there:]
    # Once from nothing: each has a balance then.
    ours.deliver(rows)
    numbers = range(MEMBERSHIPS)
    first = [store.find(ours.tables.balance, balance_key(program_id, n)) or {} for n in numbers]
    later = [_of_another(balance, program_id, n) for n in numbers]
    acts = {
        "first": partial(_deliver_to, store, ours, first, rows),
        "later": partial(_deliver_to, store, ours, later, rows),
    }
    seconds = seconds_each(store, acts, ROUNDS)
    return OfProcessor(
        calls_during(acts["first"]),
        calls_during(acts["later"]),
        seconds["later"] / seconds["first"],
    )


def _of_another(balance: Item, program_id: str, number: int) -> Item:
    """A balance as another membership has it."""
    name = {"program_membership_id": {"S": membership_id(program_id, number)}}
    return {**balance, **balance_key(program_id, number), **name}


def _deliver_to(store: StoredInMemory, ours: Side, balances: list[Item], rows: list[Item]) -> None:
    """Apply rows to balances that are as they were, however often it is done."""
    for balance in balances:
        store.put(ours.tables.balance, balance)
    ours.deliver(rows)


def _figures(program_id: str, units: InUnits, work: OfProcessor) -> Iterator[Figure]:
    name = f"with {BEHIND:,} activities behind, {PROGRAMS[program_id]}"
    yield Figure(
        name=f"write units {name} (target: what the first take)",
        unit="units",
        ours=units.later.writes,
        target=units.first.writes,
    )
    yield Figure(
        name=f"read units {name} (target: what the first take)",
        unit="units",
        ours=units.later.reads,
        target=units.first.reads,
    )
    yield Figure(
        name=f"processor time of a batch {name}, of that for new memberships",
        unit="times",
        ours=work.times_the_first,
        target=TIMES_THE_FIRST,
    )


def _rows(program_id: str, units: InUnits, work: OfProcessor) -> Iterator[list[object]]:
    name = PROGRAMS[program_id]
    yield [f"write units, {name}", units.first.writes, units.later.writes]
    yield [f"read units, {name}", units.first.reads, units.later.reads]
    yield [f"Python calls, {name}", work.first_calls, work.later_calls]
    yield [
        f"bytes of the balance, {name}",
        item_size(units.first_balance),
        item_size(units.later_balance),
    ]
