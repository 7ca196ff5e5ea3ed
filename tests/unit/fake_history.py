"""A membership's history as its postings in memory tell it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.history import position_of
from accrue.domain.movement import Movement
from accrue.domain.pages import Page, PageRequest
from accrue.domain.posting import Posting
from accrue.domain.timestamps import to_text
from tests.unit.fakes import FakeBook


@dataclass
class FakeHistory:
    """The postings of a book; so many are read at a time."""

    book: FakeBook
    batch_size: int = 10
    _movements: dict[str, Movement] = field(default_factory=dict)

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance:
        return self.book.find_balance(network_id, membership)

    def movements_since(
        self, network_id: str, membership: MembershipRef, since: datetime
    ) -> Iterable[Sequence[Movement]]:
        found = self._in_order(network_id, membership)
        found = (posting for posting in found if posting.recorded_at >= since)
        yield from batched(map(self._movement, found), self.batch_size, strict=False)

    def find_posting(
        self, network_id: str, membership: MembershipRef, of: Activity | Movement
    ) -> Posting | None:
        return self.book.postings.get(((network_id, membership), of.activity_id))

    def list_newest_first(
        self, network_id: str, membership: MembershipRef, page: PageRequest
    ) -> Page[Posting]:
        found = [*self._in_order(network_id, membership)][::-1]
        return _page([p for p in found if page.after is None or position_of(p) < page.after], page)

    def list_recorded_between(
        self,
        network_id: str,
        membership: MembershipRef,
        start: datetime,
        end: datetime,
        page: PageRequest,
    ) -> Page[Posting]:
        after = page.after or to_text(start)
        found = self._in_order(network_id, membership)
        return _page([p for p in found if after < position_of(p) < to_text(end)], page)

    def _movement(self, posting: Posting) -> Movement:
        if posting.activity_id not in self._movements:
            movement = Movement.from_attributes(posting.to_attributes())
            self._movements[posting.activity_id] = movement
        return self._movements[posting.activity_id]

    def _in_order(self, network_id: str, membership: MembershipRef) -> Iterator[Posting]:
        yield from sorted(self.book.chain((network_id, membership)), key=position_of)


def _page(found: list[Posting], page: PageRequest) -> Page[Posting]:
    shown = tuple(found[: page.limit])
    return Page(shown, position_of(shown[-1]) if len(found) > page.limit else None)
