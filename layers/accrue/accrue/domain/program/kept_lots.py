"""How many lots of points a membership may have at once, by a program's periods.

Points that can be spent are one lot for each last day; points that wait, for each day from which
they can be spent and each way to expire.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accrue.domain.program.expiry import (
    AfterDays,
    AfterMonths,
    EndOfMonth,
    EndOfYear,
    Expiry,
    OnDate,
    days_good,
)
from accrue.domain.program.program import Program

# With its dates and points each takes up to 60 bytes of a DynamoDB item, which has 400 KB at most.
MAX_LOTS = 1500
# Begins what stands for a period among what versions keep; digests are hexadecimal.
PERIOD_MARK: Final = "~"
_NEVER: Final = "never"
_DAY, _MONTH, _YEAR = _SPANS = ("day", "month", "year")
# Today itself, and those on which an activity may occur that is dated a day ahead: two, over a
# day of 23 hours.
_TODAY_AND_AHEAD = 3


class Period(NamedTuple):
    """How long points wait, and how they expire: `by`, and how many days, months or years."""

    pending_days: int
    by: str
    number: int = 0

    @property
    def text(self) -> str:
        """The period among what versions keep."""
        return f"{PERIOD_MARK}{self.pending_days} {self.by} {self.number}"

    @classmethod
    def of_text(cls, text: str) -> "Period":
        """What `text` was made of."""
        pending_days, by, number = text.removeprefix(PERIOD_MARK).split(" ")
        return cls(int(pending_days), by, int(number))


def periods_of(program: Program) -> frozenset[Period]:
    """All that the program's points may have, but for being spendable at once and for ever."""
    return frozenset(_periods(program)) - {Period(0, _NEVER)}


def most_lots(periods: Iterable[Period]) -> int:
    """How many lots there may be at once with all of these, and with points that can be spent for
    ever: never fewer than there can be.
    """
    all_periods = frozenset(periods)
    waits = (period.pending_days for period in all_periods if period.pending_days)
    waiting = sum(days - 1 + _TODAY_AND_AHEAD for days in waits)
    return waiting + 1 + _last_days({(period.by, period.number) for period in all_periods})


def period_of(expiry: Expiry, pending_days: int | None) -> Period:
    """That of points which wait and expire so."""
    waits = pending_days or 0
    match expiry:
        case AfterDays() | AfterMonths():
            return Period(waits, _DAY, days_good(expiry)[-1])
        case EndOfMonth():
            return Period(waits, _MONTH, expiry.months_after)
        case EndOfYear():
            return Period(waits, _YEAR, expiry.years_after)
        case OnDate():
            return Period(waits, expiry.date.isoformat())
        case _:
            return Period(waits, _NEVER)


def _periods(program: Program) -> Iterator[Period]:
    yield period_of(program.points.expiry, None)
    for rule in program.rules:
        yield period_of(rule.expiry or program.points.expiry, rule.pending_days)


def _last_days(kinds: set[tuple[str, int]]) -> int:
    """By days, by months and by years: those of the longest have all of the shorter ones'."""
    longest: dict[str, int] = {}
    for by, number in kinds - {(_NEVER, 0)}:
        longest[by] = max(number, longest.get(by, 0))
    spans = [number + _TODAY_AND_AHEAD for by, number in longest.items() if by in _SPANS]
    return sum(spans) + len(longest) - len(spans)
