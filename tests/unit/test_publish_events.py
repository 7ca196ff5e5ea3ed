"""Deliveries, bus, log: what fails in one step is not passed to the next, and fails alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from accrue.domain.follow_up_events import FailedEvent, FollowUpEvent
from accrue.services.publish_events import FAILURES_OF_AN_OUTAGE, EventPublisher
from tests.unit.activities import NOON

EVENTS = [
    FollowUpEvent(
        event_id=f"ev_{number}",
        type="activity.held",
        occurred_at=NOON,
        network_id="demo",
        activity_id=f"ik_{number}",
        membership=None,
        sequence=None,
        data={},
    )
    for number in range(20)
]


class BrokenError(Exception):
    """What a step fails with."""


@dataclass
class Place:
    """The log, or the bus: takes what it does not refuse."""

    refused: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)

    def append(self, events: Sequence[FollowUpEvent]) -> list[FailedEvent]:
        self.taken.extend(e.event_id for e in events if e.event_id not in self.refused)
        return [FailedEvent(e, BrokenError()) for e in events if e.event_id in self.refused]

    put = append


@dataclass
class Planner:
    """Fails if one of these is among the events."""

    refused: set[str] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)

    def plan(self, events: Sequence[FollowUpEvent]) -> None:
        self.asked.append(len(events))
        if any(event.event_id in self.refused for event in events):
            raise BrokenError
        self.planned.extend(event.event_id for event in events)


def publish(log: Place, planner: Planner, bus: Place) -> list[str]:
    """The ids of the events that were not published."""
    failures = EventPublisher(planner, bus, log).publish(EVENTS)
    assert all(isinstance(failure.error, BrokenError) for failure in failures)
    return [failure.event.event_id for failure in failures]


ALL = [event.event_id for event in EVENTS]


def test_all_goes_everywhere_in_order() -> None:
    log, planner, bus = Place(), Planner(), Place()

    assert publish(log, planner, bus) == []

    assert log.taken == planner.planned == bus.taken == ALL
    assert planner.asked == [20]


def test_what_the_bus_refuses_is_not_in_the_log_yet() -> None:
    log, planner, bus = Place(), Planner(), Place({"ev_3"})

    assert publish(log, planner, bus) == ["ev_3"]

    assert planner.planned == ALL
    assert log.taken == bus.taken == [i for i in ALL if i != "ev_3"]


def test_what_cannot_be_planned_is_found_and_fails_alone() -> None:
    log, planner, bus = Place(), Planner({"ev_3", "ev_19"}), Place()

    assert publish(log, planner, bus) == ["ev_3", "ev_19"]

    assert (
        planner.planned == bus.taken == log.taken == [i for i in ALL if i not in {"ev_3", "ev_19"}]
    )


def test_an_outage_of_planning_is_not_asked_of_each() -> None:
    log, planner, bus = Place(), Planner(set(ALL)), Place()

    assert publish(log, planner, bus) == ALL

    assert len(planner.asked) == 1 + FAILURES_OF_AN_OUTAGE
    assert bus.taken == log.taken == []


def test_what_one_network_has_wrong_holds_up_no_other() -> None:
    theirs = [replace(e, network_id="other", event_id=f"other_{e.event_id}") for e in EVENTS]
    planner, bus = Planner(set(ALL)), Place()

    failures = EventPublisher(planner, bus, Place()).publish([*EVENTS, *theirs])

    assert [failure.event.event_id for failure in failures] == ALL
    assert planner.planned == bus.taken == [event.event_id for event in theirs]


def test_each_step_tells_what_it_did_not_do() -> None:
    log, planner, bus = Place({"ev_1"}), Planner({"ev_2"}), Place({"ev_0"})

    assert publish(log, planner, bus) == ["ev_2", "ev_0", "ev_1"]

    assert log.taken == ALL[3:]


def test_nothing_is_asked_about_nothing() -> None:
    planner = Planner()

    assert EventPublisher(planner, Place(), Place()).publish([]) == []

    assert planner.asked == []


def test_when_nothing_is_left_nothing_more_is_asked() -> None:
    log = Place()

    assert publish(log, Planner(), Place(set(ALL))) == ALL

    assert log.taken == []
