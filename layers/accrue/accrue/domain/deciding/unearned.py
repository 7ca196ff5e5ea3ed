"""What no longer counts for tiers once it is taken back.

In a window, points leave the day that they count on. What it lacks comes from the latest days that
have any: rewards of several days may be taken from the last one, and from others' points of that,
whose own are then on an earlier day. So with everything taken back, nothing is left, and no day
is left with less than nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from accrue.domain.arithmetic import EXACT
from accrue.domain.membership_state import MembershipState


def unearned(
    points: Decimal, day: date, state: MembershipState, *, was_in_window: bool
) -> MembershipState:
    """The state without points that were awarded for what occurred on `day`.

    Of what may not have counted in the window (`was_in_window` is false: the program had none),
    nothing is taken from other days.
    """
    if not _is_in_window(day, state):
        days: Iterable[date] = ()
    elif was_in_window:
        days = _from(day, state)
    else:
        days = (day,)
    return _without(points, days, state)


def unrewarded(points: Decimal, latest_on: date | None, state: MembershipState) -> MembershipState:
    """The state without rewards of a quest, the latest of which counted on that day; on none if
    there was no window. What has left the window takes nothing from it.
    """
    is_in_window = latest_on is not None and _is_in_window(latest_on, state)
    days = _from(latest_on, state) if latest_on is not None and is_in_window else ()
    return _without(points, days, state)


def _is_in_window(day: date, state: MembershipState) -> bool:
    return state.as_of is not None and (state.as_of - day).days < state.window_days


def _from(day: date, state: MembershipState) -> list[date]:
    """That day, then the others from the latest on."""
    return [day, *sorted(state.earned_by_day.keys() - {day}, reverse=True)]


def _without(points: Decimal, days: Iterable[date], state: MembershipState) -> MembershipState:
    lifetime = EXACT.subtract(state.lifetime_points, points)
    by_day = _taken(points, days, state.earned_by_day)
    return replace(state, lifetime_points=lifetime, earned_by_day=by_day)


def _taken(
    points: Decimal, days: Iterable[date], earned_by_day: Mapping[date, Decimal]
) -> dict[date, Decimal]:
    left = dict(earned_by_day)
    missing = points
    for day in days:
        there = left.pop(day, Decimal(0))
        taken = min(missing, there)
        missing = EXACT.subtract(missing, taken)
        if rest := EXACT.subtract(there, taken):
            left[day] = rest
    return left
