"""List a network's events, in the order of publication: for whoever missed some."""

from dataclasses import dataclass
from datetime import datetime

from accrue.domain.event_log import KEPT_FOR, LIST_DELAY, EventPage
from accrue.domain.event_query import EventQuery
from accrue.domain.timestamps import to_text
from accrue.services.ports import EventLogReader


@dataclass(frozen=True, slots=True)
class EventLister:
    """Lists events as they are at `now`."""

    log: EventLogReader
    now: datetime

    def list_events(self, network_id: str, query: EventQuery) -> EventPage:
        """A page of the network's events.

        Whoever goes on from its position, again and again, sees every event.
        """
        oldest = to_text(self.now - KEPT_FOR)
        return self.log.read(
            network_id,
            max(query.after or oldest, oldest),
            self.now - LIST_DELAY,
            query.limit,
            query.event_type,
        )
