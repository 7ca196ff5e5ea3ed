"""The markers that rows bring along, which tell nothing that their rows don't."""

from accrue.domain.activity import Activity, Kind
from accrue.domain.ledger_row import Marker, ReferenceMarker, ReversalMarker


def marker_of(row: Activity) -> Marker | None:
    """The marker that holds a place for a row; of a row with a reference, if nothing had that
    before.
    """
    if row.kind is Kind.REVERSAL and row.reversal is not None and row.of is not None:
        return ReversalMarker.of_row(row)
    if row.reference_id is None:
        return None
    marker = ReferenceMarker.of_row(row, row.reference_id)
    # The row that has the reference's own id needs none.
    return None if marker.activity_id == row.activity_id else marker
