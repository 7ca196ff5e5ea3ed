"""Lists in pages."""

from dataclasses import dataclass

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50
# An answer of Lambda has at most 6 MB, and as text in JSON the body gets longer, at most twice.
MOST_ANSWER_BYTES = 2_900_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` things, those behind `after`; None is the beginning."""

    limit: int = DEFAULT_PAGE_SIZE
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some things, and behind what the next page begins; None if there are no more."""

    things: tuple[T, ...]
    next_after: str | None = None
