"""Find the reversals of an activity."""

from accrue.domain.activity import Activity
from accrue.domain.ids import id_of_reversal_marker
from accrue.domain.ledger_row import ReversalMarker
from accrue.services.ports import LedgerReader

# Each takes a read whenever there is to be one more. The last one may reverse all that is left.
MAX_REVERSALS = 100


def find_reversals(ledger: LedgerReader, original: Activity) -> list[ReversalMarker]:
    """The markers of its reversals, in order, read consistently: mostly one read, of none."""
    found: list[ReversalMarker] = []
    while True:
        place = id_of_reversal_marker(original.network_id, original.activity_id, len(found) + 1)
        marker = ledger.find_row(original.network_id, place)
        if not isinstance(marker, ReversalMarker):
            return found
        found.append(marker)
