"""Ann's membership in a program: she buys, spends, and brings things back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accrue.domain.activity import Activity, Kind
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.recording import Attempt
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Folder, Occasion
from accrue.services.post_at_once import AtOnceLedger
from tests.unit.activities import ANN, NOON, PROGRAM_ID, activity, in_force, items
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog
from tests.unit.reversing import reverse
from tests.unit.spending import LedgerOfBook, order

MINUTE = timedelta(minutes=1)
PLACE = ("demo", ANN)


@dataclass
class Shop:
    """A clock that goes on by a minute with everything that happens."""

    document: Program
    book: FakeBook = field(default_factory=FakeBook)
    versions: list[ProgramVersion] = field(default_factory=list)
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.versions.append(in_force(self.document))

    @property
    def catalog(self) -> FakeCatalog:
        """With the versions of the program that there are by now."""
        return FakeCatalog({PROGRAM_ID: self.versions})

    def publish(self, document: Program) -> None:
        """The program's next version, in force from now on."""
        self.now += MINUTE
        self.versions.append(ProgramVersion(len(self.versions) + 1, self.now, document))

    def wait_until(self, moment: str) -> None:
        """What falls due until then is posted."""
        self.now = datetime.fromisoformat(f"{moment}T12:00:00+00:00")
        occasion = Occasion("demo", ANN, "user-ann", self.now, "due")
        RuleApplier(self.catalog, self.book, lambda: self.now).bring_up(occasion)

    def sell(self, amount: str, things: str = "", **more: Any) -> Activity:
        """A purchase, applied."""
        self.now += MINUTE
        row = activity(
            amount,
            activity_id=f"ik_sale{len(self.book.recorded)}",
            recorded_at=self.now,
            line_items=items(things),
            **{"occurred_at": self.now, **more},
        )
        self.book.recorded[row.network_id, row.activity_id] = row
        assert RuleApplier(self.catalog, self.book, lambda: self.now).apply([row]) == []
        return row

    def order(self, kind: Kind, points: str, of: Activity | None = None) -> Activity:
        """A redemption, hold, capture, release or adjustment."""
        self.now += MINUTE
        order_id = f"ik_order{len(self.book.rows)}"
        of_id = of.activity_id if of else None
        row = order(kind, points, self.now, order_id=order_id, of=of_id)
        ledger = AtOnceLedger(
            LedgerOfBook(self.book), self.book, Folder(self.catalog, row.recorded_at)
        )
        ledger.insert(Attempt(row))
        return row

    def reverse(self, row: Activity, amount: str | None = None, *things: str) -> Posting:
        """A reversal, and Ann's posting of it."""
        self.now += MINUTE
        key = f"reversal{len(self.book.postings)}"
        stored = reverse(
            self.book, self.catalog, row, amount=amount, item_ids=things, key=key, when=self.now
        ).stored
        rows = self.book.recorded.values()
        assert_book_is_sound(self.book, rows)
        assert_balances_are_folds(self.book, rows, self.versions)
        return self.book.postings[PLACE, stored.activity_id]

    @property
    def state(self) -> MembershipState:
        """As it is stored."""
        return self.book.balances[PLACE].state

    @property
    def last_lines(self) -> list[str]:
        """Those of the last posting."""
        return lines(self.book.chain(PLACE)[-1])

    @property
    def figures(self) -> str:
        """What there is of the balance, by what can be done with it."""
        purse = self.state.purse
        figures = {
            "available": max(purse.available, purse.available * 0),
            "pending": purse.pending,
            "held": purse.held,
            "below zero": purse.owed,
            "debt": purse.debt,
        }
        return " ".join(f"{name} {points:f}" for name, points in figures.items() if points)

    @property
    def lots(self) -> list[str]:
        """Points by their days."""
        found = [
            (str(lot.spendable_on or "now"), str(lot.last_day or "for ever"), f"{points:f}")
            for lot, points in self.state.purse.lots.items()
        ]
        return [f"{points} from {since} to {last}" for since, last, points in sorted(found)]


def lines(posting: Posting) -> list[str]:
    """Points by what awarded them."""
    return [
        f"{line.points:f} {line.bonus_id or line.rule_id or line.quest_id or line.reason}"
        for line in posting.lines
    ]


def points_of(postings: Sequence[Posting]) -> list[str]:
    """What each came to."""
    return [f"{posting.points:f}" for posting in postings]
