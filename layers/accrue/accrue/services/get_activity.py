"""Show an activity: what was received, and what came of it for each membership, with the why."""

from collections.abc import Iterator
from dataclasses import dataclass

from accrue.domain.activity import Activity, Kind, MembershipRef, Outcome
from accrue.domain.caller import Caller
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import ActivityNotFoundError
from accrue.domain.explanation import Explanation, explain
from accrue.domain.ids import is_activity_id
from accrue.domain.ledger_row import ReversalMarker
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program
from accrue.domain.settled_outcome import SettledOutcome
from accrue.services.find_replays import find_replays
from accrue.services.find_reversals import find_reversals
from accrue.services.ports import CatalogReader, LedgerReader, ResultReader

# Whoever got points got what they were promised; a refusal is worth more attention than nothing.
_MOST_TELLING_FIRST = (Outcome.APPLIED, Outcome.REJECTED, Outcome.NO_RULE)


@dataclass(frozen=True, slots=True)
class MembershipResult:
    """What came of an activity for a membership; `posting` is None until it is applied.

    `explanations` are of what the posting considered.
    """

    membership: MembershipRef
    roles: tuple[str, ...]
    posting: Posting | None
    explanations: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class ActivityView:
    """An activity and what came of it at this moment.

    One that no rule may look at has no results; `settled` is what was written about that, a moment
    after the activity was recorded. `reversals` are those of the activity, in order, and `replays`
    the rows that replay it.
    """

    activity: Activity
    results: tuple[MembershipResult, ...]
    settled: SettledOutcome | None
    reversals: tuple[ReversalMarker, ...] = ()
    replays: tuple[Activity, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of the whole; None while a membership still waits for its posting.

        `applied` if it is for one membership at least, else `rejected` if it is for one, else
        `no_rule`.
        """
        if self.activity.settled_outcome is not None:
            return self.activity.settled_outcome
        outcomes = {result.posting.outcome if result.posting else None for result in self.results}
        if None in outcomes:
            return None
        return next((each for each in _MOST_TELLING_FIRST if each in outcomes), None)


@dataclass(frozen=True, slots=True)
class ActivityReader:
    """The ports that showing an activity needs."""

    catalog: CatalogReader
    ledger: LedgerReader
    book: ResultReader

    def get_activity(self, activity_id: str, caller: Caller) -> ActivityView:
        """The activity of the caller's network; raises ActivityNotFoundError."""
        row = None
        if is_activity_id(activity_id):
            row = self.ledger.find_row(caller.network_id, activity_id)
        # A marker only holds a reference: the activity that it speaks of has an id of its own.
        if not isinstance(row, Activity):
            raise ActivityNotFoundError
        return self.view_of(row)

    def view_of(self, row: Activity) -> ActivityView:
        """The row and what came of it."""
        if row.settled_outcome is not None:
            settled = self.book.find_outcome(row)
            return ActivityView(row, (), settled, replays=self._replays(row))
        reversals = find_reversals(self.ledger, row)
        results = tuple(self._results(row))
        # Only what came to nothing is replayed.
        may_be = any(r.posting and r.posting.outcome is Outcome.NO_RULE for r in results)
        replays = self._replays(row) if may_be else ()
        return ActivityView(row, results, None, tuple(reversals), replays)

    def _replays(self, row: Activity) -> tuple[Activity, ...]:
        return tuple(find_replays(self.ledger, row)) if row.kind is Kind.ACTIVITY else ()

    def _results(self, activity: Activity) -> Iterator[MembershipResult]:
        postings = self.book.find_postings(activity)
        for membership, roles in concerned_memberships(activity).items():
            posting = postings.get(membership)
            explanations = self._explanations(posting) if posting else ()
            yield MembershipResult(membership, roles, posting, explanations)

    def _explanations(self, posting: Posting) -> tuple[Explanation, ...]:
        return explain(posting.considered, self._program_of(posting))

    def _program_of(self, posting: Posting) -> Program | None:
        """The program as it was in the version that decided."""
        version = self.catalog.find_program_version(
            posting.network_id, posting.membership.program_id, posting.program_version
        )
        return version.program if version else None
