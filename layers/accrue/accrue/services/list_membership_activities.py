"""List what was posted for a membership, newest first."""

from collections.abc import Callable
from dataclasses import dataclass

from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.history import position_of
from accrue.domain.pages import MOST_ANSWER_BYTES, Page, PageRequest
from accrue.domain.posting import Posting
from accrue.services.ports import CatalogReader, HistoryReader


@dataclass(frozen=True, slots=True)
class HistoryView:
    """A page of a membership's postings."""

    membership: Membership
    page: Page[Posting]


@dataclass(frozen=True, slots=True)
class HistoryLister:
    """The ports that a history needs; `size_of` is how many bytes a posting takes in an answer."""

    catalog: CatalogReader
    history: HistoryReader
    size_of: Callable[[Posting], int]

    def list_activities(
        self, program_membership_id: str, caller: Caller, page: PageRequest
    ) -> HistoryView:
        """The postings by when they were recorded, newest first, as many as an answer holds.

        Raises MembershipNotFoundError.
        """
        membership = self.catalog.find_membership(caller.network_id, program_membership_id)
        if membership is None:
            raise MembershipNotFoundError
        found = self.history.list_newest_first(caller.network_id, membership.ref, page)
        return HistoryView(membership, _as_far_as_it_fits(found, self.size_of))


def _as_far_as_it_fits(page: Page[Posting], size_of: Callable[[Posting], int]) -> Page[Posting]:
    room = MOST_ANSWER_BYTES
    for number, posting in enumerate(page.things):
        room -= size_of(posting)
        if number and room < 0:
            shown = page.things[:number]
            return Page(shown, position_of(shown[-1]))
    return page
