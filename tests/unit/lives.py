"""A membership's life in two worlds, and what is answered about it.

The same is reported, ordered and reversed in both. In one, whatever falls due is posted as it does,
so that the balance is the sum of what occurred by a moment; in the other, nobody looks for weeks.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import override

from accrue.domain.activity import Activity, Kind
from accrue.domain.balance_as_of import BalanceAsOf
from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole, Membership
from accrue.domain.errors import RefusalError
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program, ProgramVersion
from accrue.services.get_balance import BalanceTeller
from tests.unit.activities import PROGRAM_ID, activity, earn, in_force, written
from tests.unit.fake_history import FakeHistory
from tests.unit.fakes import FakeCatalog
from tests.unit.reversing import reverse
from tests.unit.spending import LedgerOfBook, Till, order

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
    late: list[Activity] = field(default_factory=list)
    reversible: list[Activity] = field(default_factory=list)
    reversed: int = 0

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
        reporting = [self.report, self.report, self.report_late, self.apply_late]
        self.random.choice([*reporting, self.order, self.close, self.reverse])()
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
        self.reversible.append(self.looked.reported[-1])

    def report_late(self) -> None:
        """It is recorded, and applied once nobody thinks of it any more."""
        ago = self.random.choice([0, 0, 1, 30, 50, 120, -1, -23])
        late = activity(
            str(self.random.choice([5, 8, 13])),
            activity_id=f"ik_late{self.now:%d%H%M}",
            activity_type_id=self.random.choice(["lasting", "short", "waiting"]),
            occurred_at=self.now - ago * HOUR,
            recorded_at=self.now,
        )
        self.late.append(late)
        if self.random.random() < 0.7:
            # Nobody acts meanwhile, so that what falls due on both sides of it is posted later.
            self.now += self.random.choice([60, 90, 120]) * HOUR
            self.look()
            self.apply_late()

    def apply_late(self) -> None:
        """Whichever of them comes first; not while something is owed.

        What it pays of that would depend on what fell due since it was recorded, and so on who
        looked.
        """
        purses = self.looked.purse, self.unseen.purse
        if not self.late or any(purse.owed or purse.debt for purse in purses):
            return
        row = self.late.pop(self.random.randrange(len(self.late)))
        for till in (self.looked, self.unseen):
            till.apply(row, self.now)
        self.look()
        self.reversible.append(row)

    def reverse(self) -> None:
        """An activity or a redemption, or one point of it."""
        if not self.reversible:
            return
        original = self.random.choice(self.reversible)
        amount = self.random.choice([None, None, "1"])
        key = f"reversal{self.now:%d%H%M}"

        def do(till: Till) -> None:
            reverse(till.book, till.catalog, original, amount=amount, key=key, when=self.now)

        self.reversed += self._in_both(do)

    def order(self) -> None:
        """Spend, hold, add or deduct."""
        kind = self.random.choice([Kind.REDEMPTION, Kind.HOLD, Kind.HOLD, Kind.ADJUSTMENT])
        points = self.random.choice([2, 5, 9, 16])
        if kind is Kind.ADJUSTMENT and self.random.random() < 0.7:
            points = -points
        lasts = self.random.choice([2, 20, 60, 100]) * HOUR
        name = f"ik_{self.now:%d%H%M}"
        row = order(kind, points, self.now, order_id=name, lasts=lasts)
        if not self._place(row):
            return
        if kind is Kind.HOLD:
            self.holds.append(name)
        else:
            self.reversible.append(row)

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
        return self._in_both(lambda till: till.place(row))

    def _in_both(self, do: Callable[[Till], object]) -> bool:
        done = []
        for till in (self.looked, self.unseen):
            try:
                do(till)
            except RefusalError:
                done.append(False)
            else:
                done.append(True)
        assert done[0] == done[1]
        return done[0]


def by_occurred_at(chain: list[Posting], moment: datetime) -> Decimal:
    """The sum of what had occurred. What came back too late expired as it came back."""
    brings_back = (Kind.CAPTURE, Kind.RELEASE, Kind.REVERSAL)
    points = Decimal(0)
    before: Posting | None = None
    for posting in chain:
        at = posting.occurred_at
        if posting.kind is Kind.DUE and before and before.kind in brings_back:
            back = {change.lot for change in before.lots if change.points > 0}
            if back & {change.lot for change in posting.lots if change.points < 0}:
                at = max(at, before.occurred_at)
        if at <= moment:
            points += posting.points
        before = posting
    return points
