"""Pages of lists in query strings and answers: `limit`, `cursor`, `next_cursor`."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page, PageRequest
from accrue.domain.query_fields import NO_CURSOR

# DynamoDB refuses sort keys that are longer.
MAX_POSITION_BYTES = 1024


def page_of(query: Mapping[str, str]) -> PageRequest:
    """The page that a query string asks for. Raises InvalidRequestError."""
    page, faults = page_and_faults(query)
    if faults:
        raise InvalidRequestError.of(*faults)
    return page


def page_and_faults(query: Mapping[str, str]) -> tuple[PageRequest, tuple[Fault, ...]]:
    """The page that a query string asks for, and what is wrong with that."""
    faults: list[Fault] = []
    limit, after = DEFAULT_PAGE_SIZE, None
    try:
        limit = _limit(query.get("limit"))
    except InvalidRequestError as refusal:
        faults += refusal.faults
    try:
        cursor = query.get("cursor")
        after = None if cursor is None else position_of(cursor)
    except InvalidRequestError as refusal:
        faults += refusal.faults
    return PageRequest(limit, after), tuple(faults)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE_SIZE
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE:
        return int(text)
    remedy = f"must be a whole number from 1 to {MAX_PAGE_SIZE}"
    raise InvalidRequestError.of(Fault("query:limit", remedy))


def position_of(cursor: str) -> str:
    """What `cursor_of` was given. Raises InvalidRequestError.

    It is a position inside a partition that the path names, so that a made-up one leads nowhere
    else.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        octets = base64.b64decode(padded, altchars=b"-_", validate=True)
        position = octets.decode()
    except (binascii.Error, ValueError):
        raise InvalidRequestError.of(Fault("query:cursor", NO_CURSOR)) from None
    if not 0 < len(octets) <= MAX_POSITION_BYTES:
        raise InvalidRequestError.of(Fault("query:cursor", NO_CURSOR))
    return position


def checked_page(page: PageRequest, is_position: Callable[[str], bool]) -> PageRequest:
    """The page, if its cursor has the form of the list's positions. Raises InvalidRequestError."""
    if page.after is not None and not is_position(page.after):
        raise InvalidRequestError.of(Fault("query:cursor", NO_CURSOR))
    return page


def cursor_of(position: str) -> str:
    """The cursor for what follows a position."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def listed_page(
    name: str, page: Page[Any], documents: Sequence[Mapping[str, Any] | str]
) -> dict[str, Any]:
    """The body of a list."""
    next_cursor = cursor_of(page.next_after) if page.next_after is not None else None
    return {name: list(documents), "next_cursor": next_cursor}
