"""A membership's points at a moment: the figures, and what comes next."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accrue.domain.membership_state import MembershipState
from accrue.domain.purse import Hold, Lot, Purse
from accrue.domain.standing import Coming, PointsStanding, points_standing
from tests.unit.activities import written

BERLIN = written(time_zone="Europe/Berlin")
TICK = timedelta(microseconds=1)
# Summer time begins on the 29th of March 2026.
MARCH_ENDS = datetime(2026, 3, 31, 22, tzinfo=UTC)
HOLD_ENDS = datetime(2026, 4, 2, 12, tzinfo=UTC)
LAST_MARCH, LAST_MAY = date(2026, 3, 31), date(2026, 5, 31)
HELD = Hold(HOLD_ENDS, {LAST_MARCH: Decimal(4), None: Decimal(3)})
PURSE = Purse(
    {
        Lot(None, LAST_MARCH): Decimal(10),
        Lot(date(2026, 4, 1), LAST_MAY): Decimal(20),
        Lot(date(2026, 4, 5), LAST_MAY): Decimal(30),
        Lot(): Decimal("0.5"),
    },
    {"ik_hold": HELD},
)


def standing(purse: Purse, now: datetime) -> PointsStanding:
    """The points at a moment."""
    return points_standing(MembershipState(points=purse.total, purse=purse), BERLIN, now)


def figures(purse: Purse, now: datetime) -> tuple[str, ...]:
    """Balance, available, pending, held, owed."""
    shown = standing(purse, now)
    numbers = (shown.balance, shown.available, shown.pending, shown.held, shown.owed)
    return tuple(map(str, numbers))


def test_all_figures_and_what_comes_next() -> None:
    assert standing(PURSE, MARCH_ENDS - TICK) == PointsStanding(
        balance=Decimal("67.5"),
        available=Decimal("10.5"),
        pending=Decimal(50),
        held=Decimal(7),
        owed=Decimal(0),
        expiring_next=Coming(Decimal(10), LAST_MARCH, MARCH_ENDS),
        pending_next=Coming(Decimal(20), date(2026, 4, 1), MARCH_ENDS),
        holds={"ik_hold": HELD},
    )


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        # Ten expire as twenty become spendable; what is held stays.
        (MARCH_ENDS, ("57.5", "20.5", "30", "7", "0")),
        (HOLD_ENDS - TICK, ("57.5", "20.5", "30", "7", "0")),
        # Of the hold, four are past their last day, and three can be spent again.
        (HOLD_ENDS, ("53.5", "23.5", "30", "0", "0")),
        (datetime(2026, 4, 4, 22, tzinfo=UTC), ("53.5", "53.5", "0", "0", "0")),
        (datetime(2026, 5, 31, 22, tzinfo=UTC), ("3.5", "3.5", "0", "0", "0")),
        (datetime(2999, 1, 1, tzinfo=UTC), ("3.5", "3.5", "0", "0", "0")),
    ],
)
def test_each_moment_has_its_figures(now: datetime, wanted: tuple[str, ...]) -> None:
    assert figures(PURSE, now) == wanted


def test_points_of_several_lots_expire_on_the_same_day() -> None:
    shown = standing(PURSE, MARCH_ENDS)

    expires_at = datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert shown.expiring_next == Coming(Decimal(50), LAST_MAY, expires_at)


def test_what_waits_pays_what_is_owed_when_its_day_comes() -> None:
    purse = Purse({Lot(date(2026, 4, 1), None): Decimal(20)}, owed=Decimal(5))

    assert figures(purse, MARCH_ENDS - TICK) == ("15", "0", "20", "0", "5")
    assert figures(purse, MARCH_ENDS) == ("15", "15", "0", "0", "0")


def test_without_dates_nothing_is_to_come() -> None:
    shown = standing(Purse.of(Decimal(5)), MARCH_ENDS)

    assert (shown.expiring_next, shown.pending_next, shown.holds) == (None, None, {})
