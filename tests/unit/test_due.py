"""When something falls due next, and what becomes of that under another version."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import Kind
from accrue.domain.balance import Balance
from accrue.domain.deciding import tiers as tiers_of_points
from accrue.domain.decision import TierChange
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program, ProgramVersion
from accrue.services.apply_rules import RuleApplier, in_order_of_deciding
from accrue.services.fold import Occasion
from tests.unit.activities import (
    ANN,
    NOON,
    PROGRAM_ID,
    activity,
    earn,
    in_force,
    lifetime_tiers,
    written,
)
from tests.unit.chains import assert_balances_are_folds
from tests.unit.fakes import FakeBook, FakeCatalog

PLACE = ("demo", ANN)
DAY = timedelta(days=1)
NEXT = NOON + DAY
LOST_AT = (NOON + timedelta(days=4)).replace(hour=0)
LATER = NOON + timedelta(days=30)
# Bought the day before noon, within a window of five days.
BOUGHT = activity("50")


def tiers(days: int = 5, *levels: tuple[str, int]) -> dict[str, Any]:
    by = {"kind": "rolling_points", "days": days}
    of = [{"tier_id": t, "name": t, "enters_at": at} for t, at in levels or [("silver", 40)]]
    return {"by": by, "levels": of}


def club(**parts: Any) -> Program:
    return written(rules=[earn()], **parts)


class Club:
    """Ann bought something under the first version; the second one begins the day after."""

    def __init__(self, before: Program, after: Program) -> None:
        self.versions = [in_force(before), ProgramVersion(2, NEXT, after)]
        self.book = FakeBook()
        self.apply(BOUGHT)

    def apply(self, *rows: Any) -> None:
        """Apply activities."""
        assert self._applier.apply(rows) == []

    def bring_up(self, moment: Any) -> int:
        """Post what fell due."""
        return self._applier.bring_up(Occasion("demo", ANN, "user-ann", moment, "due"))

    @property
    def balance(self) -> Balance:
        """As it is stored."""
        return self.book.balances[PLACE]

    @property
    def _applier(self) -> RuleApplier:
        return RuleApplier(FakeCatalog({PROGRAM_ID: self.versions}), self.book, lambda: LATER)


def test_a_tier_will_be_lost() -> None:
    rolling = club(tiers=tiers())
    club_of = Club(rolling, rolling)
    assert club_of.balance.due_at == LOST_AT

    assert club_of.bring_up(LOST_AT - timedelta(microseconds=1)) == 0
    assert club_of.bring_up(LOST_AT) == 1

    assert club_of.book.chain(PLACE)[-1].tier == TierChange("silver", None)
    assert club_of.balance.due_at is None


@pytest.mark.parametrize(
    ("after", "due_at"),
    [
        (club(tiers=lifetime_tiers(silver="40")), None),
        (club(tiers=tiers(10)), LOST_AT + timedelta(days=5)),
    ],
)
def test_what_is_not_due_any_more_under_a_newer_version_is_not_found_for_ever(
    after: Program, due_at: Any
) -> None:
    """The index has it until somebody keeps what is true now; there is nothing to post."""
    club_of = Club(club(tiers=tiers()), after)
    state = club_of.balance.state

    assert club_of.bring_up(LOST_AT) == 0

    assert club_of.balance.due_at == due_at
    assert (club_of.balance.state, club_of.balance.sequence) == (state, 1)
    assert len(club_of.book.postings) == 1


def test_who_moved_the_balance_meanwhile_knows_better() -> None:
    club_of = Club(club(tiers=tiers()), club())
    real = club_of.book.find_balance

    def find(network_id: str, membership: Any) -> Balance:
        found = real(network_id, membership)
        club_of.book.find_balance = real  # type: ignore[method-assign]
        club_of.apply(activity("1", activity_id="ik_2", recorded_at=LATER))
        return found

    club_of.book.find_balance = find  # type: ignore[method-assign]

    assert club_of.bring_up(LOST_AT) == 0

    assert [club_of.balance.sequence, club_of.balance.state.points] == [2, 51]
    assert club_of.balance.due_at is None


def test_an_activity_that_comes_late_does_not_hide_what_a_newer_version_sees_coming() -> None:
    club_of = Club(club(), club(tiers=tiers()))
    club_of.apply(activity("50", activity_id="ik_2", occurred_at=NEXT, recorded_at=NEXT))
    coming = club_of.balance.due_at
    assert coming == LOST_AT + timedelta(days=2)

    # Recorded before the second version began, which knows tiers.
    club_of.apply(activity("1", activity_id="ik_3", seconds=1))

    assert club_of.balance.due_at == coming
    assert club_of.bring_up(coming) == 1
    assert_balances_are_folds(club_of.book, [BOUGHT, *_rows(club_of)], club_of.versions)


def _rows(club_of: Club) -> list[Any]:
    assert club_of.book.chain(PLACE)[-1].tier == TierChange("silver", None)
    return [
        activity("50", activity_id="ik_2", occurred_at=NEXT, recorded_at=NEXT),
        activity("1", activity_id="ik_3", seconds=1),
    ]


def test_the_day_of_a_loss_is_found_with_few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look goes over all days of the window."""
    earned_by_day = {NOON.date() - timedelta(days=n): Decimal(1) for n in range(365)}
    state = MembershipState(
        tier_id="silver", earned_by_day=earned_by_day, as_of=NOON.date(), window_days=366
    )
    looks = []
    look = tiers_of_points.brought_up_to

    def counted(day: date, *rest: Any) -> MembershipState:
        looks.append(day)
        return look(day, *rest)

    monkeypatch.setattr(tiers_of_points, "brought_up_to", counted)

    lost_on = tiers_of_points.next_change_on(state, club(tiers=tiers(366)))

    # Of 365 points, 39 are left then.
    assert lost_on == NOON.date() + timedelta(days=366 - 39)
    assert len(looks) < 12


@given(
    earned_by_day=st.dictionaries(
        st.dates(NOON.date() - timedelta(days=6), NOON.date() + timedelta(days=1)),
        st.sampled_from([Decimal(5), Decimal(20), Decimal(40)]),
    ),
    stays_at=st.sampled_from([None, "10", "30"]),
)
def test_the_day_of_a_change_is_the_first(
    earned_by_day: dict[date, Decimal], stays_at: str | None
) -> None:
    levels = tiers(7, ("bronze", 20), ("silver", 40))
    levels["levels"][1] |= {"stays_at": stays_at}
    program = club(tiers=levels)
    today = NOON.date()
    state = tiers_of_points.brought_up_to(
        today, MembershipState(earned_by_day=earned_by_day, as_of=today), program
    )
    days = (today + timedelta(days=number) for number in range(1, 20))

    found = tiers_of_points.next_change_on(state, program)

    changed = (tiers_of_points.brought_up_to(day, state, program).tier_id for day in days)
    first = next((n for n, tier_id in enumerate(changed, 1) if tier_id != state.tier_id), None)
    assert found == (first and today + timedelta(days=first))


def test_a_tier_that_newer_levels_give_is_reached_before_it_is_lost() -> None:
    """80 points, which were bronze and are silver now, leave the window day by day."""
    today = NOON.date()
    earned_by_day = {today - timedelta(days=6 - n): Decimal(p) for n, p in enumerate((20, 30, 30))}
    state = MembershipState(
        tier_id="bronze", earned_by_day=earned_by_day, as_of=today, window_days=7
    )
    newer = club(tiers=tiers(7, ("bronze", 10), ("silver", 50)))

    # With the first 20 gone, 60 are left, which is silver.
    assert tiers_of_points.next_change_on(state, newer) == today + timedelta(days=1)


def test_what_everybody_has_is_nothing_that_falls_due() -> None:
    """A newer version gives a tier to everybody from the beginning."""
    before = club(tiers=tiers(5, ("gold", 1000)))
    club_of = Club(before, club(tiers=tiers(5, ("basic", 0), ("gold", 1000))))
    assert club_of.balance.state.tier_id is None

    assert club_of.bring_up(LATER) == 0

    assert len(club_of.book.postings) == 1


def test_a_tier_reached_and_lost_before_anybody_looked_is_no_row() -> None:
    """What is dated ahead counts on its day; a month later that is over."""
    rolling = club(tiers=tiers())
    club_of = Club(rolling, rolling)
    club_of.bring_up(LOST_AT)
    ahead = activity("40", activity_id="ik_2", occurred_at=LOST_AT + DAY, recorded_at=LOST_AT)
    club_of.apply(ahead)
    assert club_of.balance.due_at == LOST_AT + DAY
    before = club_of.balance

    assert club_of.bring_up(LATER) == 0

    assert club_of.balance == replace(before, due_at=None)
    assert len(club_of.book.postings) == before.sequence


def test_but_each_is_told_to_who_looks_in_time() -> None:
    rolling = club(tiers=tiers())
    club_of = Club(rolling, rolling)
    club_of.bring_up(LOST_AT)
    club_of.apply(
        activity("40", activity_id="ik_2", occurred_at=LOST_AT + DAY, recorded_at=LOST_AT)
    )

    assert club_of.bring_up(LOST_AT + DAY) == 1
    assert club_of.bring_up(LATER) == 1

    told = [posting.tier for posting in club_of.book.chain(PLACE)]
    assert told[-2:] == [TierChange(None, "silver"), TierChange("silver", None)]


def test_what_fell_due_by_a_moment_is_decided_before_what_was_recorded_then() -> None:
    due = replace(activity(activity_id="z", seconds=9), kind=Kind.DUE, as_of=NOON)
    at_noon = activity(activity_id="a")
    later = activity(activity_id="b", seconds=1)

    assert sorted([later, at_noon, due], key=in_order_of_deciding) == [due, at_noon, later]
