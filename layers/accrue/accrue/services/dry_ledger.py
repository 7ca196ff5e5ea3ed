"""The ledger as a dry run has it: it reads what is there, and keeps nothing.

A dry run is the request itself, on ports that write nothing: what records, enrols and posts runs as
it is, up to the write, and comes to what it would come to. What a table's condition would refuse is
refused by the port. See `dry_enrolments` and `dry_book`; each is alone, so that nobody loads more
than he needs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from accrue.domain.ledger_row import LedgerRow
from accrue.domain.recording import Attempt, Recording, Unrecorded
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


@dataclass(frozen=True, slots=True)
class DryLedgerOfMany:
    """A `ManyInserter` and a `LedgerReader`: to what comes later in a batch, what came before is
    there. `made` has what is not, by its id. `unrecorded` says what an error means for its row.
    """

    ledger: LedgerReader
    unrecorded: Callable[[Exception], Unrecorded]
    made: dict[str, LedgerRow] = field(default_factory=dict)
    # With a marker each, as many as are read at a time.
    max_attempts_per_write: int = 50

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None:
        """The row under this id as it would be there."""
        return self.made.get(activity_id) or self.ledger.find_row(network_id, activity_id)

    def find_rows(self, network_id: str, activity_ids: Sequence[str]) -> Mapping[str, LedgerRow]:
        """The rows under these ids as they would be there."""
        made = {each: self.made[each] for each in activity_ids if each in self.made}
        others = [each for each in activity_ids if each not in made]
        return {**self.ledger.find_rows(network_id, others), **made}

    def insert_all(self, attempts: Sequence[Attempt]) -> Sequence[Recording | Unrecorded]:
        """Each attempt's own row as if it was created, or what stands in its way."""
        try:
            ids = [row.activity_id for attempt in attempts for row in _rows_of(attempt)]
            found = self.find_rows(attempts[0].activity.network_id, ids)
        except Exception as error:  # noqa: BLE001 - it is that of each row
            return [self.unrecorded(error)] * len(attempts)
        return [self._insert(attempt, found) for attempt in attempts]

    def _insert(self, attempt: Attempt, found: Mapping[str, LedgerRow]) -> Recording:
        rows = _rows_of(attempt)
        for row in rows:
            if row.activity_id in found:
                return Recording(found[row.activity_id], created=False)
        self.made.update({row.activity_id: row for row in rows})
        return Recording(attempt.activity, created=True)


def _rows_of(attempt: Attempt) -> Sequence[LedgerRow]:
    """The activity comes first: if its id is taken, that answers."""
    return [attempt.activity] if attempt.marker is None else [attempt.activity, attempt.marker]
