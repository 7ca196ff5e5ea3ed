"""Read a membership's balance, and what of it was posted since a moment."""

from collections.abc import Sequence
from datetime import datetime

from accrue.domain.activity import MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.history_errors import TooManyPostingsError
from accrue.domain.movement import Movement
from accrue.services.ports import HistoryReader

# A member who buys ten times a day needs five years for so many. What a partition gives in a second
# is 12 MB, so that these take three seconds, and as long again if they have to be read once more.
MOST_POSTINGS = 20_000
MOST_MEGABYTES = 25
# So many postings are written in one transaction, at most.
MOST_WRITTEN_TOGETHER = 99


def read_since(
    history: HistoryReader,
    network_id: str,
    membership: MembershipRef,
    since: datetime,
    pointer: str,
) -> tuple[Balance, Sequence[Movement]]:
    """The balance, and those of its postings that were recorded at `since` or later.

    What is posted meanwhile is in neither. Raises TooManyPostingsError, with the pointer to what
    was asked for.
    """
    # First: whatever it includes was written by then.
    balance = history.find_balance(network_id, membership)
    if not balance.sequence:
        return balance, ()
    movements = _movements(history, network_id, membership, since, pointer)
    if not _has_last(movements, balance.sequence):
        # A query shows a transaction's items one by one as they are written, so that the balance
        # may be there before the postings that it includes. A moment later these are too; if not,
        # they were recorded before `since`.
        movements = _movements(history, network_id, membership, since, pointer)
    return balance, [each for each in movements if each.sequence <= balance.sequence]


def _movements(
    history: HistoryReader,
    network_id: str,
    membership: MembershipRef,
    since: datetime,
    pointer: str,
) -> Sequence[Movement]:
    movements: list[Movement] = []
    batches = history.movements_since(network_id, membership, since)
    for megabytes, batch in enumerate(batches, 1):
        movements += batch
        if len(movements) > MOST_POSTINGS or megabytes > MOST_MEGABYTES:
            raise TooManyPostingsError(pointer, MOST_POSTINGS, MOST_MEGABYTES)
    return movements


def _has_last(movements: Sequence[Movement], sequence: int) -> bool:
    """Whether all that may have been written together with the balance is among them."""
    first = max(sequence - MOST_WRITTEN_TOGETHER, 0) + 1
    return {each.sequence for each in movements}.issuperset(range(first, sequence + 1))
