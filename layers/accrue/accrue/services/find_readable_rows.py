"""Read rows of which some may not be readable, each for itself."""

from collections.abc import Collection, Mapping, Sequence

from accrue.domain.errors import UnreadableRowError
from accrue.domain.ledger_row import LedgerRow
from accrue.services.ports import LedgerReader


def find_readable_rows(
    ledger: LedgerReader, network_id: str, activity_ids: Sequence[str]
) -> tuple[Mapping[str, LedgerRow], Collection[str]]:
    """The rows that there are, by id, and the ids of those that can't be read."""
    try:
        return ledger.find_rows(network_id, activity_ids), ()
    except UnreadableRowError:
        return _one_by_one(ledger, network_id, activity_ids)


def _one_by_one(
    ledger: LedgerReader, network_id: str, activity_ids: Sequence[str]
) -> tuple[Mapping[str, LedgerRow], Collection[str]]:
    rows: dict[str, LedgerRow] = {}
    unreadable: set[str] = set()
    for activity_id in activity_ids:
        try:
            row = ledger.find_row(network_id, activity_id)
        except UnreadableRowError:
            unreadable.add(activity_id)
        else:
            if row is not None:
                rows[activity_id] = row
    return rows, unreadable
