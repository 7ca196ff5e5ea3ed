"""What of a posting about what fell due had happened by a moment.

Such a posting may cover many days: nobody acted, or a sandbox jumped. What it says is enough to
play these days once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.arithmetic import EXACT, total
from accrue.domain.decision import HoldStatus
from accrue.domain.posting import Posting
from accrue.domain.purse import Hold, Purse

type Parts = Mapping[date | None, Decimal]
"""What a hold set aside, by last day."""


@dataclass(frozen=True, slots=True)
class FallenDue:
    """A posting about what fell due that covers a moment, and what it takes to play it.

    `cause` is the posting before it, if that occurred after the moment: what it put in was not
    there to expire yet. `holds` has those that lapsed with the posting. `zone` is that in which it
    was decided.
    """

    due: Posting
    cause: Posting | None
    holds: Mapping[str, Parts]
    zone: ZoneInfo

    def not_by(self, moment: datetime) -> Decimal:
        """How many of its points, below zero, were still to come at the moment."""
        before = _before(self.due, self.cause, self.holds)
        after, _ = before.brought_up_to(moment, self.zone)
        by_then = EXACT.subtract(after.total, before.total)
        # It reaches up to when what it was posted with was recorded, which a late activity was long
        # before the row about it. The days from then on are those of the next such posting: played
        # here too, they would count twice.
        return min(EXACT.subtract(self.due.points, by_then), Decimal(0))


def lapsed_holds(due: Posting) -> tuple[str, ...]:
    """The holds that lapsed."""
    return tuple(each.hold_id for each in due.holds if each.status is HoldStatus.LAPSED)


def parts_of(opened: Posting) -> Parts:
    """What the posting that opened a hold took."""
    taken = {change.lot.last_day: change.points.copy_negate() for change in opened.lots}
    return taken or {None: total(each.points for each in opened.holds)}


def _before(due: Posting, cause: Posting | None, holds: Mapping[str, Parts]) -> Purse:
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


def _owed_before(due: Posting) -> Decimal:
    lapsed = total(each.points for each in due.holds)
    if due.lots:
        # What left the lots and neither expired nor paid a debt paid what was owed.
        owed = max(due.available_after.copy_negate(), Decimal(0))
        moved = total(change.points for change in due.lots)
        return total((owed, due.points, lapsed, moved.copy_negate()))
    available = EXACT.subtract(due.available_after, EXACT.add(due.points, lapsed))
    return max(available.copy_negate(), Decimal(0))


def _paid(due: Posting) -> Decimal:
    return total(line.points.copy_negate() for line in due.lines if line.is_of_debt)
