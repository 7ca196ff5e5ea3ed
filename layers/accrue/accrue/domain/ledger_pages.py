"""Places in a network's ledger, which is listed newest first, and how far one page may look.

A position is `<recorded_at>#<activity_id>` (below that row) or `<recorded_at>` (below whatever was
recorded then, or later). Rows that share `recorded_at` are in an order that is fixed and means
nothing: who keeps them knows what comes below one of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.ids import is_activity_id
from accrue.domain.query_fields import NO_CURSOR
from accrue.domain.timestamps import from_text, to_text

# What is recorded is dated before it is written, and is in the index a little later: whoever read
# up to the present would pass over it. A function that records ends within 15 s of the date that it
# gives, and a write that it had under way is applied within the 3 s after which the SDK gives it
# up. The rest is for the index, and for clocks that disagree.
LIST_DELAY = timedelta(seconds=20)
# How far back a list goes that does not say.
LISTED_FOR = timedelta(days=30)
# There was no Accrue before: nobody looks through the days since 1970.
NOTHING_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
# What a page may cost: so many rows and results read, and so many days, each of which takes a query
# for each of its shards, be there rows or not. 30 days begin and end within a day, and one of them
# may be looked into twice.
MOST_ROWS_A_PAGE = 1_000
MOST_DAYS_A_PAGE = 32

TIME_CHARS = len("2026-03-01T12:00:00.000000Z")


def position_of(recorded_at: str, activity_id: str) -> str:
    """The position below a row."""
    return f"{recorded_at}#{activity_id}"


def time_in(position: str) -> str:
    """Nothing below the position was recorded later."""
    return position[:TIME_CHARS]


def id_in(position: str) -> str:
    """The id of the row that the position is below; empty if it is below a whole time."""
    return position[TIME_CHARS + 1 :]


@dataclass(frozen=True, slots=True)
class Span:
    """What lies below the position `before`, recorded at `since` or later; both as text."""

    since: str
    before: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be in it."""
        return self.before <= self.since

    def contains(self, position: str) -> bool:
        """Whether the row at this position is in it."""
        return self.since <= position < self.before


@dataclass(frozen=True, slots=True)
class Stretch[T]:
    """Some things in the ledger's order: all that there are from where the one before ended down to
    the position `down_to`. `unreadable` are ids of rows that could not be read.
    """

    things: tuple[T, ...]
    down_to: str
    unreadable: tuple[str, ...] = ()


@dataclass
class Allowance:
    """How much a page may still look at; `rows` are those of the ledger and of indexes, and what
    came of them. Whoever reads takes from it, and stops when it is used up, but not before the page
    got on.
    """

    rows: int = MOST_ROWS_A_PAGE
    days: int = MOST_DAYS_A_PAGE

    @property
    def is_used_up(self) -> bool:
        """Whether the page has cost enough."""
        return self.is_used_up_by_rows or self.days <= 0

    @property
    def is_used_up_by_rows(self) -> bool:
        """Whether not even the day that it is at may be read on."""
        return self.rows <= 0


@dataclass(frozen=True, slots=True)
class ListCursor:
    """Where the next page of a list goes on, and the times that the first page was about: a list
    stays what it was when it began. None is no limit.

    `filters` stands for what the list was asked for. Of what was recorded before `swept_until`,
    some lists take what others found: a list that began so goes on so.
    """

    position: str
    since: datetime | None
    until: datetime | None
    filters: str = ""
    swept_until: datetime | None = None

    def to_text(self) -> str:
        """The cursor as text."""
        times = (self.since, self.until, self.swept_until)
        return "|".join(
            [self.position, self.filters, *(to_text(time) if time else "" for time in times)]
        )

    @classmethod
    def from_text(cls, text: str) -> "ListCursor":
        """What a caller sent, who may have made it up. Raises InvalidRequestError."""
        try:
            position, filters, *texts = text.split("|")
            since, until, swept_until = (from_text(time) if time else None for time in texts)
            _ensure_position(position)
        except ValueError:
            raise InvalidRequestError.of(Fault("query:cursor", NO_CURSOR)) from None
        return cls(position, since, until, filters, swept_until)


def _ensure_position(text: str) -> None:
    """Raise ValueError if no list has this position."""
    recorded_at, separator, activity_id = text.partition("#")
    # Below the first of all times there is not even a time.
    if from_text(recorded_at) < NOTHING_BEFORE or (separator and not is_activity_id(activity_id)):
        raise ValueError("no position")
