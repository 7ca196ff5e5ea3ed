"""The postings of a book and their rows, as tables would have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.catalog import User
from accrue.domain.history import position_of
from accrue.domain.pages import Page, PageRequest
from tests.unit.fake_jobs import kept
from tests.unit.fakes import FakeBook


@dataclass
class FakeChains:
    """A `ChainReader` of a book. `rows` are those that others recorded."""

    book: FakeBook
    rows: Mapping[str, Activity] = field(default_factory=dict)
    page_size: int = 3

    def find_balance_attributes(
        self, network_id: str, membership: MembershipRef
    ) -> Mapping[str, Any] | None:
        found = self.book.balances.get((network_id, membership))
        return None if found is None else kept(found.to_attributes(network_id, membership))

    def pages_after(
        self, network_id: str, membership: MembershipRef, after: str
    ) -> Iterator[Sequence[tuple[str, Mapping[str, Any]]]]:
        chain = self.book.chain((network_id, membership))
        behind = [
            (position_of(posting), kept(posting.to_attributes()))
            for posting in sorted(chain, key=position_of)
            if position_of(posting) > after
        ]
        yield from batched(behind, self.page_size, strict=False)

    def find_postings_at(
        self, network_id: str, membership: MembershipRef, positions: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any]]:
        chain = self.book.chain((network_id, membership))
        return {
            position_of(posting): kept(posting.to_attributes())
            for posting in chain
            if position_of(posting) in positions
        }

    def find_row_attributes(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for each in activity_ids:
            key = network_id, each
            row = (
                self.rows.get(each)
                or self.book.rows.get(key)
                or self.book.recorded.get(key)
                or self.book.markers.get(key)
            )
            if row is not None:
                found[each] = kept(row.to_attributes())
        return found


@dataclass
class FakeUsers:
    """Users with one membership each, listed two at a time."""

    memberships: Sequence[MembershipRef]

    def list_users(self, network_id: str, page: PageRequest) -> Page[User]:
        assert network_id == "demo"
        users = [
            User(f"user-{each.program_membership_id}", (each,))
            for each in sorted(self.memberships, key=lambda each: each.program_membership_id)
        ]
        behind = [user for user in users if page.after is None or user.user_id > page.after]
        shown = tuple(behind[:2])
        return Page(shown, shown[-1].user_id if len(behind) > len(shown) else None)
