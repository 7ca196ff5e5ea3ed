"""What no longer counts for tiers once it is taken back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from accrue.domain.arithmetic import EXACT
from accrue.domain.membership_state import MembershipState

_NONE = Decimal(0)


def unearned(points: Decimal, day: date, state: MembershipState) -> MembershipState:
    """The state without points that were awarded for what occurred on `day`.

    No day of a window is left with less than nothing: of what did not count on it (the program had
    no window then), nothing is taken.
    """
    counted = min(points, state.earned_by_day.get(day, _NONE))
    return _without(points, {day: counted}, state)


def unearned_since(points: Decimal, day: date, state: MembershipState) -> MembershipState:
    """The state without the reward of a quest to which something of `day` counted: it was completed
    then, or later. If the day has left the window, so may the reward have.
    """
    taken: dict[date, Decimal] = {}
    missing = points
    if day in state.earned_by_day or _is_in_window(day, state):
        for each in sorted(state.earned_by_day):
            if each >= day:
                taken[each] = min(missing, state.earned_by_day[each])
                missing = EXACT.subtract(missing, taken[each])
    return _without(points, taken, state)


def _is_in_window(day: date, state: MembershipState) -> bool:
    return state.as_of is not None and (state.as_of - day).days < state.window_days


def _without(
    points: Decimal, taken: dict[date, Decimal], state: MembershipState
) -> MembershipState:
    days = dict(state.earned_by_day)
    for day, number in taken.items():
        left = EXACT.subtract(days.pop(day, _NONE), number)
        if left:
            days[day] = left
    lifetime = EXACT.subtract(state.lifetime_points, points)
    return replace(state, lifetime_points=lifetime, earned_by_day=days)
