"""Conditional changes: what a caller says to have seen, and whether that is what is there.

After RFC 9110, 13.1: `If-Match` with the ETag of what was read, or `*` for whatever is there, and
`If-None-Match: *` for what must not be there yet. What exists is never changed without a word about
what the caller saw: of two admins who edit one program, one would undo the other's work unknowing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from accrue.domain.administration_errors import (
    PreconditionFailedError,
    PreconditionRequiredError,
)
from accrue.domain.canonical import content_hash

# Of a SHA-256 in hex: nobody has two states of one thing with the same tag.
ETAG_CHARS = 32


class Representable(Protocol):
    """Something that is shown whole, with all that a caller can change."""

    def to_document(self) -> Mapping[str, Any]: ...


def etag_of(thing: Representable) -> str:
    """The strong ETag of a representation, quotes included."""
    return f'"{content_hash(thing.to_document())[:ETAG_CHARS]}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a caller demands of the state that he changes. By default: that he names it.

    `etags` are those of `If-Match`, None if it was not sent; `accepts_any` is `If-Match: *`.
    """

    etags: frozenset[str] | None = None
    accepts_any: bool = False
    must_be_new: bool = False
    is_import: bool = False

    def ensure(self, present: Representable | None) -> None:
        """Raise PreconditionFailedError or PreconditionRequiredError unless it holds."""
        if present is None:
            if self.etags is not None or self.accepts_any:
                raise PreconditionFailedError(
                    "If-Match", "names a state, but there is nothing: leave the header out"
                )
            return
        if self.must_be_new:
            raise PreconditionFailedError(
                "If-None-Match", "says that it is new, but it exists: GET it first"
            )
        if self.accepts_any or self.is_import:
            return
        if self.etags is None:
            raise PreconditionRequiredError
        if etag_of(present) not in self.etags:
            raise PreconditionFailedError(
                "If-Match", "is the ETag of another state: GET it again and repeat your change"
            )


# A document says what shall be, not what its author saw.
AS_IMPORTED = Precondition(is_import=True)
