"""What is put on the bus fits: in chunks, and however much a posting says."""

from dataclasses import replace
from typing import Any

import pytest

from accrue.domain.follow_up_events import FollowUpEvent, follow_up_events
from accrue.domain.happened import MAX_LINES
from accrue.runtime import event_bus
from accrue.runtime.event_bus import MAX_BYTES, EventBridgeBus, size_of
from tests.integration.bus import BUS, Listener
from tests.integration.faults import Faults, refused
from tests.integration.published import event
from tests.unit.largest_postings import LARGEST

type Json = dict[str, Any]

# SQS takes no more, with the envelope in which EventBridge sends it.
MESSAGE_BYTES = 256 * 1024
ENVELOPE_BYTES = 1024


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, bus: Listener) -> Faults:
    """Clients that are made from now on are watched."""
    assert bus is not None
    return Faults.install(monkeypatch)


@pytest.fixture
def adapter(faults: Faults) -> EventBridgeBus:
    """The bus as the publisher has it."""
    assert faults is not None
    return EventBridgeBus(event_bus.event_bridge_client(), BUS)


def large(number: int, size: int) -> FollowUpEvent:
    """An event with so many bytes in it."""
    return replace(event(number), data={"text": "x" * size})


def test_no_legal_posting_makes_an_event_that_is_too_large() -> None:
    assert len(LARGEST.lines) > MAX_LINES

    sizes = {each.type: len(each.to_json().encode()) for each in follow_up_events(LARGEST)}

    assert sizes.keys() == {"points.deducted", "quest.progressed", "quest.completed"}
    assert max(sizes.values()) < 40_000
    assert max(sizes.values()) + ENVELOPE_BYTES < MESSAGE_BYTES


def test_the_events_of_the_largest_posting_are_all_put(
    adapter: EventBridgeBus, bus: Listener
) -> None:
    events = follow_up_events(LARGEST)

    assert adapter.put(events) == []

    assert bus.events() == [each.to_document() for each in events]


def test_entries_are_put_ten_at_a_time(
    adapter: EventBridgeBus, bus: Listener, faults: Faults
) -> None:
    events = [event(number) for number in range(25)]

    assert adapter.put(events) == []

    assert [len(call.request["Entries"]) for call in faults.calls] == [10, 10, 5]
    assert bus.events() == [each.to_document() for each in events]


@pytest.mark.parametrize(("size", "calls"), [(100_000, [2, 2, 1]), (86_000, [3, 2])])
def test_a_call_has_no_more_bytes_than_it_may(
    adapter: EventBridgeBus, faults: Faults, size: int, calls: list[int]
) -> None:
    assert adapter.put([large(number, size) for number in range(5)]) == []

    chunks = [call.request["Entries"] for call in faults.calls]
    assert [len(chunk) for chunk in chunks] == calls
    assert all(sum(map(size_of, chunk)) <= MAX_BYTES for chunk in chunks)


def test_an_outage_is_asked_about_once(adapter: EventBridgeBus, faults: Faults) -> None:
    events = [event(number) for number in range(25)]
    faults.answer_with("PutEvents", iter([None, refused("InternalException")]))

    failures = adapter.put(events)

    assert [failure.event for failure in failures] == events[10:]
    assert faults.counts() == {"PutEvents": 2}


def _answer(*codes: str | None) -> Json:
    """What EventBridge answers to so many entries, those with a code refused."""
    return {
        "FailedEntryCount": sum(1 for code in codes if code),
        "Entries": [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes],
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }


def test_entries_that_are_refused_are_put_again(
    adapter: EventBridgeBus, bus: Listener, faults: Faults
) -> None:
    faults.answer_with("PutEvents", iter([_answer("Throttled", None, "Throttled")]))

    assert adapter.put([event(1), event(2), event(3)]) == []

    assert [each["activity_id"] for each in bus.events()] == ["ik_1", "ik_3"]


def test_entries_that_are_refused_to_the_last_are_told_from_those_that_are_taken(
    adapter: EventBridgeBus, faults: Faults
) -> None:
    answers = [_answer("A", None, "B"), _answer("C", None), _answer("D")]
    faults.answer_with("PutEvents", iter(answers))

    failures = adapter.put([event(1), event(2), event(3)])

    assert [(failure.event, str(failure.error)) for failure in failures] == [(event(1), "D")]
