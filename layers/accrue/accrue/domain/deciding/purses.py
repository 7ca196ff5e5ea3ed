"""Where the points of an activity's lines go, and where those that are deducted come from."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.deciding.lots import lot_of
from accrue.domain.deciding.situation import Situation
from accrue.domain.decision import PointLine
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program
from accrue.domain.purse import ANY_TIME, Lot, LotChange, Purse, lot_changes


class BelowZeroError(Exception):
    """More would be deducted than there is; the message says how much."""


class BrokenPurseError(Exception):
    """A bug: a membership's lots would not be its points."""


def with_lines(lines: Iterable[PointLine], situation: Situation, today: date) -> Purse:
    """The purse once the lines are posted: first what is awarded comes in.

    Raises BelowZeroError if it would owe more than before, in a program that does not want that.
    """
    lines, before = tuple(lines), situation.state.purse
    awarded = before.put(_lots(lines, situation), today)
    deducted = total(line.points.copy_negate() for line in lines if line.points < 0)
    if not deducted:
        return awarded
    return deduct(deducted, awarded, situation.program, today, most_owed=before.owed)


def deduct(
    points: Decimal,
    purse: Purse,
    program: Program,
    today: date,
    *,
    most_owed: Decimal | None = None,
) -> Purse:
    """The purse without the points.

    Raises BelowZeroError if it would owe more than `most_owed`, by default what it owes.
    """
    after = purse.deduct(points, today)
    limit = purse.owed if most_owed is None else most_owed
    if after.owed > limit and not program.points.may_go_below_zero:
        there = EXACT.subtract(points, EXACT.subtract(after.owed, purse.owed))
        raise BelowZeroError(
            f"{canonical_text(points)} would be deducted where {canonical_text(there)} can be:"
            f" balances of {program.program_id} do not go below zero"
        )
    return after


def ensure_whole(state: MembershipState) -> None:
    """Raise BrokenPurseError unless the points are those of the purse."""
    if state.points != state.purse.total:
        raise BrokenPurseError(f"{state.points} points, {state.purse.total} by lots")


def lots_changed(before: Purse, after: Purse) -> tuple[LotChange, ...]:
    """What changed in the lots; nothing if it was only points that can be spent at any time."""
    # Of most programs there is no other lot: telling what changed takes a seventh of deciding.
    if all(lot == ANY_TIME for lot in (*before.lots, *after.lots)):
        return ()
    changes = lot_changes(before, after)
    return () if {change.lot for change in changes} <= {ANY_TIME} else changes


def _lots(lines: Iterable[PointLine], situation: Situation) -> dict[Lot, Decimal]:
    """The points awarded, by lot. What a bonus adds goes with what it was added to."""
    rules = situation.program.rules_by_id
    lots: dict[Lot, Decimal] = {}
    for line in lines:
        if line.points > 0:
            rule = rules.get(line.rule_id or "")
            lot = lot_of(rule, situation.day, situation.program)
            lots[lot] = EXACT.add(lots.get(lot, Decimal(0)), line.points)
    return lots
