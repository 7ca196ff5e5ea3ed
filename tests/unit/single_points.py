"""A membership's points as a plain list of what was earned: an oracle without lots that are
merged, days that are counted, or anything else of the application's.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)


@dataclass
class Earned:
    """What is left of something earned; spendable from `since`, good to the end of `last_day`."""

    points: int
    since: date | None
    last_day: date | None
    waits: bool = False


@dataclass
class Held:
    """What a hold has of each."""

    until: datetime
    parts: list[tuple[Earned, int]]


@lru_cache
def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first quarter of an hour of a day."""
    moment = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=16)
    while moment.astimezone(zone).date() < day:
        moment += QUARTER
    return moment


@dataclass
class SinglePoints:
    """Does everything at the moment at which it happens, one after the other."""

    zone: ZoneInfo
    goes_below_zero: bool
    all: list[Earned] = field(default_factory=list)
    holds: dict[str, Held] = field(default_factory=dict)
    owed: int = 0
    expired: int = 0

    def figures(self) -> tuple[int, int, int, int]:
        """What can be spent, waits, is held, is owed."""
        spendable = sum(each.points for each in self.all if not each.waits)
        waiting = sum(each.points for each in self.all if each.waits)
        held = sum(points for hold in self.holds.values() for _, points in hold.parts)
        return spendable, waiting, held, self.owed

    def grouped(self) -> dict[tuple[date | None, date | None], int]:
        """Points by when they can be spent, as far as that is still to come."""
        groups: dict[tuple[date | None, date | None], int] = {}
        for each in self.all:
            key = (each.since if each.waits else None, each.last_day)
            groups[key] = groups.get(key, 0) + each.points
        return {key: points for key, points in groups.items() if points}

    def advance(self, moment: datetime) -> None:
        """All that happens by itself up to and at the moment."""
        while (at := self._next()) is not None and at <= moment:
            for hold_id in [name for name, hold in self.holds.items() if hold.until <= at]:
                self._give_back(self.holds.pop(hold_id).parts)
            self._expire(at)
            for each in self.all:
                each.waits = each.waits and begins(each.since or date.min, self.zone) > at
            self._pay(at)

    def earn(self, points: int, since: date | None, last_day: date | None, at: datetime) -> None:
        """Points come in."""
        waits = since is not None and begins(since, self.zone) > at
        self.all.append(Earned(points, since, last_day, waits))
        self._pay(at)
        self.advance(at)

    def spend(self, points: int, at: datetime, *, is_latest: bool) -> bool:
        """Whether they could be spent, and are."""
        return self._take(points, at, is_latest=is_latest) is not None

    def hold(
        self, hold_id: str, points: int, until: datetime, at: datetime, *, is_latest: bool
    ) -> bool:
        """Whether they could be held, and are."""
        parts = self._take(points, at, is_latest=is_latest)
        if parts is None:
            return False
        self.holds[hold_id] = Held(until, parts)
        return True

    def close(self, hold_id: str, captured: int, at: datetime) -> bool:
        """Whether the hold was open with so many points, and is closed."""
        if hold_id not in self.holds:
            return False
        hold = self.holds[hold_id]
        if captured > sum(points for _, points in hold.parts):
            return False
        del self.holds[hold_id]
        rest = []
        for each, points in sorted(hold.parts, key=lambda part: part[0].last_day or date.max):
            spent = min(points, captured)
            captured -= spent
            rest.append((each, points - spent))
        self._give_back(rest)
        self._pay(at)
        self.advance(at)
        return True

    def deduct(self, points: int) -> bool:
        """Whether they may be deducted, and are."""
        there = sum(each.points for each in self.all)
        if points > there and not self.goes_below_zero:
            return False
        in_order = sorted(
            self.all,
            key=lambda e: (e.waits, (e.waits and e.since) or date.min, e.last_day or date.max),
        )
        for each in in_order:
            taken = min(points, each.points)
            each.points -= taken
            points -= taken
        self.owed += points
        return True

    def _take(
        self, points: int, at: datetime, *, is_latest: bool
    ) -> list[tuple[Earned, int]] | None:
        good = sorted(
            (e for e in self.all if e.points and not e.waits), key=lambda e: e.last_day or date.max
        )
        if is_latest:
            today = at.astimezone(self.zone).date()
            for each in good:
                assert each.since is None or each.since <= today
                assert each.last_day is None or each.last_day >= today
        if points > sum(each.points for each in good) - self.owed:
            return None
        parts = []
        for each in good:
            taken = min(points, each.points)
            each.points -= taken
            points -= taken
            if taken:
                parts.append((each, taken))
        return parts

    def _give_back(self, parts: list[tuple[Earned, int]]) -> None:
        for each, points in parts:
            # What it was taken from may have expired meanwhile, and is gone.
            self.all.append(Earned(points, each.since, each.last_day))

    def _expire(self, at: datetime) -> None:
        for each in self.all:
            if each.last_day is not None and self._ends(each.last_day) <= at:
                self.expired += each.points
                each.points = 0
                each.waits = False
        self.all = [each for each in self.all if each.points]

    def _pay(self, at: datetime) -> None:
        for each in sorted(self.all, key=lambda e: e.last_day or date.max):
            is_over = each.last_day is not None and self._ends(each.last_day) <= at
            if not each.waits and not is_over:
                paid = min(self.owed, each.points)
                each.points -= paid
                self.owed -= paid

    def _ends(self, last_day: date) -> datetime:
        return begins(last_day + timedelta(days=1), self.zone)

    def _next(self) -> datetime | None:
        left = [each for each in self.all if each.points]
        moments = [hold.until for hold in self.holds.values()]
        moments += [begins(e.since, self.zone) for e in left if e.waits and e.since]
        moments += [self._ends(e.last_day) for e in left if e.last_day]
        return min(moments, default=None)
