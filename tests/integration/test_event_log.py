"""Whoever follows the cursor sees every event, whatever is published meanwhile, however slowly."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accrue.domain.event_log import LIST_DELAY, VISIBLE_WITHIN
from accrue.domain.event_query import EventQuery
from accrue.runtime.clock import utc_now
from accrue.services.list_events import EventLister
from accrue.storage import dynamo
from accrue.storage.event_log import MAX_STAMPS, MAX_WRITES_AT_ONCE, EventLogTable, LogBusyError
from accrue.storage.event_log_pages import EventLogPages
from tests.integration.faults import Faults, refused
from tests.integration.published import append, event
from tests.integration.world import World

# A little before midnight: some of what happens is another day's.
NOW = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)
OK = {"HTTPStatusCode": 200}

publishing = st.tuples(
    st.integers(1, 2 * MAX_WRITES_AT_ONCE),
    # How long a write takes, in parts between which somebody reads.
    st.lists(st.floats(0, 12), max_size=3),
)
actions = st.lists(
    st.tuples(st.just("publish"), publishing)
    | st.tuples(st.just("wait"), st.floats(0, 20))
    | st.tuples(st.just("read"), st.integers(1, 30)),
    max_size=12,
)


@dataclass
class Reader:
    """Pages through the log, and goes on where it was."""

    log: EventLogPages
    position: str
    seen: list[str] = field(default_factory=list)

    def read(self, limit: int) -> bool:
        """One page; whether there is more."""
        query = EventQuery(limit, self.position)
        page = EventLister(self.log, utc_now()).list_events("demo", query)
        self.seen.extend(page.documents)
        self.position = page.position
        return page.has_more


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, empty_world: World) -> Faults:
    """Clients that are made from now on are watched; nobody sleeps."""
    assert empty_world is not None
    return Faults.install(monkeypatch)


@pytest.fixture
def slow_log(faults: Faults) -> EventLogTable:
    """The log as a publisher has it, whose calls may go wrong."""
    assert faults is not None
    return EventLogTable(dynamo.dynamodb_client(), "events", utc_now)


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions)
def test_whoever_pages_while_others_publish_sees_every_event_in_order(
    empty_world: World,
    clock: time_machine.Traveller,
    faults: Faults,
    slow_log: EventLogTable,
    planned: list[tuple[str, Any]],
) -> None:
    _forget(empty_world)
    clock.move_to(NOW)
    pages = EventLogPages(empty_world.client, "events")
    reader = Reader(pages, "2026-03-01T23:00:00.000000Z")
    published = 0
    for what, how in planned:
        match what, how:
            case "publish", (int(number), list(parts)):
                faults.run_before("BatchWriteItem", partial(_take, clock, reader, parts))
                events = [event(n) for n in range(published, published + number)]
                assert slow_log.append(events) == []
                published += number
            case "wait", seconds:
                clock.shift(seconds)
            case _:
                reader.read(how)
    clock.shift(LIST_DELAY + timedelta(seconds=1))
    while reader.read(limit=20):
        pass

    _assert_all_was_seen(empty_world, reader.seen, published)


def _take(clock: time_machine.Traveller, reader: Reader, parts: list[float]) -> None:
    for seconds in parts:
        clock.shift(seconds)
        reader.read(limit=10)


def _assert_all_was_seen(world: World, seen: list[str], published: int) -> None:
    items = sorted(world.rows("events"), key=lambda item: item["item_key"])
    log = [item["document"] for item in items]
    assert len(set(log)) == published
    assert set(seen) == set(log)
    # In the order of the log; what was written too late was written again, and may be passed over.
    rest = iter(log)
    assert all(document in rest for document in seen)
    times, times_seen = Counter(log), Counter(seen)
    assert all(times_seen[d] == 1 for d, count in times.items() if count == 1)
    assert times_seen <= times


def _forget(world: World) -> None:
    for item in world.items("events"):
        key = {name: item[name] for name in ("event_key", "item_key")}
        world.client.delete_item(TableName="events", Key=key)


# ---- Writes that don't go well ----


def log_of(world: World) -> list[tuple[str, str]]:
    """When each event was published, with its activity, in the order of the log."""
    keys = sorted((item["item_key"], item["document"]) for item in world.rows("events"))
    return [(key[:27], document.partition('"activity_id":"')[2][:4]) for key, document in keys]


def test_a_write_that_is_answered_too_late_is_made_again_under_a_new_time(
    empty_world: World, clock: time_machine.Traveller, faults: Faults, slow_log: EventLogTable
) -> None:
    late = VISIBLE_WITHIN + timedelta(microseconds=1)
    faults.run_before("BatchWriteItem", lambda: clock.shift(late))

    assert slow_log.append([event(1)]) == []

    assert log_of(empty_world) == [
        ("2026-03-01T12:00:00.000000Z", "ik_1"),
        ("2026-03-01T12:00:13.000001Z", "ik_1"),
    ]


def test_a_write_that_is_answered_just_in_time_counts(
    empty_world: World, clock: time_machine.Traveller, faults: Faults, slow_log: EventLogTable
) -> None:
    faults.run_before("BatchWriteItem", lambda: clock.shift(VISIBLE_WITHIN))

    assert slow_log.append([event(1)]) == []

    assert log_of(empty_world) == [("2026-03-01T12:00:00.000000Z", "ik_1")]


def test_writes_that_are_always_late_fail(
    clock: time_machine.Traveller, faults: Faults, slow_log: EventLogTable
) -> None:
    late = VISIBLE_WITHIN * 2
    faults.run_before("BatchWriteItem", *[lambda: clock.shift(late)] * MAX_STAMPS)

    (failure,) = slow_log.append([event(1)])

    assert (failure.event, type(failure.error)) == (event(1), LogBusyError)
    assert faults.counts() == {"BatchWriteItem": MAX_STAMPS}


def test_what_dynamodb_leaves_unwritten_is_written_in_its_place(
    empty_world: World, clock: time_machine.Traveller, faults: Faults, slow_log: EventLogTable
) -> None:
    def every_second() -> Iterator[dict[str, Any]]:
        requests = faults.calls[-1].request["RequestItems"]["events"]
        empty_world.client.batch_write_item(RequestItems={"events": requests[1::2]})
        clock.shift(1)
        yield {"UnprocessedItems": {"events": requests[::2]}, "ResponseMetadata": OK}

    faults.answer_with("BatchWriteItem", every_second())

    assert slow_log.append([event(number) for number in range(5)]) == []

    assert log_of(empty_world) == [
        ("2026-03-01T12:00:00.000000Z", f"ik_{number}") for number in range(5)
    ]


def test_what_dynamodb_goes_on_leaving_unwritten_fails(
    faults: Faults, slow_log: EventLogTable
) -> None:
    def none() -> Iterator[dict[str, Any]]:
        while True:
            requests = faults.calls[-1].request["RequestItems"]
            yield {"UnprocessedItems": requests, "ResponseMetadata": OK}

    faults.answer_with("BatchWriteItem", none())

    failures = slow_log.append([event(1), event(2)])

    assert [failure.event for failure in failures] == [event(1), event(2)]
    assert {type(failure.error) for failure in failures} == {LogBusyError}


def test_behind_what_failed_nothing_is_appended(
    empty_world: World, faults: Faults, slow_log: EventLogTable
) -> None:
    events = [event(number) for number in range(3 * MAX_WRITES_AT_ONCE)]
    faults.answer_with("BatchWriteItem", iter([None, refused("InternalServerError")]))

    failures = slow_log.append(events)

    assert [failure.event for failure in failures] == events[MAX_WRITES_AT_ONCE:]
    assert len(empty_world.items("events")) == MAX_WRITES_AT_ONCE


def test_an_event_that_comes_again_is_in_the_log_again(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    append(empty_world, event(1))
    clock.shift(1)
    append(empty_world, event(1))

    assert [activity for _, activity in log_of(empty_world)] == ["ik_1", "ik_1"]
