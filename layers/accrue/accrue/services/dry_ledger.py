"""The ledger as a dry run has it: it reads what is there, and keeps nothing.

A dry run is the request itself, on ports that write nothing: what records, enrols and posts runs as
it is, up to the write, and comes to what it would come to. What a table's condition would refuse is
refused by the port. See `dry_enrolments` and `dry_book`; each is alone, so that nobody loads more
than he needs.
"""

from dataclasses import dataclass

from accrue.domain.ledger_row import LedgerRow
from accrue.domain.recording import Attempt, Recording
from accrue.services.ports import LedgerReader


@dataclass(frozen=True, slots=True)
class DryLedger:
    """A `RowInserter` that says what an insertion would come to."""

    ledger: LedgerReader

    def insert(self, attempt: Attempt) -> Recording:
        """The attempt's own row as if it was created, or what stands in its way."""
        row = attempt.activity
        stored = self._find(row)
        if stored is None and attempt.marker is not None:
            stored = self._find(attempt.marker)
        if stored is None:
            return Recording(row, created=True)
        return Recording(stored, created=False)

    def _find(self, row: LedgerRow) -> LedgerRow | None:
        return self.ledger.find_row(row.network_id, row.activity_id)
