"""Write a row together with its posting and the balance, in one transaction: spending, holds,
adjustments.

Nobody can spend a point twice: the transaction expects the balance as it was decided on, and
whoever comes second decides anew on what is left.
"""

from dataclasses import dataclass

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.balance import with_row
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.decision import Refusal
from accrue.domain.errors import (
    AlreadyPostedError,
    BalanceMovedError,
    RefusalError,
    WriteRaceError,
)
from accrue.domain.purse import Purse
from accrue.domain.recording import Attempt, Recording
from accrue.domain.spending_errors import (
    HoldClosedError,
    InsufficientPointsError,
    PointsLimitError,
    PointsScaleError,
    TooManyHoldsError,
    UserInactiveError,
)
from accrue.services.apply_rules import MAX_ROUNDS
from accrue.services.fold import Folder, RefusedRowError
from accrue.services.ports import BalanceBook, LedgerReader


@dataclass(frozen=True, slots=True)
class AtOnceLedger:
    """Inserts rows about one membership with what they mean: a `RowInserter`."""

    ledger: LedgerReader
    book: BalanceBook
    folder: Folder

    def insert(self, attempt: Attempt) -> Recording:
        """Write the attempt's row, posted; or give what is there under its id already.

        Raises a RefusalError of `domain.spending_errors`: then nothing was written.
        """
        row = attempt.activity
        (membership,) = concerned_memberships(row)
        for _ in range(MAX_ROUNDS):
            try:
                self._post(row, membership)
            except (RefusedRowError, WriteRaceError) as obstacle:
                # Whatever stands in the way now: what was acknowledged answers.
                stored = self.ledger.find_row(row.network_id, row.activity_id)
                if stored is not None:
                    mine = isinstance(stored, Activity) and stored.content_hash == row.content_hash
                    return Recording(stored, created=mine)
                if isinstance(obstacle, RefusedRowError):
                    raise _refusal(obstacle, row, membership) from None
            else:
                return Recording(row, created=True)
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _post(self, row: Activity, membership: MembershipRef) -> None:
        balance = self.book.find_balance(row.network_id, membership)
        if row.activity_id in balance.state.purse.holds:
            # Made by an earlier request with this key; it can't be decided a second time.
            raise AlreadyPostedError(frozenset({row.activity_id}))
        entries = self.folder.fold(row, membership, balance, dict)
        self.book.post(with_row(entries, row), balance.sequence)


def _refusal(refused: RefusedRowError, row: Activity, membership: MembershipRef) -> RefusalError:
    match refused.refusal:
        case Refusal.INSUFFICIENT_POINTS:
            return _too_few(row.kind, refused.balance.state.purse)
        case Refusal.TOO_MANY_HOLDS:
            return TooManyHoldsError(len(refused.balance.state.purse.holds))
        case Refusal.HOLD_CLOSED:
            return HoldClosedError()
        case Refusal.USER_INACTIVE:
            return UserInactiveError(participant_with(row, membership).standing)
        case Refusal.TOO_MANY_DECIMALS:
            return PointsScaleError(refused.version.program.points.scale)
        case Refusal.BEYOND_LIMIT:
            return PointsLimitError()


def _too_few(kind: Kind, purse: Purse) -> InsufficientPointsError:
    if kind is Kind.ADJUSTMENT:
        return InsufficientPointsError.to_deduct(purse)
    return InsufficientPointsError.to_spend(purse)
