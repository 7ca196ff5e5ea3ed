"""Pages of lists about one membership, whose cursors go with no other."""

from dataclasses import replace
from hashlib import sha256

from accrue.domain.canonical import canonical_json
from accrue.domain.errors import Fault
from accrue.domain.pages import PageRequest
from accrue.domain.query_fields import NO_CURSOR
from accrue.runtime.http import Request
from accrue.runtime.paging import cursor_of, page_and_faults

# In a cursor, before what the list has in it. It keeps cursors from being mixed up, not from being
# made up: what is in one leads to nothing that its sender may not see.
MARK_CHARS = 12
_ANOTHER = "is of another membership: send next_cursor of an earlier answer about this one"


def membership_page(request: Request) -> tuple[PageRequest, tuple[Fault, ...]]:
    """The page that is asked for about the membership in the path, and what is wrong with that, or
    with the form of the query string.
    """
    page, page_faults = page_and_faults(request.parameters)
    faults = (*request.repeated_parameters, *page_faults)
    if page.after is None:
        return page, faults
    mark, separator, after = page.after.partition("#")
    if len(mark) != MARK_CHARS or not separator:
        return replace(page, after=None), (*faults, Fault("query:cursor", NO_CURSOR))
    if mark != _mark(request):
        return replace(page, after=None), (*faults, Fault("query:cursor", _ANOTHER))
    return replace(page, after=after), faults


def membership_cursor(request: Request, after: str | None) -> str | None:
    """The cursor for what follows, about the membership in the path; None if nothing does."""
    return None if after is None else cursor_of(f"{_mark(request)}#{after}")


def _mark(request: Request) -> str:
    about = [request.caller.network_id, request.path_parameter("program_membership_id")]
    return sha256(canonical_json(about).encode()).hexdigest()[:MARK_CHARS]
