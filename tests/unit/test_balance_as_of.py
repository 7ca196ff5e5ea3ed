"""A balance as of any moment, against one of whom somebody had looked at every moment.

The same is reported and ordered in two worlds. In one, whatever falls due is posted as it does, so
that the balance is the sum of what occurred by a moment; in the other, nobody looks for weeks.
"""

import os
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import override
from zoneinfo import ZoneInfo

import pytest

from accrue.domain.activity import Activity, Kind
from accrue.domain.balance_as_of import BalanceAsOf
from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole, Membership
from accrue.domain.decision import PAID, PointLine
from accrue.domain.errors import RefusalError, UnreadableRowError
from accrue.domain.fallen_due import points_by
from accrue.domain.movement import Movement
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.purse import Lot, Purse, lot_changes
from accrue.services.get_balance import BalanceTeller
from tests.unit.activities import PROGRAM_ID, earn, in_force, written
from tests.unit.fake_history import FakeHistory
from tests.unit.fakes import FakeCatalog
from tests.unit.postings import EVERYTHING
from tests.unit.spending import LedgerOfBook, Till, order

# More of them for a longer run.
SEEDS = int(os.environ.get("HISTORY_SEEDS", "100"))
START = datetime(2026, 3, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PARTNER = Caller("demo", KeyRole.PARTNER, "partner")


def program(zone: str = "Europe/Berlin", *, may_go_below_zero: bool = False) -> Program:
    """Points for ever, for three days, and those that wait for two and are good for four more; the
    clock is put forward on the way.
    """
    return written(
        points={"unit": "points", "may_go_below_zero": may_go_below_zero},
        time_zone=zone,
        rules=[
            earn(rule_id="lasting", activity_type_id="lasting"),
            earn(
                rule_id="short", activity_type_id="short", expiry={"kind": "after_days", "days": 3}
            ),
            earn(
                rule_id="waiting",
                activity_type_id="waiting",
                pending_days=2,
                expiry={"kind": "after_days", "days": 6},
            ),
        ],
    )


class KnownCatalog(FakeCatalog):
    """A catalog that knows Ann's membership too."""

    @override
    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        return Membership(program_membership_id, PROGRAM_ID, "user-ann")

    @override
    def find_program_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None:
        return self.programs[program_id][version - 1]


@dataclass
class Answers:
    """What is answered about a world."""

    till: Till
    now: datetime

    def __post_init__(self) -> None:
        self.teller = BalanceTeller(
            KnownCatalog({PROGRAM_ID: [in_force(self.till.document)]}),
            FakeHistory(self.till.book),
            LedgerOfBook(self.till.book),
        )

    def as_of(self, moment: datetime) -> BalanceAsOf:
        """The balance as of a moment."""
        return self.teller.get_balance("ann", PARTNER, moment, self.now).balance


@dataclass
class Life:
    """One membership in both worlds, by a seed."""

    seed: int
    looked: Till = field(init=False)
    unseen: Till = field(init=False)
    now: datetime = START
    holds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - the same each time
        document = program(may_go_below_zero=self.random.random() < 0.5)
        self.looked, self.unseen = Till(document), Till(document)

    def go_on(self) -> None:
        """Time passes, and somebody does something."""
        self.now += self.random.choice([0, 1, 1, 7, 30, 60]) * HOUR
        self.look()
        if self.random.random() < 0.1:
            self.unseen.bring_up(self.now)
        self.random.choice([self.report, self.report, self.report, self.order, self.close])()
        self.now += timedelta(minutes=1)

    def look(self) -> None:
        """Post whatever fell due, in one of the worlds, each at its moment."""
        while (due_at := self.looked.balance.due_at) is not None and due_at <= self.now:
            self.looked.bring_up(due_at)

    def report(self) -> None:
        """Of now, of a few days ago, or of tomorrow."""
        ago = self.random.choice([0, 0, 1, 30, 50, 120, 200, -1, -23])
        kind = self.random.choice(["lasting", "short", "short", "waiting", "waiting"])
        amount = self.random.choice([5, 8, 13, 21, -4])
        if amount < 0:
            # What can be deducted may hang on what has expired by the time of recording.
            kind = "lasting"
        for till in (self.looked, self.unseen):
            till.report(amount, self.now - ago * HOUR, self.now, kind)

    def order(self) -> None:
        """Spend, hold, add or deduct."""
        kind = self.random.choice([Kind.REDEMPTION, Kind.HOLD, Kind.HOLD, Kind.ADJUSTMENT])
        points = self.random.choice([2, 5, 9, 16])
        if kind is Kind.ADJUSTMENT and self.random.random() < 0.7:
            points = -points
        lasts = self.random.choice([2, 20, 60, 100]) * HOUR
        name = f"ik_{self.now:%d%H%M}"
        row = order(kind, points, self.now, order_id=name, lasts=lasts)
        if self._place(row) and kind is Kind.HOLD:
            self.holds.append(name)

    def close(self) -> None:
        """Capture a part of a hold, or release one."""
        if not self.holds:
            return
        hold_id = self.holds.pop(self.random.randrange(len(self.holds)))
        kind = self.random.choice([Kind.CAPTURE, Kind.RELEASE])
        name = f"ik_{self.now:%d%H%M}"
        self._place(
            order(kind, 1 if kind is Kind.CAPTURE else 0, self.now, order_id=name, of=hold_id)
        )

    def _place(self, row: Activity) -> bool:
        done = []
        for till in (self.looked, self.unseen):
            try:
                till.place(row)
            except RefusalError:
                done.append(False)
            else:
                done.append(True)
        assert done[0] == done[1]
        return done[0]


def by_occurred_at(chain: list[Posting], moment: datetime) -> Decimal:
    """The sum of what had occurred. What came back too late expired as it came back."""
    points = Decimal(0)
    before: Posting | None = None
    for posting in chain:
        at = posting.occurred_at
        if posting.kind is Kind.DUE and before and before.kind in (Kind.CAPTURE, Kind.RELEASE):
            back = {change.lot for change in before.lots if change.points > 0}
            if back & {change.lot for change in posting.lots if change.points < 0}:
                at = max(at, before.occurred_at)
        if at <= moment:
            points += posting.points
        before = posting
    return points


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_it_is_the_same_whether_or_not_anybody_looked(first: int) -> None:
    covered = 0
    for seed in range(first, first + 20):
        life = Life(seed)
        for _ in range(25):
            life.go_on()
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
    due = Movement(
        activity_id="du_1",
        kind=Kind.DUE,
        sequence=4,
        points=Decimal(-10),
        occurred_at=first,
        recorded_at=START + 20 * DAY,
        program_version=1,
        lots=lot_changes(before, Purse()),
        available_after=Decimal(0),
        lines=(
            PointLine("member", Decimal(-7), "expired"),
            PointLine("member", Decimal(-3), PAID),
        ),
    )

    by_then = [points_by(moment, due, None, {}, zone) for moment in (first, START + 4 * DAY, last)]

    assert by_then == [-3, -3, -10]


@pytest.mark.parametrize("wrong", [{"sequence": None}, {"kind": "gift"}, {"lots": ["10"]}])
def test_what_can_not_be_read_is_told(wrong: dict[str, object]) -> None:
    attributes = EVERYTHING.to_attributes()
    assert Movement.from_attributes(attributes).points == EVERYTHING.points
    with pytest.raises(UnreadableRowError):
        Movement.from_attributes({**attributes, **wrong})
