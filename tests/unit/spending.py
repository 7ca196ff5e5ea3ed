"""Rows that are posted as they are recorded, and a book in which they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Participant
from accrue.domain.balance import Balance
from accrue.domain.ledger_row import LedgerRow
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program
from accrue.domain.purse import Purse
from accrue.domain.recording import Attempt, Recording
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.user_standing import UserStanding
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Folder, Occasion
from accrue.services.post_at_once import AtOnceLedger
from tests.unit.activities import ANN, NOON, PROGRAM_ID, activity, in_force
from tests.unit.fakes import FakeBook, FakeCatalog

WEEK = timedelta(days=7)


def order(
    kind: Kind,
    points: str | int | Decimal,
    when: datetime = NOON,
    *,
    order_id: str = "ik_order",
    of: str | None = None,
    lasts: timedelta = WEEK,
    standing: UserStanding = UserStanding.ACTIVE,
    membership: MembershipRef = ANN,
    invocation_id: str | None = None,
) -> Activity:
    """An order about a membership's points, recorded `when`; a hold lasts a week."""
    return Activity(
        network_id="demo",
        activity_id=order_id,
        kind=kind,
        front_door=FrontDoor.CLOCK if kind is Kind.DUE else FrontDoor.MEMBERSHIP,
        activity_type_id=kind.value,
        amount=Decimal(points),
        participants=(Participant(MEMBER_ROLE, "user-ann", (membership,), standing),),
        occurred_at=when,
        recorded_at=when,
        request_id=f"request-{order_id}",
        invocation_id=invocation_id or f"invocation-{order_id}",
        key_id="partner",
        payload_form="order/1",
        payload_hash=f"payload of {order_id}",
        of=of,
        hold_expires_at=when + lasts if kind is Kind.HOLD else None,
    )


@dataclass
class LedgerOfBook:
    """The rows that came with postings, and those that others recorded."""

    book: FakeBook
    recorded: Mapping[tuple[str, str], Activity] = field(default_factory=dict)

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None:
        self.book.pause()
        key = network_id, activity_id
        found = (
            self.book.rows.get(key)
            or self.book.markers.get(key)
            or self.book.recorded.get(key)
            or self.recorded.get(key)
        )
        self.book.pause()
        return found

    def find_rows(self, network_id: str, activity_ids: Sequence[str]) -> Mapping[str, LedgerRow]:
        rows = {each: self.find_row(network_id, each) for each in activity_ids}
        return {each: row for each, row in rows.items() if row}


@dataclass
class Till:
    """Ann's membership in a program: earns, spends, and is brought up to moments."""

    document: Program
    book: FakeBook = field(default_factory=FakeBook)
    reported: list[Activity] = field(default_factory=list)

    @property
    def balance(self) -> Balance:
        """As it is stored."""
        return self.book.balances.get(("demo", ANN), Balance())

    @property
    def purse(self) -> Purse:
        """As it is stored."""
        return self.balance.state.purse

    @property
    def chain(self) -> Sequence[Posting]:
        """The membership's postings in sequence."""
        return self.book.chain(("demo", ANN))

    def report(
        self, amount: str | int, occurred_at: datetime, recorded_at: datetime, type_id: str = "sale"
    ) -> Posting:
        """Record and apply an activity."""
        reported = activity(
            str(amount),
            activity_id=f"ik_activity{len(self.reported)}",
            activity_type_id=type_id,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
        )
        self.reported.append(reported)
        return self.apply(reported, recorded_at)

    def apply(self, row: Activity, when: datetime) -> Posting:
        """Apply an activity that was recorded, `when` or earlier."""
        self.book.recorded[row.network_id, row.activity_id] = row
        assert self.applier(when).apply([row]) == []
        return self.book.postings[("demo", ANN), row.activity_id]

    def place(self, row: Activity) -> Recording:
        """Record an order with its posting; raises a RefusalError."""
        ledger = AtOnceLedger(
            LedgerOfBook(self.book), self.book, Folder(self.catalog, row.recorded_at)
        )
        return ledger.insert(Attempt(row))

    def bring_up(self, moment: datetime) -> int:
        """Post what fell due."""
        return self.applier(moment).bring_up(Occasion("demo", ANN, "user-ann", moment, "due"))

    @property
    def catalog(self) -> FakeCatalog:
        """It has the program."""
        return FakeCatalog({PROGRAM_ID: [in_force(self.document)]})

    def applier(self, now: datetime) -> RuleApplier:
        """What applies activities at a moment."""
        return RuleApplier(self.catalog, self.book, lambda: now)
