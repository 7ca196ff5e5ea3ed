"""The one way in which an administrator's request changes the catalog."""

from collections.abc import Callable
from dataclasses import dataclass

from accrue.domain.administration_errors import CatalogMovedError
from accrue.domain.changes import Change
from accrue.domain.preconditions import Precondition, Representable

# In each round somebody's write succeeds, so this many others would have to come first. Those are
# not only others who change this very thing: all publications of a network share its revision.
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Saved[T: Representable]:
    """What is there now, and what the request did to it."""

    thing: T
    change: Change


def put_conditionally[T: Representable](
    *,
    find: Callable[[], T | None],
    make: Callable[[T | None], T],
    save: Callable[[T | None, T], None],
    precondition: Precondition,
) -> Saved[T]:
    """Make what `find` finds be what `make` makes of it.

    If it already is, nothing is asked of the caller: the first try of a retry may have succeeded
    without its answer getting through (RFC 9110, 13.1.1). `save` writes only if what was found is
    still there and raises CatalogMovedError otherwise; then everything is decided anew. Raises
    PreconditionFailedError or PreconditionRequiredError, and whatever `make` raises.
    """
    for _ in range(MAX_ROUNDS):
        present = find()
        wanted = make(present)
        if present is not None and present.to_document() == wanted.to_document():
            return Saved(present, Change.UNCHANGED)
        precondition.ensure(present)
        try:
            save(present, wanted)
        except CatalogMovedError:
            continue
        return Saved(wanted, Change.CREATED if present is None else Change.UPDATED)
    raise CatalogMovedError(f"{MAX_ROUNDS} times in a row")
