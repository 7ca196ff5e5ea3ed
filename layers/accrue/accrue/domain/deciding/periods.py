"""Counting by period, in bounded space."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from accrue.domain.arithmetic import EXACT, within_limit
from accrue.domain.membership_state import Counts
from accrue.domain.program.period import Period

# What is reported late usually belongs to yesterday, last week or last month.
KEPT_PERIODS = 2


def period_key(period: Period, moment: datetime) -> str:
    """The period that a local time is in; later periods sort later."""
    match period:
        case Period.DAY:
            return f"{moment:%Y-%m-%d}"
        case Period.WEEK:
            year, week, _ = moment.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case Period.MONTH:
            return f"{moment:%Y-%m}"
        case Period.LIFETIME:
            return "lifetime"


class Counters:
    """Counters while an activity is decided; what they were made from does not change.

    Each keeps its latest two periods. What is of an earlier one counts in the older of them, so
    that nothing that comes late goes uncounted.
    """

    def __init__(self, counters: Mapping[str, Counts]) -> None:
        self._counters = dict(counters)

    def count(self, name: str, key: str) -> Decimal:
        """What has been counted in the period."""
        counts = self._counters.get(name, {})
        return counts.get(_kept_key(counts, key), Decimal(0))

    def counted_with(self, name: str, key: str) -> str:
        """The later period that this one counts in because it is not kept; empty if none."""
        kept = _kept_key(self._counters.get(name, {}), key)
        return "" if kept == key else kept

    def add(self, name: str, key: str, number: Decimal) -> None:
        """Count more in the period."""
        counts = dict(self._counters.get(name, {}))
        kept = _kept_key(counts, key)
        counts[kept] = within_limit(
            EXACT.add(counts.get(kept, Decimal(0)), number), f"what is counted as {name}"
        )
        latest = sorted(counts)[-KEPT_PERIODS:]
        self._counters[name] = {each: counts[each] for each in latest}

    def free(self, name: str, key: str, number: Decimal) -> None:
        """Count less in exactly this period, if it is kept.

        It stays kept with nothing in it: otherwise an earlier one, whose count is forgotten, would
        be open again.
        """
        counts = dict(self._counters.get(name, {}))
        if key not in counts:
            return
        counts[key] = EXACT.subtract(counts[key], number)
        self._counters[name] = counts

    def all(self) -> dict[str, Counts]:
        """All counters as they are now."""
        return dict(self._counters)


def _kept_key(counts: Counts, key: str) -> str:
    if len(counts) < KEPT_PERIODS:
        return key
    return max(key, min(counts))
