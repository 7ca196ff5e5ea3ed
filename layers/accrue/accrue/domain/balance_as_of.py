"""A membership's balance as of a moment, from the balance now and what was posted since.

Both ways: by when things were recorded, which is what was known at that moment, and by when they
occurred, as far as that is known by now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.activity import Kind
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.fallen_due import FallenDue
from accrue.domain.movement import Movement
from accrue.domain.purse import Purse


@dataclass(frozen=True, slots=True)
class BalanceAsOf:
    """A balance as of a moment."""

    by_recorded_at: Decimal
    by_occurred_at: Decimal


@dataclass(frozen=True, slots=True)
class PurseSince:
    """A purse with all that was posted up to some posting, and of these postings every one that
    was recorded after `moment`, or may have occurred after it.
    """

    moment: datetime
    purse: Purse
    movements: Sequence[Movement]

    def by_recorded_at(self) -> Decimal:
        """The points of what was recorded by the moment."""
        later = total(m.points for m in self.movements if m.recorded_at > self.moment)
        return EXACT.subtract(self.purse.total, later)

    def covering(self) -> Sequence[tuple[Movement, Movement | None]]:
        """What fell due and began to by the moment: only a part of it may have happened by then.

        Each with the one posted before it, if that occurred after the moment.
        """
        later = {m.sequence: m for m in self.movements if m.occurred_at > self.moment}
        return [(m, later.get(m.sequence - 1)) for m in self.movements if self._covers(m)]

    def by_occurred_at(self, covering: Iterable[FallenDue], zone: ZoneInfo) -> Decimal:
        """The points of what occurred by the moment, what fell due by then left out, posted or not.

        `covering` are those of `covering()`; `zone` is that of the program now.
        """
        purse, _ = self.purse.brought_up_to(self.moment, zone)
        later = [m.points for m in self.movements if m.occurred_at > self.moment]
        not_yet = [each.not_by(self.moment) for each in covering]
        return EXACT.subtract(purse.total, total([*later, *not_yet]))

    def _covers(self, movement: Movement) -> bool:
        is_due = movement.kind is Kind.DUE and bool(movement.points)
        return is_due and movement.occurred_at <= self.moment < movement.recorded_at
