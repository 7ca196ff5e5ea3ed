"""Show a membership's balance as of a moment: as it was known then, and as it was by what is known
now.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance_as_of import BalanceAsOf, PurseSince
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.fallen_due import FallenDue, Parts, lapsed_holds, parts_of
from accrue.domain.movement import Movement
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program
from accrue.services.ports import CatalogReader, HistoryReader, LedgerReader
from accrue.services.read_since import read_since
from accrue.services.record_activity import HELD_FROM_AHEAD

# Before anything was recorded; so that a day can be taken off any moment.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class MissingPostingError(Exception):
    """A bug: a posting that another one speaks of is not there."""


@dataclass(frozen=True, slots=True)
class BalanceView:
    """A membership's balance as of a moment, and what its points are called now."""

    membership: Membership
    points_unit: str
    balance: BalanceAsOf


@dataclass(frozen=True, slots=True)
class BalanceTeller:
    """The ports that telling a balance needs."""

    catalog: CatalogReader
    history: HistoryReader
    ledger: LedgerReader

    def get_balance(
        self, program_membership_id: str, caller: Caller, as_of: datetime, now: datetime
    ) -> BalanceView:
        """The balance as of a moment, `now` at the latest.

        Raises MembershipNotFoundError or TooManyPostingsError.
        """
        network_id = caller.network_id
        membership = self.catalog.find_membership(network_id, program_membership_id)
        if membership is None:
            raise MembershipNotFoundError
        program = self.catalog.program_version_at(network_id, membership.program_id, now).program
        # What was recorded before that occurred by the moment.
        since = max(as_of, _BEGINNING + HELD_FROM_AHEAD) - HELD_FROM_AHEAD
        balance, movements = read_since(
            self.history, network_id, membership.ref, since, "query:as_of"
        )
        purse_since = PurseSince(as_of, balance.state.purse, movements)
        covering = [
            self._fallen_due(network_id, membership, due, cause, program)
            for due, cause in purse_since.covering()
        ]
        return BalanceView(
            membership,
            program.points.unit,
            BalanceAsOf(
                purse_since.by_recorded_at(), purse_since.by_occurred_at(covering, program.zone)
            ),
        )

    def _fallen_due(
        self,
        network_id: str,
        membership: Membership,
        due: Movement,
        cause: Movement | None,
        program: Program,
    ) -> FallenDue:
        posting = self._posting(network_id, membership.ref, due)
        version = self.catalog.find_program_version(
            network_id, membership.program_id, posting.program_version
        )
        return FallenDue(
            due=posting,
            cause=self._posting(network_id, membership.ref, cause) if cause else None,
            holds={
                hold_id: self._parts(network_id, membership.ref, hold_id)
                for hold_id in lapsed_holds(posting)
            },
            zone=version.program.zone if version else program.zone,
        )

    def _parts(self, network_id: str, membership: MembershipRef, hold_id: str) -> Parts:
        row = self.ledger.find_row(network_id, hold_id)
        if not isinstance(row, Activity):
            raise MissingPostingError(hold_id)
        return parts_of(self._posting(network_id, membership, row))

    def _posting(
        self, network_id: str, membership: MembershipRef, of: Movement | Activity
    ) -> Posting:
        found = self.history.find_posting(network_id, membership, of)
        if found is None:
            raise MissingPostingError(of.activity_id)
        return found
