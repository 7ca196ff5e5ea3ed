"""Parameters of query strings: which there are, and times among them."""

from collections.abc import Collection, Mapping, MutableSequence, Sequence
from datetime import UTC, datetime

from accrue.domain.errors import Fault, InvalidRequestError

NO_TIME = "is not a time: send it with its zone, as 2026-03-01T12:00:00Z (a + in a URL is %2B)"


def ensure_known(query: Mapping[str, str], known: Collection[str]) -> None:
    """Raises InvalidRequestError that names every parameter that is not among the known ones."""
    faults = unknown_parameters(query, known)
    if faults:
        raise InvalidRequestError.of(*faults)


def unknown_parameters(query: Mapping[str, str], known: Collection[str]) -> list[Fault]:
    """A fault for each unknown parameter: a mistyped filter must not silently pick everything."""
    remedy = f"is no parameter of this list: send one of {', '.join(known)}"
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
        faults.append(Fault(f"query:{name}", NO_TIME))
    return moment


def moment_of(text: str) -> datetime | None:
    """The time in UTC; None if it is no time, or has no zone."""
    try:
        # RFC 3339 has the letters in either case.
        moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
