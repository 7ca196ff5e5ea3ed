"""Times: partners send Unix seconds; rows hold fixed-width UTC text, which sorts as times do."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from accrue.domain.amounts import canonical_text
from accrue.domain.json_values import WrongValueError
from accrue.domain.number_text import parse_number

# 1e11 seconds is the year 5138; 1e11 milliseconds is 1973. Whoever sends more means milliseconds.
FIRST_IMPLAUSIBLE_SECOND = 10**11
# Nanoseconds; no clock of a partner's has more.
MAX_DECIMAL_PLACES = 9

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def unix_seconds(value: object) -> Decimal:
    """Unix seconds exactly as sent, in a JSON number (a Decimal) or a numeric string.

    From 0 up to, not including, 1e11, with at most 9 decimal places; or a `WrongValueError`.
    """
    number = parse_number(value)
    if number < 0:
        raise WrongValueError("is before 1970: send Unix seconds, 0 or more")
    if number >= FIRST_IMPLAUSIBLE_SECOND:
        raise WrongValueError("looks like milliseconds: send seconds")
    text = canonical_text(number)
    if len(text.partition(".")[2]) > MAX_DECIMAL_PLACES:
        raise WrongValueError(f"has too many decimal places: send at most {MAX_DECIMAL_PLACES}")
    return Decimal(text)


def to_datetime(seconds: Decimal) -> datetime:
    """The UTC time of checked Unix seconds, truncated (never rounded up) to microseconds."""
    whole, _, fraction = canonical_text(seconds).partition(".")
    return _EPOCH + timedelta(seconds=int(whole), microseconds=int(f"{fraction:0<6}"[:6]))


def to_text(moment: datetime) -> str:
    """`2021-10-10T17:35:37.000000Z`: UTC, microseconds, always 27 characters."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return _text(moment.astimezone(UTC))


# A moment is written several times: in a posting, its key, its balance. Only of UTC: in other zones
# two that are an hour apart may be equal.
@lru_cache(maxsize=1024)
def _text(utc: datetime) -> str:
    return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_text(text: str) -> datetime:
    """The time that `to_text` wrote; `ValueError` for any other spelling."""
    if not _TEXT.fullmatch(text):
        # Without the text: whatever it is, it would be logged.
        raise ValueError("not a time as we write it")
    return datetime.fromisoformat(text)
