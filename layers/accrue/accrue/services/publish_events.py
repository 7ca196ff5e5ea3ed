"""Publish follow-up events: deliveries to webhooks, the bus, the network's log.

Each at least once, whatever is published again: receivers tell repeats by the events' ids.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from accrue.domain.follow_up_events import FailedEvent, FollowUpEvent
from accrue.services.ports import DeliveryPlanner, EventBus, EventLog

# When so many events alone are not planned, it is not because of one of them.
FAILURES_OF_AN_OUTAGE = 3


@dataclass(frozen=True, slots=True)
class EventPublisher:
    """Where events are published, in this order.

    The log comes last, because each try appends to it again: while one of the others is out of
    order for hours, it must not be filled with repeats.
    """

    planner: DeliveryPlanner
    bus: EventBus
    log: EventLog

    def publish(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        """Publish the events, in their order; gives those that were not, each with the first
        exception, and they keep no other from being published.
        """
        failures: list[FailedEvent] = []
        left = list(events)
        for step in (self._plan, self.bus.put, self.log.append):
            failed = step(left)
            failures.extend(failed)
            ids = {failure.event.event_id for failure in failed}
            left = [event for event in left if event.event_id not in ids]
            if not left:
                break
        return failures

    def _plan(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        """Plan each network's events: what one network has wrong holds up no other."""
        networks: defaultdict[str, list[FollowUpEvent]] = defaultdict(list)
        for event in events:
            networks[event.network_id].append(event)
        return [failed for each in networks.values() for failed in self._plan_together(each)]

    def _plan_together(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        """Plan them together; if that fails, each alone, to find those that it fails for."""
        try:
            self.planner.plan(events)
        except Exception as error:  # noqa: BLE001 - reported by the caller
            if len(events) == 1:
                return [FailedEvent(events[0], error)]
            return self._plan_each(events)
        return []

    def _plan_each(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        failed: list[FailedEvent] = []
        for index, event in enumerate(events):
            if len(failed) == FAILURES_OF_AN_OUTAGE:
                error = failed[-1].error
                return failed + [FailedEvent(each, error) for each in events[index:]]
            failed.extend(self._plan_together([event]))
        return failed
