"""What a replay row means for all memberships that it concerns, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from accrue.domain.activity import Activity, MembershipRef, Outcome
from accrue.domain.balance import Balance, BalanceChange, with_row
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.jobs.replayed import Replayed, Skip, SkipReason
from accrue.domain.posting import Posting
from accrue.services.fold import Folder
from accrue.services.ports import CatalogReader


@dataclass(frozen=True, slots=True)
class DecidedReplay:
    """The row, and what would be written with it."""

    row: Activity
    changes: Sequence[BalanceChange]

    @property
    def postings(self) -> Sequence[Posting]:
        """The row's own."""
        return [
            entry.posting
            for change in self.changes
            for entry in change.entries
            if entry.posting.activity_id == self.row.activity_id
        ]

    @property
    def replayed(self) -> Replayed:
        """What it comes to."""
        assert self.row.of is not None
        return Replayed.of(self.row.of, self.postings)

    @property
    def skip(self) -> Skip | None:
        """Why it is left alone: nothing would come of it for anybody, so it may count later."""
        outcomes = {posting.outcome for posting in self.postings}
        if Outcome.APPLIED in outcomes:
            return None
        assert self.row.of is not None
        why = next((p.reason for p in self.postings if p.outcome is Outcome.REJECTED), None)
        if why is not None:
            return Skip(self.row.of, SkipReason.REJECTED, why)
        return Skip(self.row.of, SkipReason.NO_RULE, self.postings[0].reason or "no rule")


def decide_replay(
    row: Activity,
    catalog: CatalogReader,
    find_balance: Callable[[MembershipRef], Balance],
) -> DecidedReplay:
    """What the row means, by balances as they are found."""
    folder = Folder(catalog, row.recorded_at)
    changes: list[BalanceChange] = []
    for membership in concerned_memberships(row):
        balance = find_balance(membership)
        user_id = participant_with(row, membership).user_id
        find_traits = partial(catalog.find_traits, row.network_id, user_id)
        entries = folder.fold(row, membership, balance, find_traits)
        changes.append(BalanceChange(entries, balance.sequence))
    first = changes[0]
    changes[0] = BalanceChange(with_row(first.entries, row), first.expected_sequence)
    return DecidedReplay(row, changes)
