"""Parameters of query strings: which there are, and times among them."""

import re
from collections.abc import Collection, Mapping, MutableSequence, Sequence
from datetime import UTC, datetime

from accrue.domain.errors import Fault

NO_CURSOR = "is not a cursor of this list: send next_cursor of an earlier answer as it is"
NO_TIME = "is not a time: send it with its zone, as 2026-03-01T12:00:00Z (a + in a URL is %2B)"
OUT_OF_YEARS = "is before the year 1 or after 9999 in UTC: send one in between"
# `fromisoformat` reads other forms too, weeks and days without dashes among them.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def unknown_parameters(query: Mapping[str, str], known: Collection[str]) -> list[Fault]:
    """A fault for each unknown parameter: a mistyped filter must not silently pick everything."""
    remedy = f"is no parameter here: send one of {', '.join(known)}"
    return [Fault(f"query:{name}", remedy) for name in query if name not in known]


def repeated_parameters(query: Mapping[str, Sequence[str]]) -> list[Fault]:
    """A fault for each parameter that is there more than once: all but one would do nothing."""
    remedy = "is there more than once: send it once"
    return [Fault(f"query:{name}", remedy) for name, values in query.items() if len(values) > 1]


def time_of(query: Mapping[str, str], name: str, faults: MutableSequence[Fault]) -> datetime | None:
    """The time (RFC 3339, with its zone) in a parameter, in UTC; None if it is not there.

    What is no time is added to the faults, and is None too.
    """
    if name not in query:
        return None
    moment = moment_of(query[name])
    if moment is None:
        faults.append(Fault(f"query:{name}", _why_no_time(query[name])))
    return moment


def moment_of(text: str) -> datetime | None:
    """The time in UTC; None if it is no time, or has no zone."""
    if _RFC_3339.fullmatch(text) is None:
        return None
    try:
        # It has the letters in either case.
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _why_no_time(text: str) -> str:
    if _RFC_3339.fullmatch(text) is None:
        return NO_TIME
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return NO_TIME
    return OUT_OF_YEARS
