"""List what was posted for a membership, newest first."""

from dataclasses import dataclass

from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import MembershipNotFoundError
from accrue.domain.pages import Page, PageRequest
from accrue.domain.posting import Posting
from accrue.services.ports import CatalogReader, HistoryReader


@dataclass(frozen=True, slots=True)
class HistoryView:
    """A page of a membership's postings."""

    membership: Membership
    page: Page[Posting]


def list_membership_activities(
    program_membership_id: str,
    caller: Caller,
    page: PageRequest,
    *,
    catalog: CatalogReader,
    history: HistoryReader,
) -> HistoryView:
    """The postings by when they were recorded, newest first; raises MembershipNotFoundError."""
    membership = catalog.find_membership(caller.network_id, program_membership_id)
    if membership is None:
        raise MembershipNotFoundError
    return HistoryView(
        membership, history.list_newest_first(caller.network_id, membership.ref, page)
    )
