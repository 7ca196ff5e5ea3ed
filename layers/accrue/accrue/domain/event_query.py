"""Which of a network's events are asked for."""

from dataclasses import dataclass

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.event_log import is_position
from accrue.domain.event_types import EventType
from accrue.domain.pages import PageRequest
from accrue.domain.query_fields import NO_CURSOR, time_of
from accrue.domain.timestamps import to_text


@dataclass(frozen=True, slots=True)
class EventQuery:
    """At most `limit` events behind the position `after`; None is the oldest that is kept."""

    limit: int
    after: str | None = None
    event_type: EventType | None = None

    @classmethod
    def parse(cls, page: PageRequest, event_type: str | None, since: str | None) -> "EventQuery":
        """As a query string has it. With a cursor and `since`, the later one counts.

        Raises InvalidRequestError with every fault.
        """
        faults: list[Fault] = []
        if page.after is not None and not is_position(page.after):
            faults.append(Fault("query:cursor", NO_CURSOR))
        if event_type is not None and event_type not in set(EventType):
            known = ", ".join(EventType)
            faults.append(Fault("query:type", f"is no type of events: send one of {known}"))
        published_since = time_of({} if since is None else {"since": since}, "since", faults)
        if faults:
            raise InvalidRequestError.of(*faults)
        # Before whatever was published then.
        start = to_text(published_since) if published_since else None
        positions = [position for position in (page.after, start) if position is not None]
        return cls(
            limit=page.limit,
            after=max(positions, default=None),
            event_type=None if event_type is None else EventType(event_type),
        )
