"""A membership's points by when they can be spent.

Points of the same fate are one lot, so there are at most as many lots as days that a program's
periods span, however much a membership earns. Days are those of the program's time zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accrue.domain.arithmetic import EXACT, total
from accrue.domain.program.days import day_of, start_of

type Points = Mapping[Lot, Decimal]


@dataclass(frozen=True, slots=True)
class Lot:
    """When points can be spent.

    From the start of `spendable_on` (None: already) to the end of `last_day` (None: for ever).
    """

    spendable_on: date | None = None
    last_day: date | None = None

    @property
    def is_spendable(self) -> bool:
        """Whether it waits for no day."""
        return self.spendable_on is None


# Without a date: what can be spent at any time.
ANY_TIME = Lot()


@dataclass(frozen=True, slots=True)
class LotChange:
    """Points put into a lot, or taken out of it if negative."""

    lot: Lot
    points: Decimal


@dataclass(frozen=True, slots=True)
class Hold:
    """Points set aside until `expires_at`, by their last days. They don't expire meanwhile."""

    expires_at: datetime
    parts: Mapping[date | None, Decimal]

    @property
    def points(self) -> Decimal:
        """All that is held."""
        return total(self.parts.values())

    @property
    def lots(self) -> Points:
        """The lots that the points would be in again if it were released."""
        return {Lot(None, last_day): points for last_day, points in self.parts.items()}

    def without(self, points: Decimal) -> Points:
        """Its lots once so many points, the earliest expiring, were spent.

        Raises TooFewPointsError.
        """
        rest, missing = _without(self.lots, points, _in_order(self.lots, spendable=True))
        if missing:
            raise TooFewPointsError
        return rest


@dataclass(frozen=True, slots=True)
class Fallen:
    """What fell due: points that expired, that became spendable, and holds that lapsed."""

    expired: Decimal = Decimal(0)
    matured: Decimal = Decimal(0)
    holds: Mapping[str, Hold] = field(default_factory=dict)


class EverDueError(Exception):
    """A bug: what fell due would fall due again, for ever."""


class TooFewPointsError(Exception):
    """More was to be taken than can be spent."""


@dataclass(frozen=True, slots=True)
class Purse:
    """All points of a membership.

    Lots hold more than nothing. What was deducted and was not there is `owed`: spendable points
    pay it off, so there are none beside it. `debt` is owed likewise, but beside the points and not
    in them: the part of what reversals took that was spent, where balances don't go below zero.
    """

    lots: Points = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    owed: Decimal = Decimal(0)
    debt: Decimal = Decimal(0)

    @classmethod
    def of(cls, points: Decimal) -> "Purse":
        """Points that can be spent at any time; what is negative is owed."""
        if points < 0:
            return cls(owed=points.copy_negate())
        return cls({ANY_TIME: points} if points else {})

    @property
    def available(self) -> Decimal:
        """What can be spent; negative, what is owed."""
        spendable = total(p for lot, p in self.lots.items() if lot.is_spendable)
        return EXACT.subtract(spendable, self.owed)

    @property
    def pending(self) -> Decimal:
        """What waits for its day."""
        return total(p for lot, p in self.lots.items() if not lot.is_spendable)

    @property
    def held(self) -> Decimal:
        """What is set aside by holds."""
        return total(hold.points for hold in self.holds.values())

    @property
    def total(self) -> Decimal:
        """The balance."""
        return EXACT.subtract(total((*self.lots.values(), self.held)), self.owed)

    def put(self, points: Points, today: date) -> "Purse":
        """The purse with these too: those whose day has come are spendable, and pay what is owed.

        What is past its last day pays nothing: it expires.
        """
        lots = dict(self.lots)
        for lot, more in points.items():
            waits = lot.spendable_on is not None and lot.spendable_on > today
            _add(lots, lot if waits else Lot(None, lot.last_day), more)
        return _paid(Purse(lots, self.holds, self.owed, self.debt), today)

    def take(self, points: Decimal) -> "Purse":
        """The purse without these, the earliest expiring of what can be spent.

        Raises TooFewPointsError.
        """
        if points > self.available:
            raise TooFewPointsError
        lots, _ = _without(self.lots, points, _in_order(self.lots, spendable=True))
        return replace(self, lots=lots)

    def deduct(self, points: Decimal, today: date) -> "Purse":
        """The purse without these: of what can be spent, then of what waits; the rest is owed.

        What is past its last day pays nothing: it expires.
        """
        order = [
            *_good(self.lots, today, spendable=True),
            *_good(self.lots, today, spendable=False),
        ]
        lots, missing = _without(self.lots, points, order)
        return replace(self, lots=lots, owed=EXACT.add(self.owed, missing))

    def take_back(self, lots: Points) -> tuple["Purse", Decimal]:
        """The purse without these points, as far as there are any of the same fate, whether they
        wait still or not; how many there were not.
        """
        left, missing = dict(self.lots), Decimal(0)
        for lot, points in lots.items():
            order = [each for each in (lot, Lot(None, lot.last_day)) if each in left]
            left, lacking = _without(left, points, dict.fromkeys(order))
            missing = EXACT.add(missing, lacking)
        return replace(self, lots=left), missing

    def hold(self, hold_id: str, points: Decimal, expires_at: datetime) -> "Purse":
        """The purse with these set aside, taken as by `take`; raises TooFewPointsError."""
        taken = self.take(points)
        parts = {c.lot.last_day: c.points.copy_negate() for c in lot_changes(self, taken)}
        return replace(taken, holds={**self.holds, hold_id: Hold(expires_at, parts)})

    def close_hold(self, hold_id: str, captured: Decimal, today: date) -> "Purse":
        """The purse without the hold: `captured` of it, the earliest expiring, is spent, and the
        rest is what it was before.

        KeyError without such a hold, TooFewPointsError if it holds less.
        """
        rest = self.holds[hold_id].without(captured)
        holds = {name: hold for name, hold in self.holds.items() if name != hold_id}
        return replace(self, holds=holds).put(rest, today)

    def next_due_at(self, zone: ZoneInfo) -> datetime | None:
        """When next something happens to it by itself; None if never."""
        days = [lot.spendable_on for lot in self.lots if lot.spendable_on]
        days += [lot.last_day + timedelta(days=1) for lot in self.lots if lot.last_day]
        moments = [hold.expires_at for hold in self.holds.values()]
        if days:
            moments.append(start_of(min(days), zone))
        return min(moments, default=None)

    def brought_up_to(self, moment: datetime, zone: ZoneInfo) -> tuple["Purse", Fallen]:
        """The purse at a moment, and what fell due up to then, the moment itself included.

        One thing after the other, as it would have been had somebody looked at each moment: points
        that were spendable for a day paid off what was owed on that day.
        """
        purse, fallen = self, Fallen()
        due_at = purse.next_due_at(zone)
        while due_at is not None and due_at <= moment:
            purse, fallen = purse._at(due_at, day_of(due_at, zone), fallen)
            done, due_at = due_at, purse.next_due_at(zone)
            if due_at is not None and due_at <= done:
                raise EverDueError(done)
        return purse, fallen

    def _at(self, moment: datetime, today: date, fallen: Fallen) -> tuple["Purse", Fallen]:
        lapsed = {name: hold for name, hold in self.holds.items() if hold.expires_at <= moment}
        lots = dict(self.lots)
        for hold in lapsed.values():
            for last_day, points in hold.parts.items():
                _add(lots, Lot(None, last_day), points)
        gone = [lot for lot in lots if lot.last_day is not None and lot.last_day < today]
        expired = total(lots.pop(lot) for lot in gone)
        ripe = [lot for lot in lots if lot.spendable_on is not None and lot.spendable_on <= today]
        matured = {lot: lots.pop(lot) for lot in ripe}
        holds = {name: hold for name, hold in self.holds.items() if name not in lapsed}
        purse = replace(self, lots=lots, holds=holds).put(matured, today)
        return purse, Fallen(
            expired=EXACT.add(fallen.expired, expired),
            matured=total((fallen.matured, *matured.values())),
            holds={**fallen.holds, **lapsed},
        )


def lot_changes(before: Purse, after: Purse) -> tuple[LotChange, ...]:
    """What is different in the lots, in the order in which they are spent, what waits last."""
    lots = {**before.lots, **after.lots}
    order = [*_in_order(lots, spendable=True), *_in_order(lots, spendable=False)]
    changes = (
        LotChange(lot, EXACT.subtract(after.lots.get(lot, _NONE), before.lots.get(lot, _NONE)))
        for lot in order
    )
    return tuple(change for change in changes if change.points)


_NONE = Decimal(0)


def _paid(purse: Purse, today: date) -> Purse:
    if not purse.owed and not purse.debt:
        return purse
    good = _good(purse.lots, today, spendable=True)
    lots, owed = _without(purse.lots, purse.owed, good)
    left = [lot for lot in good if lot in lots]
    lots, debt = _without(lots, purse.debt, left)
    return replace(purse, lots=lots, owed=owed, debt=debt)


def _in_order(lots: Iterable[Lot], *, spendable: bool) -> list[Lot]:
    """Those that can be spent, or those that wait: the earliest spendable, then the earliest
    expiring, come first.
    """
    wanted = (lot for lot in lots if lot.is_spendable is spendable)
    return sorted(wanted, key=lambda lot: (lot.spendable_on or date.min, lot.last_day or date.max))


def _good(lots: Iterable[Lot], today: date, *, spendable: bool) -> list[Lot]:
    """Of `_in_order`, those whose last day is not over."""
    order = _in_order(lots, spendable=spendable)
    return [lot for lot in order if lot.last_day is None or lot.last_day >= today]


def _without(
    lots: Points, points: Decimal, order: Iterable[Lot]
) -> tuple[dict[Lot, Decimal], Decimal]:
    """The lots once as much as there is of `points` was taken in this order; what is missing."""
    left, missing = dict(lots), points
    for lot in order:
        if not missing:
            break
        taken = min(missing, left[lot])
        missing = EXACT.subtract(missing, taken)
        _add(left, lot, taken.copy_negate())
    return left, missing


def _add(lots: dict[Lot, Decimal], lot: Lot, points: Decimal) -> None:
    after = EXACT.add(lots.get(lot, _NONE), points)
    if after:
        lots[lot] = after
    else:
        lots.pop(lot, None)
