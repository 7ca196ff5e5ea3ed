"""Walk a network's ledger in the order of recording, from where one was."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched, groupby

from accrue.domain.activity import Activity
from accrue.domain.jobs.job import Attributes
from accrue.domain.recording import LedgerPage
from accrue.domain.timestamps import from_text, to_text
from accrue.services.ports import LedgerSweep

# Each may concern a hundred memberships: between so many, whoever walks is asked about time.
ROWS_AT_ONCE = 25
# Days without rows take queries all the same: whoever walks is asked about time in between.
LONGEST_SLICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WalkPosition:
    """Behind the row of this id that was recorded at the moment, or before all of that moment.

    Of rows that could not be read, nothing but the id is known: `unreadable` are those that have
    been told and may be met again.
    """

    moment: datetime
    activity_id: str = ""
    unreadable: tuple[str, ...] = ()

    def to_attributes(self) -> Attributes:
        """As a job's cursor has it."""
        return {
            "recorded_at": to_text(self.moment),
            "activity_id": self.activity_id,
            "unreadable": list(self.unreadable),
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "WalkPosition":
        """Read back."""
        return cls(
            from_text(attributes["recorded_at"]),
            attributes["activity_id"],
            tuple(attributes["unreadable"]),
        )


@dataclass(frozen=True, slots=True)
class Walked:
    """Some rows, one after the other, ids of such as could not be read, and where that ends."""

    rows: Sequence[Activity]
    unreadable: Sequence[str]
    position: WalkPosition


def walk_ledger(
    ledger: LedgerSweep, network_id: str, start: WalkPosition, until: datetime
) -> Iterator[Walked]:
    """What was recorded behind the position and before `until`, in that order; what was recorded
    at one moment, by id.
    """
    position = start
    while position.moment < until:
        end = min(position.moment + LONGEST_SLICE, until)
        yield from _walk_slice(ledger, network_id, position, end)
        position = WalkPosition(end)


def _walk_slice(
    ledger: LedgerSweep, network_id: str, start: WalkPosition, end: datetime
) -> Iterator[Walked]:
    met = _Met(dict.fromkeys(start.unreadable))
    pages = ledger.pages_recorded_between(network_id, start.moment, end)
    behind = (
        row
        for row in met.in_order(pages)
        if (row.recorded_at, row.activity_id) > (start.moment, start.activity_id)
    )
    told = len(met.unreadable)
    for rows in batched(behind, ROWS_AT_ONCE, strict=False):
        last = rows[-1]
        unreadable = tuple(met.unreadable)
        yield Walked(
            rows,
            unreadable[told:],
            WalkPosition(last.recorded_at, last.activity_id, unreadable),
        )
        told = len(unreadable)
    yield Walked((), tuple(met.unreadable)[told:], WalkPosition(end))


@dataclass(slots=True)
class _Met:
    """What was read by now."""

    unreadable: dict[str, None] = field(default_factory=dict)

    def in_order(self, pages: Iterable[LedgerPage]) -> Iterator[Activity]:
        # In the index, what was recorded at one moment is in no order.
        for _, of_one_moment in groupby(self._rows(pages), key=lambda row: row.recorded_at):
            yield from sorted(of_one_moment, key=lambda row: row.activity_id)

    def _rows(self, pages: Iterable[LedgerPage]) -> Iterator[Activity]:
        for page in pages:
            self.unreadable |= dict.fromkeys(page.unreadable)
            yield from page.activities
