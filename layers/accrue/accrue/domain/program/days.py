"""When days begin in a time zone, also where the clock is put forward or back at midnight."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


# Most of what is decided is of today.
@lru_cache(maxsize=256)
def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which it is `day` or later in the zone.

    Where midnight is left out, that is when the clock is put forward; of a day that a zone left out
    altogether, when the next one begins. Where midnight comes twice, the first.
    """
    midnight = datetime.combine(day, time(), tzinfo=zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    return _put_forward(day, zone, midnight.replace(fold=1).astimezone(UTC), start)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The latest day that has begun in the zone by then.

    It is what the calendar shows, except where a clock is put back over midnight: a day that has
    begun does not end again. So it is `day` or later exactly from `start_of(day)` on.
    """
    day = moment.astimezone(zone).date()
    while moment >= start_of(day + _DAY, zone):
        day += _DAY
    return day


def _put_forward(day: date, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When the clock is put forward over midnight: after `before`, and at `after` at the latest."""
    # Clocks are put forward at a whole second, and once between the two.
    first, last = 0, int((after - before).total_seconds())
    while first < last:
        middle = (first + last) // 2
        if (before + middle * _SECOND).astimezone(zone).date() >= day:
            last = middle
        else:
            first = middle + 1
    return before + last * _SECOND
