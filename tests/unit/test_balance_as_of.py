"""A balance as of any moment, against one of whom somebody had looked at every moment."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accrue.domain.activity import Kind
from accrue.domain.deciding.debts import line_of_debt
from accrue.domain.decision import PointLine
from accrue.domain.errors import UnreadableRowError
from accrue.domain.fallen_due import FallenDue
from accrue.domain.movement import Movement
from accrue.domain.purse import Lot, Purse, lot_changes
from accrue.services.get_balance import BalanceTeller
from tests.unit.activities import PROGRAM_ID, activity, in_force
from tests.unit.fake_history import FakeHistory
from tests.unit.lives import (
    DAY,
    HOUR,
    START,
    Answers,
    KnownCatalog,
    Life,
    by_occurred_at,
    program,
)
from tests.unit.postings import EVERYTHING, NOTHING
from tests.unit.spending import LedgerOfBook, Till, order

# More of them for a longer run.
SEEDS = int(os.environ.get("HISTORY_SEEDS", "100"))


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_it_is_the_same_whether_or_not_anybody_looked(first: int) -> None:
    covered = reversals = 0
    for seed in range(first, first + 20):
        life = Life(seed)
        for _ in range(35):
            life.go_on()
        reversals += life.reversed
        now = life.now
        life.look()
        looked, unseen = Answers(life.looked, now), Answers(life.unseen, now)
        moments = [life.random.uniform(-30, (now - START) / HOUR) for _ in range(10)]
        edges = [posting.occurred_at for posting in life.looked.chain]
        edges += [edge - timedelta(microseconds=1) for edge in edges]
        asked = [START + hours * HOUR for hours in moments] + edges
        for as_of in (moment for moment in asked if moment <= now):
            balance = unseen.as_of(as_of)
            expected = by_occurred_at(list(life.looked.chain), as_of)
            assert balance.by_occurred_at == expected, (seed, as_of)
            assert looked.as_of(as_of).by_occurred_at == expected, (seed, as_of)
            known = (p.points for p in life.unseen.chain if p.recorded_at <= as_of)
            assert balance.by_recorded_at == sum(known, Decimal(0)), (seed, as_of)
            covered += any(
                p.kind is Kind.DUE and p.occurred_at <= as_of < p.recorded_at
                for p in life.unseen.chain
            )
    assert covered > 100
    assert reversals > 20


def test_what_was_posted_with_a_late_activity_reaches_to_when_that_was_recorded() -> None:
    till = Till(program())
    till.report(8, START, START, "short")
    # They can be spent from March 22, and are good through the 26th.
    till.report(5, START, START, "waiting")
    recorded_at = START + 5 * DAY
    late = activity(
        "1",
        activity_id="ik_late",
        activity_type_id="lasting",
        occurred_at=recorded_at,
        recorded_at=recorded_at,
    )
    # The row about the 8 is of March 30 too. It covers the days up to the 25th.
    till.apply(late, START + 10 * DAY)
    midnight = datetime(2026, 3, 26, 23, tzinfo=UTC)

    for _ in range(2):
        answers = Answers(till, START + 11 * DAY)
        assert answers.as_of(recorded_at).by_occurred_at == 6
        assert answers.as_of(midnight - timedelta(microseconds=1)).by_occurred_at == 6
        assert answers.as_of(midnight).by_occurred_at == 1
        assert answers.as_of(START + 8 * DAY).by_occurred_at == 1
        till.bring_up(START + 10 * DAY + HOUR)
    assert [posting.points for posting in till.chain] == [8, 5, -8, 1, -5]


def test_what_was_owed_did_not_expire() -> None:
    till = Till(program(may_go_below_zero=True))
    till.place(order(Kind.ADJUSTMENT, -5, START, order_id="ik_owed"))
    # They can be spent from March 22, and pay what is owed; the rest is good through the 26th.
    till.report(10, START, START + HOUR, "waiting")
    now = START + 20 * DAY
    midnight = datetime(2026, 3, 26, 23, tzinfo=UTC)

    for _ in range(2):
        answers = Answers(till, now)
        assert answers.as_of(START + 3 * DAY).by_occurred_at == 5
        assert answers.as_of(midnight - timedelta(microseconds=1)).by_occurred_at == 5
        assert answers.as_of(midnight).by_occurred_at == 0
        till.bring_up(now)
    assert [posting.points for posting in till.chain] == [-5, 10, -5]


def test_what_was_owed_was_paid_by_what_came_back() -> None:
    till = Till(program(may_go_below_zero=True))
    till.report(9, START, START, "short")
    till.report(4, START, START, "lasting")
    till.place(order(Kind.HOLD, 13, START + HOUR, order_id="ik_hold", lasts=2 * DAY))
    till.place(order(Kind.ADJUSTMENT, -6, START + 2 * HOUR, order_id="ik_owed"))
    # The hold lapses on March 22: 6 of the 9 that are good through the 23rd pay what is owed.
    now = START + 20 * DAY
    midnight = datetime(2026, 3, 23, 23, tzinfo=UTC)

    for _ in range(2):
        answers = Answers(till, now)
        assert answers.as_of(midnight - timedelta(microseconds=1)).by_occurred_at == 7
        assert answers.as_of(midnight).by_occurred_at == 4
        till.bring_up(now)
    assert [posting.points for posting in till.chain] == [9, 4, 0, -6, -3]


def test_what_expired_goes_by_the_zone_in_which_that_was_posted() -> None:
    till = Till(program())
    till.report(7, START, START, "short")
    till.bring_up(START + 10 * DAY)
    moved = program("America/New_York")
    answers = Answers(till, START + 20 * DAY)
    answers.teller = BalanceTeller(
        KnownCatalog({PROGRAM_ID: [in_force(till.document), in_force(moved, 2)]}),
        FakeHistory(till.book),
        LedgerOfBook(till.book),
    )
    midnight = datetime(2026, 3, 23, 23, tzinfo=UTC)

    assert answers.as_of(midnight - timedelta(microseconds=1)).by_occurred_at == 7
    assert answers.as_of(midnight).by_occurred_at == 0


def test_a_debt_was_paid_as_points_matured() -> None:
    before = Purse(lots={Lot(date(2026, 3, 22), date(2026, 3, 26)): Decimal(10)}, debt=Decimal(3))
    zone = ZoneInfo("Europe/Berlin")
    first, last = datetime(2026, 3, 21, 23, tzinfo=UTC), datetime(2026, 3, 26, 23, tzinfo=UTC)
    due = replace(
        NOTHING,
        kind=Kind.DUE,
        points=Decimal(-10),
        occurred_at=first,
        recorded_at=START + 20 * DAY,
        lots=lot_changes(before, Purse()),
        lines=(
            PointLine("member", Decimal(-7), "expired"),
            line_of_debt(Decimal(-3)),
        ),
    )
    fallen_due = FallenDue(due, None, {}, zone)

    not_yet = [fallen_due.not_by(moment) for moment in (first, START + 4 * DAY, last)]

    assert not_yet == [-7, -7, 0]


@pytest.mark.parametrize("wrong", [{"sequence": None}, {"kind": "gift"}, {"recorded_at": "now"}])
def test_what_can_not_be_read_is_told(wrong: dict[str, object]) -> None:
    attributes = EVERYTHING.to_attributes()
    assert Movement.from_attributes(attributes).points == EVERYTHING.points
    with pytest.raises(UnreadableRowError):
        Movement.from_attributes({**attributes, **wrong})
