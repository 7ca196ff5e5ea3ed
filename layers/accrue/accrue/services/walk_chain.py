"""Walk along a membership's postings in the order of their sequence, with their ledger rows.

They are stored by when their rows were recorded, and what was applied late has a higher sequence
than its neighbours. So they are read as they are stored, and what is ahead of its turn waits: as
much as there is disorder, however long the history. A walk can be left and taken up again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.stored_posting import MAX_SEQUENCE, StoredPosting, activity_id_at

# Postings that are kept while they wait; of further ones, only where they are.
MOST_KEPT = 1_000
# Of a walk that is left. With more, it begins anew, and passes over what is done.
MOST_WAITING = 1_000
# Where a posting says nothing of its sequence.
UNKNOWN_SEQUENCE = 0

type Attributes = Mapping[str, Any]


class ChainReader(Protocol):
    """Reads a membership's postings, consistently, as they are stored, whatever they say."""

    def find_balance_attributes(
        self, network_id: str, membership: MembershipRef
    ) -> Attributes | None: ...
    def pages_after(
        self, network_id: str, membership: MembershipRef, after: str
    ) -> Iterable[Sequence[tuple[str, Attributes]]]: ...
    def find_postings_at(
        self, network_id: str, membership: MembershipRef, positions: Sequence[str]
    ) -> Mapping[str, Attributes]: ...
    def find_row_attributes(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> Mapping[str, Attributes]: ...


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """Where a walk is: the last sequence that is done, behind which position to read on, and what
    was read that waits for its turn. `is_anew`: it has begun anew, so that what is done comes by
    once more.
    """

    sequence: int = 0
    after: str = ""
    waiting: tuple[tuple[int, str], ...] = ()
    is_anew: bool = False

    def to_attributes(self) -> dict[str, Any]:
        """As plain attributes."""
        waiting = [[sequence, position] for sequence, position in self.waiting]
        return {
            "sequence": self.sequence,
            "after": self.after,
            "waiting": waiting,
            "is_anew": self.is_anew,
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "ChainPlace":
        """Read back."""
        waiting = tuple((int(s), position) for s, position in attributes["waiting"])
        return cls(int(attributes["sequence"]), attributes["after"], waiting, attributes["is_anew"])


BEGINNING = ChainPlace()


@dataclass
class ChainWalk:
    """A walk along the postings of a membership from a place on."""

    chains: ChainReader
    network_id: str
    membership: MembershipRef
    place: ChainPlace = BEGINNING
    _ahead: list[tuple[int, str]] = field(default_factory=list)
    _kept: dict[str, Attributes] = field(default_factory=dict)
    _pages: Iterator[Sequence[tuple[str, Attributes]]] | None = None
    _is_read: bool = False

    def __post_init__(self) -> None:
        self._sequence = self.place.sequence
        self._after = self._furthest = self.place.after
        for each in self.place.waiting:
            heappush(self._ahead, each)

    def next_postings(
        self, limit: int, until: int | None = None, *, before: str | None = None
    ) -> list[StoredPosting]:
        """Up to so many that follow, with `until` as the last sequence, as long as there are any
        before this position; none if there are no more.

        A sequence that is missing is left out, and one that is there twice comes twice.
        """
        places = list(self._next_places(limit, until, before))
        missing = [position for _, position in places if position not in self._kept]
        found = self.chains.find_postings_at(self.network_id, self.membership, missing)
        stored = [(s, p, self._kept.pop(p) if p in self._kept else found[p]) for s, p in places]
        ids = list(dict.fromkeys(activity_id_at(position) for _, position in places))
        rows = self.chains.find_row_attributes(self.network_id, ids)
        return [StoredPosting(s, p, a, rows.get(activity_id_at(p))) for s, p, a in stored]

    def leave(self) -> ChainPlace:
        """Where to take it up again."""
        # What is behind all that is done is read again: it is only ahead because it was read.
        waiting = tuple(sorted(each for each in self._ahead if each[1] < self._furthest))
        if len(waiting) > MOST_WAITING:
            return ChainPlace(self._sequence, is_anew=True)
        return ChainPlace(self._sequence, self._furthest, waiting, self.place.is_anew)

    def has_more(self) -> bool:
        """Whether there is any posting more, whatever its sequence."""
        while not self._ahead and self._read_page():
            pass
        return bool(self._ahead)

    def is_left_behind(self, until: int, before: str) -> bool:
        """Of a walk that came to its end: whether postings before this position have a later
        sequence.
        """
        return any(sequence > until and place < before for sequence, place in self._ahead)

    def _is_done_before(self, position: str) -> bool:
        """Whether all postings before this position came by already."""
        while not any(there < position for _, there in self._ahead):
            if self._after >= position or not self._read_page():
                return True
        return False

    def _next_places(
        self, limit: int, until: int | None, before: str | None
    ) -> Iterator[tuple[int, str]]:
        for _ in range(limit):
            if before is not None and self._is_done_before(before):
                return
            self._read_until_next()
            if not self._ahead or (until is not None and self._ahead[0][0] > until):
                return
            sequence, position = heappop(self._ahead)
            self._sequence = max(self._sequence, sequence)
            self._furthest = max(self._furthest, position)
            yield sequence, position

    def _read_until_next(self) -> None:
        """Until the one that follows is there, or all are."""
        while not (self._ahead and self._ahead[0][0] <= self._sequence + 1):
            if not self._read_page():
                return

    def _read_page(self) -> bool:
        """Whether there was anything more to read."""
        if self._is_read:
            return False
        if self._pages is None:
            pages = self.chains.pages_after(self.network_id, self.membership, self._after)
            self._pages = iter(pages)
        page = next(self._pages, None)
        if page is None:
            self._is_read = True
            return False
        for position, attributes in page:
            sequence = _sequence_of(attributes)
            self._after = position
            if self.place.is_anew and sequence <= self._sequence:
                continue
            heappush(self._ahead, (sequence, position))
            if len(self._kept) < MOST_KEPT:
                self._kept[position] = attributes
        return True


def _sequence_of(attributes: Attributes) -> int:
    try:
        sequence = int(attributes["sequence"])
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return UNKNOWN_SEQUENCE
    return sequence if 0 < sequence <= MAX_SEQUENCE else UNKNOWN_SEQUENCE
