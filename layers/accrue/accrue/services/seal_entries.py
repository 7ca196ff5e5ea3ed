"""Rows of the ledger on their way into a seal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from typing import Any, Protocol

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.recording import LedgerPage
from accrue.domain.timestamps import to_text

# What comes of so many is read together.
ROWS_AT_ONCE = 100


class RawLedger(Protocol):
    """Reads rows as they are stored, consistently: those that there are, by id."""

    def find_attributes(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class SealEntry:
    """A row with its place in the ledger's order; `row` is None if it can't be read."""

    recorded_at: str
    activity_id: str
    row: Activity | None


def entries_of(pages: Iterable[LedgerPage]) -> Iterator[SealEntry]:
    """The rows of pages in their order."""
    for page in pages:
        readable = (SealEntry(to_text(a.recorded_at), a.activity_id, a) for a in page.activities)
        unreadable = (SealEntry(page.places[each], each, None) for each in page.unreadable)
        yield from sorted((*readable, *unreadable), key=lambda entry: entry.recorded_at)


def whole_moments(entries: Iterable[SealEntry]) -> Iterator[list[SealEntry]]:
    """Some entries at a time, and all of each moment: a window ends between two moments."""
    some: list[SealEntry] = []
    for _, of_one_moment in groupby(entries, key=lambda entry: entry.recorded_at):
        some += of_one_moment
        if len(some) >= ROWS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def rows_of(
    ledger: RawLedger, network_id: str, activity_ids: Iterable[str]
) -> Iterator[list[SealEntry]]:
    """The rows under these ids as they are now; one that is not there can't be read."""
    for ids in batched(activity_ids, ROWS_AT_ONCE, strict=False):
        found = ledger.find_attributes(network_id, ids)
        yield [SealEntry("", each, _readable(found.get(each))) for each in ids]


def _readable(attributes: Mapping[str, Any] | None) -> Activity | None:
    try:
        return None if attributes is None else Activity.from_attributes(attributes)
    except UnreadableRowError:
        return None
