"""A membership's balance as of a moment, from the balance now and what was posted since.

Both ways: by when things were recorded, which is what was known at that moment, and by when they
occurred, as far as that is known by now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.activity import Kind
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.fallen_due import Parts, covers, lapsed_holds, points_by
from accrue.domain.movement import Movement
from accrue.domain.purse import Purse

_NONE = Decimal(0)


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

    def lapsed_holds(self) -> Sequence[str]:
        """The holds of which `by_occurred_at` must know what they took."""
        return [hold_id for m in self.movements if self._covers(m) for hold_id in lapsed_holds(m)]

    def by_occurred_at(
        self, holds: Mapping[str, Parts], zone: ZoneInfo, zone_of: Callable[[Movement], ZoneInfo]
    ) -> Decimal:
        """The points of what occurred by the moment, what fell due by then left out, posted or not.

        `zone` is that of the program now, `zone_of` that in which a posting was decided.
        """
        by_sequence = {m.sequence: m for m in self.movements if m.occurred_at > self.moment}
        purse, _ = self.purse.brought_up_to(self.moment, zone)
        later = [m.points for m in by_sequence.values()]
        covering = (self._not_yet(m, by_sequence, holds, zone_of) for m in self.movements)
        return EXACT.subtract(purse.total, total([*later, *covering]))

    def _not_yet(
        self,
        movement: Movement,
        later: Mapping[int, Movement],
        holds: Mapping[str, Parts],
        zone_of: Callable[[Movement], ZoneInfo],
    ) -> Decimal:
        """Of one that began to happen by the moment, what had not happened yet."""
        if not self._covers(movement):
            return _NONE
        cause = later.get(movement.sequence - 1)
        by_then = points_by(self.moment, movement, cause, holds, zone_of(movement))
        return EXACT.subtract(movement.points, by_then)

    def _covers(self, movement: Movement) -> bool:
        return movement.kind is Kind.DUE and covers(movement, self.moment)
