"""Lists in pages."""

from dataclasses import dataclass

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50


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
