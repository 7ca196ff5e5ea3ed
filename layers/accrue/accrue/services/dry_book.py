"""The book of balances as a dry run has it: it keeps to itself what is posted, and shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, BalanceChange, Entry
from accrue.domain.errors import AlreadyPostedError
from accrue.domain.ledger_row import ReversalMarker
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from accrue.services.ports import BalanceBook, LedgerReader


@dataclass(slots=True)
class DryBook:
    """A `BalanceBook` that shows what was posted into it, beside what is in the book.

    What is reversed may have to be applied first: so balances are kept, too.
    """

    book: BalanceBook
    ledger: LedgerReader
    postings: dict[str, dict[MembershipRef, Posting]] = field(default_factory=dict)
    outcomes: dict[str, SettledOutcome] = field(default_factory=dict)
    balances: dict[tuple[str, MembershipRef], Balance] = field(default_factory=dict)
    max_postings_per_write: int = 1

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance:
        """The balance with what was posted into it; else that in the book."""
        if (network_id, membership) in self.balances:
            return self.balances[network_id, membership]
        return self.book.find_balance(network_id, membership)

    def find_balances(self, of: Sequence[tuple[str, MembershipRef]]) -> Sequence[Balance]:
        """The same of several memberships."""
        return [self.find_balance(*each) for each in of]

    def find_postings(self, activity: Activity) -> Mapping[MembershipRef, Posting]:
        """What would be posted, if this is being tried out; else what is in the book."""
        if activity.activity_id in self.postings:
            return self.postings[activity.activity_id]
        return self.book.find_postings(activity)

    def find_outcome(self, activity: Activity) -> SettledOutcome | None:
        """What would be written, if this is being tried out; else what is in the book."""
        if activity.activity_id in self.outcomes:
            return self.outcomes[activity.activity_id]
        return self.book.find_outcome(activity)

    def how_many_fit(self, entries: Sequence[Entry]) -> int:
        """All: nothing has to fit."""
        return len(entries)

    def post(
        self,
        entries: Sequence[Entry],
        expected_sequence: int,  # noqa: ARG002 - the balance was read just now
    ) -> None:
        """Keep the postings. Raises AlreadyPostedError if a row exists that comes with one."""
        recorded = frozenset(
            row.activity_id
            for row in (entry.row for entry in entries)
            if row and self.ledger.find_row(row.network_id, row.activity_id)
        )
        if recorded:
            raise AlreadyPostedError(recorded)
        for entry in entries:
            posting = entry.posting
            self.postings.setdefault(posting.activity_id, {})[posting.membership] = posting
            self.balances[posting.network_id, posting.membership] = entry.balance

    def post_together(
        self,
        changes: Sequence[BalanceChange],
        marker: ReversalMarker | None = None,  # noqa: ARG002 - its place was read just now
    ) -> int:
        """Keep the postings of all. Raises as `post`."""
        for change in changes:
            self.post(change.entries, change.expected_sequence)
        return len(changes)

    def post_all(self, changes: Sequence[BalanceChange]) -> None:
        """The same."""
        self.post_together(changes)

    def find_original(
        self, row: Activity, membership: MembershipRef
    ) -> tuple[Activity, Posting] | None:
        """What would be posted, if that is being tried out; else what is in the book."""
        posting = self.postings.get(row.of or "", {}).get(membership)
        if posting is None:
            return self.book.find_original(row, membership)
        original = self.ledger.find_row(row.network_id, posting.activity_id)
        return (original, posting) if isinstance(original, Activity) else None

    def keep_due_at(self, network_id: str, membership: MembershipRef, balance: Balance) -> None:
        """Nothing: it would be seen by nobody."""

    def settle(self, outcome: SettledOutcome) -> bool:
        """Keep the outcome."""
        self.outcomes[outcome.activity_id] = outcome
        return True

    def find_unapplied(self, activities: Sequence[Activity]) -> Sequence[Activity]:
        """Those that lack something in the book."""
        return self.book.find_unapplied(activities)


def book_for(book: BalanceBook, ledger: LedgerReader, *, is_dry_run: bool) -> BalanceBook:
    """The book, or one on top of it into which nothing is written."""
    return DryBook(book, ledger) if is_dry_run else book
