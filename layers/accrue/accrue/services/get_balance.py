"""Show a membership's balance as of a moment: as it was known then, and as it was by what is known
now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance_as_of import BalanceAsOf, PurseSince
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.fallen_due import Parts, parts_of
from accrue.domain.movement import Movement
from accrue.services.ports import CatalogReader, HistoryReader, LedgerReader
from accrue.services.read_since import read_since
from accrue.services.record_activity import HELD_FROM_AHEAD

# Before anything was recorded; so that a day can be taken off any moment.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class MissingPostingError(Exception):
    """A bug: a hold lapsed, and the posting that opened it is not there."""


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
        holds = self._holds(network_id, membership.ref, purse_since.lapsed_holds())

        def zone_of(movement: Movement) -> ZoneInfo:
            version = self.catalog.find_program_version(
                network_id, membership.program_id, movement.program_version
            )
            return version.program.zone if version else program.zone

        return BalanceView(
            membership,
            program.points.unit,
            BalanceAsOf(
                purse_since.by_recorded_at(),
                purse_since.by_occurred_at(holds, program.zone, zone_of),
            ),
        )

    def _holds(
        self, network_id: str, membership: MembershipRef, hold_ids: Iterable[str]
    ) -> Mapping[str, Parts]:
        return {each: self._parts(network_id, membership, each) for each in hold_ids}

    def _parts(self, network_id: str, membership: MembershipRef, hold_id: str) -> Parts:
        row = self.ledger.find_row(network_id, hold_id)
        opened = None
        if isinstance(row, Activity):
            opened = self.history.find_movement(network_id, membership, row)
        if opened is None:
            raise MissingPostingError(hold_id)
        return parts_of(opened)
