"""Which moment, and which period, of a membership's history is asked for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.history import is_position
from accrue.domain.pages import PageRequest
from accrue.domain.query_fields import NO_CURSOR, time_of, unknown_parameters
from accrue.domain.timestamps import from_text, to_text

_MISSING = "is missing: send a time with its zone, as 2026-03-01T12:00:00Z"
_CURSOR = "query:cursor"
_ANOTHER_PERIOD = "is of another period: send the same from and until as for the first page"
_CARRIED = re.compile(
    r"(?P<start>[^#]{27})#(?P<until>[^#]{27})#(?P<sequence>[1-9][0-9]{0,14})"
    r"#(?P<balance>-?[0-9]{1,30}(\.[0-9]{1,6})?)#(?P<after>.+)"
)


def moment_asked_for(
    query: Mapping[str, str], repeated: Iterable[Fault], now: datetime
) -> datetime:
    """The moment in `as_of`. Raises InvalidRequestError with every fault."""
    faults = [*unknown_parameters(query, ["as_of"]), *repeated]
    moment = _time(query, "as_of", now, faults)
    if faults or moment is None:
        raise InvalidRequestError.of(*faults)
    return moment


def page_asked_for(
    query: Mapping[str, str], page: PageRequest, page_faults: Iterable[Fault]
) -> PageRequest:
    """The page of a history, of which so much is wrong already.

    Raises InvalidRequestError with every fault.
    """
    faults = [*unknown_parameters(query, ["limit", "cursor"]), *page_faults]
    if page.after is not None and not is_position(page.after):
        faults.append(Fault(_CURSOR, NO_CURSOR))
    if faults:
        raise InvalidRequestError.of(*faults)
    return page


@dataclass(frozen=True, slots=True)
class Carried:
    """What goes from one page of a statement to the next.

    The position behind which it begins, the balance there, and up to which posting of the
    membership's sequence the first page counted: what is posted later is not in this statement.
    """

    start: datetime
    until: datetime
    sequence: int
    balance: Decimal
    after: str

    def to_text(self) -> str:
        """As a cursor has it."""
        period = f"{to_text(self.start)}#{to_text(self.until)}"
        return f"{period}#{self.sequence}#{canonical_text(self.balance)}#{self.after}"

    @classmethod
    def from_text(cls, text: str) -> "Carried | None":
        """What `to_text` wrote; None if it did not. A made-up one says wrong numbers, to whoever
        made it up.
        """
        found = _CARRIED.fullmatch(text)
        if found is None or not is_position(found["after"]):
            return None
        try:
            start, until = from_text(found["start"]), from_text(found["until"])
        except ValueError:
            return None
        if not found["start"] <= found["after"] < found["until"]:
            return None
        sequence, balance = int(found["sequence"]), Decimal(found["balance"])
        return cls(start, until, sequence, balance, found["after"])


@dataclass(frozen=True, slots=True)
class StatementQuery:
    """What was recorded from `start` up to, not including, `until`: so many lines of it."""

    start: datetime
    until: datetime
    limit: int
    carried: Carried | None = None

    @classmethod
    def parse(
        cls,
        query: Mapping[str, str],
        page: PageRequest,
        page_faults: Iterable[Fault],
        now: datetime,
    ) -> "StatementQuery":
        """As a query string has it, with what is wrong with its page; without `until`, up to now.

        Raises InvalidRequestError with every fault.
        """
        faults = [*unknown_parameters(query, ["from", "until", "limit", "cursor"]), *page_faults]
        start = _time(query, "from", now, faults)
        # That of the first page goes on, which may have been asked for without it.
        carried = None if page.after is None else Carried.from_text(page.after)
        until = time_of(query, "until", faults)
        if until is not None and until > now:
            faults.append(_later_than("until", now))
        elif start is not None and until is not None and until <= start:
            faults.append(Fault("query:until", "must be later than from"))
        if page.after is not None and carried is None:
            faults.append(Fault(_CURSOR, NO_CURSOR))
        if faults or start is None:
            raise InvalidRequestError.of(*faults)
        if carried is None:
            return cls(start, until or now, page.limit)
        if start != carried.start or until not in (None, carried.until):
            raise InvalidRequestError.of(Fault(_CURSOR, _ANOTHER_PERIOD))
        return cls(start, carried.until, page.limit, carried)


def _time(
    query: Mapping[str, str], name: str, now: datetime, faults: list[Fault]
) -> datetime | None:
    """The time in a parameter that must be there, and may not be after now."""
    if name not in query:
        faults.append(Fault(f"query:{name}", _MISSING))
        return None
    moment = time_of(query, name, faults)
    if moment is not None and moment > now:
        faults.append(_later_than(name, now))
    return moment


def _later_than(name: str, now: datetime) -> Fault:
    return Fault(f"query:{name}", f"is in the future: it is {to_text(now)} for this network")
