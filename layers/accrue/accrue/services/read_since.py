"""Read a membership's balance, and what of it was posted since a moment."""

from collections.abc import Sequence
from datetime import datetime

from accrue.domain.activity import MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.history_errors import TooManyPostingsError
from accrue.domain.movement import Movement
from accrue.services.ports import HistoryReader

# A member who buys ten times a day needs five years for so many; they are read in a few seconds.
MOST_POSTINGS = 20_000


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
    # First: whatever it includes is there to be read afterwards.
    balance = history.find_balance(network_id, membership)
    if not balance.sequence:
        return balance, ()
    movements: list[Movement] = []
    for movement in history.movements_since(network_id, membership, since):
        if movement.sequence > balance.sequence:
            continue
        if len(movements) == MOST_POSTINGS:
            raise TooManyPostingsError(pointer, MOST_POSTINGS)
        movements.append(movement)
    return balance, movements
