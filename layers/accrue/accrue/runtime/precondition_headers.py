"""`If-Match`, `If-None-Match` and `ETag` (RFC 9110, 8.8.3 and 13.1)."""

import re
from collections.abc import Mapping

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.preconditions import Precondition

ETAGS = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e]*")*')
_ONE_ETAG = re.compile(r'(?:W/)?"[^"]*"')


def precondition_of(headers: Mapping[str, str]) -> Precondition:
    """What a request's headers demand. Raises InvalidRequestError for what is not understood."""
    if_match = (headers.get("If-Match") or "").strip()
    if_none_match = (headers.get("If-None-Match") or "").strip()
    if if_none_match not in ("", "*"):
        raise _fault("If-None-Match", "must be *, for what must not exist yet, or left out")
    if if_match in ("", "*"):
        return Precondition(accepts_any=bool(if_match), must_be_new=bool(if_none_match))
    if not ETAGS.fullmatch(if_match):
        raise _fault("If-Match", "must be an ETag as an answer had it, with its quotes, or *")
    # A weak tag never matches, as it is written nowhere.
    etags = frozenset(_ONE_ETAG.findall(if_match))
    return Precondition(etags=etags, must_be_new=bool(if_none_match))


def _fault(header: str, remedy: str) -> InvalidRequestError:
    return InvalidRequestError.of(Fault(f"header:{header}", remedy))
