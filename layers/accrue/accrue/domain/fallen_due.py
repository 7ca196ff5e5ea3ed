"""What of a posting about what fell due had happened by a moment.

Such a posting may cover many days: nobody acted, or a sandbox jumped. What it says is enough to
play these days once more.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.arithmetic import EXACT, total
from accrue.domain.decision import PAID, HoldStatus
from accrue.domain.movement import Movement
from accrue.domain.purse import Hold, Purse

type Parts = Mapping[date | None, Decimal]
"""What a hold set aside, by last day."""


def points_by(
    moment: datetime,
    due: Movement,
    cause: Movement | None,
    holds: Mapping[str, Parts],
    zone: ZoneInfo,
) -> Decimal:
    """How many points, below zero, a posting that covers the moment had added by then.

    `cause` is the posting before it, if that occurred after the moment: what it put in was not
    there to expire yet. `holds` has those that lapsed with the posting.
    """
    before = _before(due, cause, holds)
    after, _ = before.brought_up_to(moment, zone)
    return EXACT.subtract(after.total, before.total)


def covers(due: Movement, moment: datetime) -> bool:
    """Whether only a part of it may have happened by the moment."""
    return bool(due.points) and due.occurred_at <= moment < due.recorded_at


def lapsed_holds(due: Movement) -> tuple[str, ...]:
    """The holds that lapsed."""
    return tuple(each.hold_id for each in due.holds if each.status is HoldStatus.LAPSED)


def parts_of(opened: Movement) -> Parts:
    """What the posting that opened a hold took."""
    taken = {change.lot.last_day: change.points.copy_negate() for change in opened.lots}
    return taken or {None: total(each.points for each in opened.holds)}


def _before(due: Movement, cause: Movement | None, holds: Mapping[str, Parts]) -> Purse:
    """What of the purse before it the posting tells. The rest of the lots stay as they are: while
    something is owed there are none that could be spent.
    """
    put = {each.lot: each.points for each in cause.lots if each.points > 0} if cause else {}
    lots = {
        change.lot: EXACT.subtract(change.points.copy_negate(), put.get(change.lot, Decimal(0)))
        for change in due.lots
        if change.points < 0
    }
    return Purse(
        lots={lot: points for lot, points in lots.items() if points > 0},
        holds={
            each.hold_id: Hold(each.expires_at, holds[each.hold_id])
            for each in due.holds
            if each.hold_id in holds
        },
        owed=_owed_before(due),
        debt=EXACT.add(due.debt_after, _paid(due)),
    )


def _owed_before(due: Movement) -> Decimal:
    lapsed = total(each.points for each in due.holds)
    if due.lots:
        # What left the lots and neither expired nor paid a debt paid what was owed.
        owed = max(due.available_after.copy_negate(), Decimal(0))
        moved = total(change.points for change in due.lots)
        return total((owed, due.points, lapsed, moved.copy_negate()))
    available = EXACT.subtract(due.available_after, EXACT.add(due.points, lapsed))
    return max(available.copy_negate(), Decimal(0))


def _paid(due: Movement) -> Decimal:
    return total(line.points.copy_negate() for line in due.lines if line.reason == PAID)
