"""A network's log of events over HTTP: in order, in pages, nothing skipped."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.event_log import KEPT_FOR, LIST_DELAY
from accrue.storage.event_log_pages import MAX_DAYS_A_PAGE
from tests.integration.published import append, event
from tests.integration.world import Answer, World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROUTE = "GET /networks/{network_id}/events"

type Json = dict[str, Any]


def listed(world: World, **query: str) -> Answer:
    """The answer to the administrator of demo."""
    return world.call(ROUTE, query=query)


def numbers(answer: Answer) -> list[int]:
    """The numbers of the events in a page."""
    assert answer.status == 200
    return [int(each["activity_id"].removeprefix("ik_")) for each in answer.body["events"]]


def pages(world: World, **query: str) -> Iterator[Answer]:
    """Pages until there is no more."""
    while True:
        answer = listed(world, **query)
        yield answer
        if not answer.body["has_more"]:
            return
        query["cursor"] = answer.body["next_cursor"]


def position(answer: Answer) -> str:
    """What a cursor stands for."""
    cursor: str = answer.body["next_cursor"]
    return base64.urlsafe_b64decode(cursor + "==").decode()


@pytest.fixture
def world(empty_world: World) -> World:
    """The log is all that the list looks at."""
    return empty_world


SINCE = {"since": "2026-03-01T00:00:00Z"}


# ---- Pages ----


def test_events_are_listed_as_documents_in_the_order_of_publication(
    world: World, clock: time_machine.Traveller
) -> None:
    append(world, event(2), event(1, "tier.changed"))
    clock.shift(1)
    append(world, event(3))
    clock.shift(LIST_DELAY + timedelta(seconds=1))

    answer = listed(world, **SINCE)

    assert answer.status == 200
    assert answer.body == {
        "events": [e.to_document() for e in (event(2), event(1, "tier.changed"), event(3))],
        "next_cursor": answer.body["next_cursor"],
        "has_more": False,
    }
    assert position(answer) == "2026-03-01T12:00:02.000000Z"


def test_what_is_younger_than_the_delay_is_not_listed_yet(
    world: World, clock: time_machine.Traveller
) -> None:
    append(world, event(1))
    clock.shift(LIST_DELAY)
    early = listed(world, **SINCE)
    clock.shift(0.000001)

    assert numbers(early) == []
    assert numbers(listed(world, cursor=early.body["next_cursor"])) == [1]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_follow_one_another(world: World, clock: time_machine.Traveller, limit: int) -> None:
    for first in range(0, 20, 5):
        append(world, *(event(number) for number in range(first, first + 5)))
        clock.shift(0.001)
    clock.shift(60)

    found = [numbers(answer) for answer in pages(world, limit=str(limit), **SINCE)]

    assert [number for page in found for number in page] == list(range(20))
    assert all(len(page) <= limit for page in found)


def test_days_follow_one_another(world: World, clock: time_machine.Traveller) -> None:
    for number in range(5):
        append(world, event(2 * number), event(2 * number + 1))
        clock.shift(86_400)

    found = [numbers(answer) for answer in pages(world, limit="3", **SINCE)]

    assert [number for page in found for number in page] == list(range(10))


def test_midnight_belongs_to_the_next_day(world: World, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 3, 2, tzinfo=UTC) - timedelta(microseconds=1))
    append(world, event(1))
    clock.shift(0.000001)
    append(world, event(2))
    clock.shift(60)

    assert {i["event_key"]["S"].split("#")[2] for i in world.items("events")} == {
        "2026-03-01",
        "2026-03-02",
    }
    assert [numbers(a) for a in pages(world, limit="1", **SINCE)][:2] == [[1], [2]]


def test_a_page_looks_into_a_few_days_and_says_that_there_is_more(
    world: World, clock: time_machine.Traveller
) -> None:
    append(world, event(1))
    clock.shift((MAX_DAYS_A_PAGE + 1) * 86_400)
    append(world, event(2))
    clock.shift(60)

    found = list(pages(world, since="2026-02-28T12:00:00Z"))

    assert [numbers(answer) for answer in found] == [[1], [2]]
    assert position(found[0]) == "2026-03-07T00:00:00.000000Z"


def test_a_cursor_leads_on_when_there_was_nothing_more(
    world: World, clock: time_machine.Traveller
) -> None:
    *_, last = pages(world)
    assert numbers(last) == []
    assert position(last) == "2026-03-01T11:59:45.000000Z"
    append(world, event(1))
    clock.shift(60)

    again = listed(world, cursor=last.body["next_cursor"])

    assert (numbers(again), again.body["has_more"]) == ([1], False)
    assert numbers(listed(world, cursor=again.body["next_cursor"])) == []


def test_what_is_older_than_it_is_kept_is_passed_over(
    world: World, clock: time_machine.Traveller
) -> None:
    append(world, event(1))
    clock.shift(KEPT_FOR + timedelta(seconds=1))

    (first, *_) = pages(world, since="2020-01-01T00:00:00Z")

    assert numbers(first) == []
    assert position(first) > "2026-03-01T12:00:01"


def test_large_events_make_smaller_pages(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB ends a query at 1 MB: what other shards hold behind its last event waits."""
    append(world, *(event(number) for number in range(60)))
    clock.shift(60)
    monkeypatch.setattr("moto.dynamodb.models.table.RESULT_SIZE_LIMIT", 1500, raising=True)

    found = [numbers(answer) for answer in pages(world, limit="100", **SINCE)]

    assert [number for page in found for number in page] == list(range(60))
    assert len(found) > 2


# ---- Some of them ----


def test_a_type_is_picked(world: World, clock: time_machine.Traveller) -> None:
    append(world, *(event(n, "points.awarded" if n % 3 else "tier.changed") for n in range(20)))
    clock.shift(60)

    found = [numbers(a) for a in pages(world, type="tier.changed", limit="2", **SINCE)]

    assert [number for page in found for number in page] == [0, 3, 6, 9, 12, 15, 18]


def test_a_type_that_is_rare_is_found_in_pages(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.storage.event_log_pages.MOST_SIFTED", 2)
    append(world, *(event(number) for number in range(49)), event(49, "tier.changed"))
    clock.shift(60)

    found = list(pages(world, type="tier.changed", **SINCE))

    assert [n for answer in found for n in numbers(answer)] == [49]
    assert len(found) > 2


def test_a_day_that_was_not_read_to_its_end_is_read_on(
    world: World, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.storage.event_log_pages.MOST_SIFTED", 2)
    for first in (0, 50):
        events = [event(number) for number in range(first, first + 49)]
        append(world, *events, event(first + 49, "tier.changed"))
        clock.shift(86_400)

    found = [numbers(answer) for answer in pages(world, type="tier.changed", **SINCE)]

    assert [number for page in found for number in page] == [49, 99]


def test_events_since_a_time_of_any_zone_are_listed(
    world: World, clock: time_machine.Traveller
) -> None:
    for number in range(3):
        append(world, event(number))
        clock.shift(60)

    assert numbers(listed(world, since="2026-03-01T13:01:00+01:00")) == [1, 2]
    assert numbers(listed(world, since="2026-03-01T12:01:00.000001Z")) == [2]
    assert numbers(listed(world, since="2027-01-01T00:00:00Z")) == []


def test_with_a_cursor_the_later_of_both_counts(
    world: World, clock: time_machine.Traveller
) -> None:
    for number in range(3):
        append(world, event(number))
        clock.shift(60)
    cursor = listed(world, limit="1", **SINCE).body["next_cursor"]

    assert numbers(listed(world, cursor=cursor, **SINCE)) == [1, 2]
    assert numbers(listed(world, cursor=cursor, since="2026-03-01T12:02:00Z")) == [2]


# ---- Whose, and what is wrong ----


def test_another_networks_events_are_nobody_elses(
    world: World, clock: time_machine.Traveller
) -> None:
    append(world, event(1, network="other"))
    clock.shift(60)
    theirs = world.call(ROUTE, path={"network_id": "other"}, network="other", query=SINCE)
    assert len(theirs.body["events"]) == 1

    assert numbers(listed(world, cursor=theirs.body["next_cursor"])) == []
    assert numbers(listed(world, **SINCE)) == []
    refused = world.call(ROUTE, path={"network_id": "other"}, query=SINCE)
    assert (refused.status, refused.body["code"]) == (404, "NETWORK_NOT_FOUND")


def test_a_partner_key_is_refused(world: World) -> None:
    answer = world.call(ROUTE, role="partner")

    assert (answer.status, answer.body["code"]) == (403, "ADMIN_KEY_REQUIRED")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"cursor": "nonsense!"}, "is not a cursor of this list"),
        ({"cursor": "MjAyNg"}, "is not a cursor of this list"),
        ({"type": "points"}, "send one of points.awarded, points.deducted, points.available"),
        ({"since": "yesterday"}, "send it with its zone, as 2026-03-01T12:00:00Z"),
        ({"since": "2026-03-01T12:00:00"}, "send it with its zone"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "is before the year 1"),
        ({"limit": "0"}, "from 1 to 100"),
        ({"limit": "101"}, "from 1 to 100"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(
    world: World, query: dict[str, str], message: str
) -> None:
    answer = listed(world, **query)

    (name,) = query
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == f"query:{name}"
    assert message in fault["message"]


@pytest.mark.parametrize(
    "made_up",
    [
        "2026-03-01T12:00:00.000000Z#000000#ev_x",
        "2026-13-01T12:00:00.000000Z",
        "demo#LOG#2026-03-01#0",
        "~" * 27,
    ],
)
def test_a_cursor_that_somebody_made_up_is_refused(world: World, made_up: str) -> None:
    cursor = base64.urlsafe_b64encode(made_up.encode()).decode()

    answer = listed(world, cursor=cursor)

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "query:cursor")


def test_every_fault_is_told_at_once(world: World) -> None:
    cursor = base64.urlsafe_b64encode(b"made up").decode()

    answer = listed(world, cursor=cursor, type="points", since="yesterday")

    assert [e["pointer"] for e in answer.body["errors"]] == [
        "query:cursor",
        "query:type",
        "query:since",
    ]


def test_the_log_expires_and_is_not_lost_before(world: World) -> None:
    append(world, event(1))

    (item,) = world.rows("events")

    assert item["expires_at"] == int((NOW + KEPT_FOR).timestamp())
    assert json.loads(item["document"]) == event(1).to_document()
