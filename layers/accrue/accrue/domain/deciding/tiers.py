"""Which tier a membership has, by its lifetime points or by those of a rolling window."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from accrue.domain.arithmetic import EXACT, total, within_limit
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program
from accrue.domain.program.tiers import Level, RollingPoints

_ONE_DAY = timedelta(days=1)


def brought_up_to(day: date, state: MembershipState, program: Program) -> MembershipState:
    """The state with the window ending on `day`, unless it ends later, and the tier that follows.

    This is how a tier is lost: nothing happens on the day itself, but whoever looks sees it, as if
    somebody had looked every day.
    """
    as_of = state.as_of or day
    # Points only leave the window as days go by, except where some are dated ahead: what is lost
    # before those count does not come back for being looked at late.
    for ahead in sorted(each for each in state.earned_by_day if as_of < each <= day):
        state = _moved_to(ahead, _moved_to(ahead - _ONE_DAY, state, program), program)
    return _moved_to(day, state, program)


def _moved_to(day: date, state: MembershipState, program: Program) -> MembershipState:
    rolling = _rolling(program)
    if rolling is None:
        moved = _without_window(state)
    else:
        as_of = max(state.as_of or day, day)
        moved = replace(
            state,
            earned_by_day=_within(state.earned_by_day, as_of, rolling.days),
            as_of=as_of,
            window_days=rolling.days,
        )
    tier_id = _tier_id(moved, program)
    return moved if tier_id == moved.tier_id else replace(moved, tier_id=tier_id)


def _without_window(state: MembershipState) -> MembershipState:
    if state.as_of is None and not state.earned_by_day and not state.window_days:
        return state
    return replace(state, earned_by_day={}, as_of=None, window_days=0)


def raised(state: MembershipState, program: Program) -> MembershipState:
    """The state with a higher tier, if its points are enough for one of the program's."""
    ids: list[str | None] = [None, *(level.tier_id for level in program.levels)]
    reached = _tier_id(state, program)
    if state.tier_id not in ids or ids.index(reached) <= ids.index(state.tier_id):
        return state
    return replace(state, tier_id=reached)


def earned(
    points: Decimal, day: date, state: MembershipState
) -> tuple[Decimal, Mapping[date, Decimal]]:
    """The lifetime points, and those by day, once `points` more were awarded for what occurred on
    `day`.

    With a window that is known, they count in it, whatever version decided.
    """
    lifetime = within_limit(EXACT.add(state.lifetime_points, points), "lifetime points")
    if state.as_of is None or not points:
        return lifetime, state.earned_by_day
    earned_by_day = dict(state.earned_by_day)
    earned_by_day[day] = EXACT.add(earned_by_day.get(day, Decimal(0)), points)
    return lifetime, _within(earned_by_day, state.as_of, state.window_days)


def with_raiser(
    row_id: str, before: MembershipState, after: MembershipState, program: Program
) -> MembershipState:
    """`after`, remembering the row if it is that which raised the tier; `before` is up to date.

    A tier that stays keeps its raiser, one that falls has none.
    """
    if after.tier_id == before.tier_id:
        if (after.tier_by, after.tier_from) == (before.tier_by, before.tier_from):
            return after
        return replace(after, tier_by=before.tier_by, tier_from=before.tier_from)
    if _position(after.tier_id, program) > _position(before.tier_id, program):
        return replace(after, tier_by=row_id, tier_from=before.tier_id)
    return replace(after, tier_by="", tier_from=None)


def has_window(program: Program) -> bool:
    """Whether its tiers go by the points of a rolling window."""
    return _rolling(program) is not None


def starting_tier(program: Program) -> str | None:
    """The tier of a membership without any activity."""
    return _tier_id(MembershipState(), program)


def tier_at(day: date, state: MembershipState, program: Program) -> tuple[Level | None, Decimal]:
    """The tier on a day that is not before the last activity's, and the points that it goes by."""
    moved = brought_up_to(day, state, program)
    return program.level(moved.tier_id), _points(moved, program)


def next_change_on(state: MembershipState, program: Program) -> date | None:
    """The first day on which the tier becomes another if nothing more is earned; None if none is.

    It may be lost as days leave the rolling window, and reached by what is dated a day ahead.
    """
    rolling = _rolling(program)
    if rolling is None or state.as_of is None:
        return None
    present = (state.tier_id, state.tier_id or starting_tier(program))
    leaving = {day + timedelta(days=rolling.days) for day in state.earned_by_day}
    ahead = {day for day in state.earned_by_day if day > state.as_of}
    days = sorted(day for day in leaving | ahead if day > state.as_of)

    def is_another(day: date) -> bool:
        return brought_up_to(day, state, program).tier_id not in present

    # Each look goes over all days. If points only leave the window, what is lost stays lost, and
    # the first day of it is found with a few. If some come in, or newer levels give another tier
    # already, a tier may be reached first, and it takes a look at each.
    may_rise = bool(ahead) or is_another(state.as_of)
    first = 0 if may_rise else bisect_left(days, x=True, key=is_another)
    return next((day for day in days[first:] if is_another(day)), None)


def _rolling(program: Program) -> RollingPoints | None:
    by = program.tiers.by if program.tiers else None
    return by if isinstance(by, RollingPoints) else None


def _within(earned_by_day: Mapping[date, Decimal], as_of: date, days: int) -> dict[date, Decimal]:
    first = as_of - timedelta(days=days - 1)
    return {day: points for day, points in earned_by_day.items() if day >= first}


def _points(state: MembershipState, program: Program) -> Decimal:
    if _rolling(program) is None:
        return state.lifetime_points
    as_of = state.as_of
    # An activity may be dated a day ahead: it counts when that day comes.
    return total(p for day, p in state.earned_by_day.items() if as_of is None or day <= as_of)


def _position(tier_id: str | None, program: Program) -> int:
    """From 0; -1 if the program has no such level."""
    ids = [level.tier_id for level in program.levels]
    return ids.index(tier_id) if tier_id in ids else -1


def _tier_id(state: MembershipState, program: Program) -> str | None:
    points = _points(state, program)
    present = _position(state.tier_id, program)
    held = None
    for position, level in enumerate(program.levels):
        stays = position <= present and points >= level.lost_below
        if points >= level.enters_at or stays:
            held = level.tier_id
    return held
