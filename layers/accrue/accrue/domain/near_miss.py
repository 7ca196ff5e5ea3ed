"""Which known name a misspelt one was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

# Comparing costs the product of the lengths; none of our fields has a longer name.
MAX_COMPARED_CHARS = 40
# A hint is worth a few milliseconds, not more.
MAX_CANDIDATES = 500


def nearest_name(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that resembles `name`, whatever the case, underscores and hyphens; or None."""
    if len(name) > MAX_COMPARED_CHARS:
        return None
    short = (each for each in candidates if len(each) <= MAX_COMPARED_CHARS)
    return _nearest(name, tuple(islice(short, MAX_CANDIDATES)))


# Of hundreds of rows that name something wrongly, most name the same.
@lru_cache(maxsize=64)
def _nearest(name: str, candidates: tuple[str, ...]) -> str | None:
    plain = {_plain(each): each for each in candidates}
    near = get_close_matches(_plain(name), sorted(plain), n=1, cutoff=0.8)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")
