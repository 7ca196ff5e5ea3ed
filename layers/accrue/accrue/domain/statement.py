"""A membership's statement for a period: what was there, what was posted, what there is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accrue.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A posting, and the balance once it and all before it are added."""

    posting: Posting
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of it, in the order of recording: `opening` and `closing` are the page's.

    Those of the first page and of the last are the period's. `next_after` is what a cursor for the
    next page holds; None if there is none.
    """

    start: datetime
    until: datetime
    opening: Decimal
    lines: tuple[StatementLine, ...]
    closing: Decimal
    next_after: str | None
