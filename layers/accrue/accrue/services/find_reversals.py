"""Find the reversals of an activity."""

from accrue.domain.activity import Activity
from accrue.domain.ids import id_of_reversal_marker
from accrue.domain.ledger_row import ReversalMarker
from accrue.services.ports import LedgerReader

# All are read whenever there is to be one more. The last one may reverse all that is left.
MAX_REVERSALS = 100
_AT_A_TIME = 10


def find_reversals(ledger: LedgerReader, original: Activity) -> list[ReversalMarker]:
    """The markers of its reversals, in order, read consistently: mostly one read, of none."""
    network_id = original.network_id
    first = ledger.find_row(network_id, _place(original, 1))
    if not isinstance(first, ReversalMarker):
        return []
    found = [first]
    while True:
        places = [_place(original, len(found) + n) for n in range(1, _AT_A_TIME + 1)]
        rows = ledger.find_rows(network_id, places)
        for place in places:
            marker = rows.get(place)
            if not isinstance(marker, ReversalMarker):
                # What was written meanwhile may be there behind it.
                return found
            found.append(marker)


def _place(original: Activity, number: int) -> str:
    return id_of_reversal_marker(original.network_id, original.activity_id, number)
