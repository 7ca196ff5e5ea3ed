"""What postings and outcomes lead to: in the network's log, and on the bus, in order."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zlib import crc32

import pytest
import time_machine

from accrue.storage import event_log
from tests.integration.bus import Listener
from tests.integration.faults import Faults, refused
from tests.integration.published import by_id, documents, log, shown_events
from tests.integration.rich_network import purchase, rich_network
from tests.integration.world import World, stream_event

STAMP = "2026-03-01T12:00:00.000000Z"
EXPIRES_AT = int(datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp())

type Json = dict[str, Any]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tea_house: World, bus: Listener) -> Faults:
    """The functions start anew, watched."""
    assert bus is not None
    watching = Faults.install(monkeypatch)
    tea_house.restart()
    return watching


def buy(world: World, *numbers: int) -> None:
    """Purchases of ann's, applied; each leads to points and to progress."""
    for number in numbers:
        assert world.post_membership_activity("ann", purchase(number)).status == 200
    assert world.deliver() == {"batchItemFailures": []}


# ---- The usual way ----


def test_a_posting_is_published_in_the_log_and_on_the_bus(tea_house: World, bus: Listener) -> None:
    buy(tea_house, 1)

    assert tea_house.publish() == {"batchItemFailures": []}

    events = shown_events(tea_house)
    assert [event["type"] for event in events] == ["points.awarded", *["quest.progressed"] * 2]
    assert log(tea_house) == [
        {
            "event_key": f"demo#LOG#2026-03-01#{crc32(event['event_id'].encode()) % 8}",
            "item_key": f"{STAMP}#{number:06d}#{event['event_id']}",
            "type": event["type"],
            "document": json.dumps(event, separators=(",", ":")),
            "expires_at": EXPIRES_AT,
        }
        for number, event in enumerate(events)
    ]
    messages = bus.messages()
    assert [message.pop("id") for message in messages]
    assert messages == [
        {
            "version": "0",
            "source": "accrue",
            "detail-type": event["type"],
            "time": "2026-03-01T12:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": event,
        }
        for event in events
    ]


def test_an_outcome_is_published(tea_house: World, bus: Listener) -> None:
    body = {"activity_short_id": "unheard-of", "amount": "1", "users": {"x": "ann@example.com"}}
    assert tea_house.post_network_activity(body).status == 201
    tea_house.deliver()

    assert tea_house.publish() == {"batchItemFailures": []}

    (event,) = shown_events(tea_house)
    assert event["type"] == "activity.undefined_type"
    assert documents(tea_house) == bus.events() == [event]


def test_neither_balances_nor_changes_are_published(tea_house: World, bus: Listener) -> None:
    buy(tea_house, 1)
    items = tea_house.items("balance")
    balances = [item for item in items if item["item_key"]["S"] == "BALANCE"]
    assert balances

    tea_house.publish(balances)
    for event_name in ("MODIFY", "REMOVE"):
        tea_house.invoke("publish_events", stream_event(items, event_name))

    assert (log(tea_house), bus.events()) == ([], [])


def test_a_memberships_postings_are_in_the_log_in_their_order(
    tea_house: World, bus: Listener, clock: time_machine.Traveller
) -> None:
    for number in range(30):
        buy(tea_house, number)
        clock.shift(0.001)

    assert tea_house.publish() == {"batchItemFailures": []}

    published = documents(tea_house)
    assert len(published) > 2 * event_log.MAX_WRITES_AT_ONCE
    assert all(a["sequence"] <= b["sequence"] for a, b in pairwise(published))
    assert len({item["event_key"] for item in log(tea_house)}) == 8
    assert bus.events() == published


def test_what_comes_again_is_published_again_with_the_same_ids(
    tea_house: World, bus: Listener, clock: time_machine.Traveller
) -> None:
    buy(tea_house, 1)

    tea_house.publish()
    clock.shift(3600)
    tea_house.publish(tea_house.items("balance") * 2)

    first, again = bus.events()[:3], documents(tea_house)[3:]
    assert first == again == shown_events(tea_house)


def test_two_networks_have_logs_of_their_own(
    tea_house: World, bus: Listener, clock: time_machine.Traveller
) -> None:
    tea_house.import_network(rich_network("other"))
    clock.shift(3600)
    tea_house.restart()
    buy(tea_house, 1)
    answer = tea_house.post_membership_activity("ann", purchase(1), network="other")
    assert answer.status == 200
    tea_house.deliver()

    assert tea_house.publish() == {"batchItemFailures": []}

    places = {(i["event_key"].partition("#")[0], _network_of(i)) for i in log(tea_house)}
    assert places == {("demo", "demo"), ("other", "other")}
    assert {event["network_id"] for event in bus.events()} == {"demo", "other"}


def _network_of(item: Json) -> str:
    network_id: str = json.loads(item["document"])["network_id"]
    return network_id


# ---- What goes wrong ----


def _one_unreadable(world: World) -> list[Json]:
    """Three postings, the second of which nobody can read."""
    buy(world, 1, 2, 3)
    postings = [i for i in world.items("balance") if i["item_key"]["S"] != "BALANCE"]
    postings[1] = {**postings[1], "points": {"N": "1000000"}}
    return postings


def test_a_record_that_cannot_be_read_is_noted_and_holds_up_no_other(
    tea_house: World, bus: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    postings = _one_unreadable(tea_house)
    keys = {name: postings[1][name]["S"] for name in ("membership_key", "item_key")}

    assert tea_house.publish(postings) == {"batchItemFailures": []}

    assert len(bus.events()) == len(documents(tea_house)) > 2
    assert _unpublished(tea_house) == [
        {
            "event_key": "#UNPUBLISHED",
            "item_key": f"{keys['membership_key']} {keys['item_key']}",
            "keys": keys,
            "noted_at": STAMP,
        }
    ]
    (line,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert line.message == "record can't be read; noted as unpublished"
    assert vars(line)["item_key"] == keys["item_key"]


def test_an_unreadable_record_is_tried_again_for_as_long_as_a_deployment_may_take(
    tea_house: World, clock: time_machine.Traveller
) -> None:
    event = stream_event(_one_unreadable(tea_house)[1:2])
    event["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] = datetime.fromisoformat(
        STAMP
    ).timestamp()
    clock.shift(timedelta(minutes=14))
    young = tea_house.invoke("publish_events", event)
    assert young == {"batchItemFailures": [{"itemIdentifier": f"{1:021d}"}]}
    assert _unpublished(tea_house) == []

    clock.shift(timedelta(minutes=2))

    assert tea_house.invoke("publish_events", event) == {"batchItemFailures": []}
    assert len(_unpublished(tea_house)) == 1


def test_an_unreadable_record_that_comes_again_is_noted_once(
    tea_house: World, bus: Listener
) -> None:
    postings = _one_unreadable(tea_house)
    assert bus is not None

    tea_house.publish(postings)
    tea_house.publish(postings)

    assert len(_unpublished(tea_house)) == 1


def test_an_unreadable_record_without_keys_is_noted_by_its_number(
    tea_house: World, bus: Listener
) -> None:
    event = stream_event(_one_unreadable(tea_house)[1:2])
    del event["Records"][0]["dynamodb"]["Keys"]["membership_key"]

    assert tea_house.invoke("publish_events", event) == {"batchItemFailures": []}

    (noted,) = _unpublished(tea_house)
    assert noted["item_key"] == f"{1:021d}"
    assert bus.events() == []


def test_an_unreadable_record_that_cannot_be_noted_comes_again(
    tea_house: World, bus: Listener, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    postings = _one_unreadable(tea_house)
    faults.answer_with("PutItem", iter([refused("InternalServerError")]))

    assert tea_house.publish(postings) == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}

    assert _unpublished(tea_house) == []
    assert len(bus.events()) > 2
    (line,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert line.message == "event not published"
    assert tea_house.publish(postings) == {"batchItemFailures": []}
    assert len(_unpublished(tea_house)) == 1


def test_what_was_noted_is_published_once_it_can_be_read(tea_house: World, bus: Listener) -> None:
    """As docs/events.md has it: the item by its keys, as a record of one's own."""
    tea_house.publish(_one_unreadable(tea_house))
    published = by_id(bus.events())
    (noted,) = [i for i in tea_house.items("events") if i["event_key"]["S"] == "#UNPUBLISHED"]

    posting = tea_house.client.get_item(TableName="balance", Key=noted["keys"]["M"])["Item"]
    change = {"Keys": noted["keys"]["M"], "NewImage": posting, "SequenceNumber": "1"}
    event = {"Records": [{"eventName": "INSERT", "dynamodb": change}]}

    assert tea_house.invoke("publish_events", event) == {"batchItemFailures": []}
    everything = by_id(shown_events(tea_house))
    assert published.keys() < everything.keys()
    assert by_id(documents(tea_house)) == {**published, **by_id(bus.events())} == everything


def _unpublished(world: World) -> list[Json]:
    return [row for row in world.rows("events") if row["event_key"] == "#UNPUBLISHED"]


def test_what_the_bus_does_not_take_comes_again_and_is_logged_once(
    tea_house: World, bus: Listener, faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    buy(tea_house, 1)
    faults.answer_with("PutEvents", iter([refused("InternalException")]))

    assert tea_house.publish() == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    assert bus.events() == []
    (line,) = [vars(record) for record in caplog.records if record.levelname == "ERROR"]
    first, *_ = shown_events(tea_house)
    ids = ("event_id", "activity_id", "network_id", "sequence_numbers")
    assert [line[name] for name in ids] == [
        first["event_id"],
        first["activity_id"],
        "demo",
        [f"{2:021d}"],
    ]

    assert tea_house.publish() == {"batchItemFailures": []}
    assert bus.events() == shown_events(tea_house)
    assert list(by_id(documents(tea_house)).values()) == shown_events(tea_house)


def test_an_entry_that_the_bus_refuses_fails_its_record_only(
    tea_house: World, bus: Listener, faults: Faults
) -> None:
    buy(tea_house, 1, 2)
    of_first = [e["event_id"] for e in shown_events(tea_house) if e["sequence"] == 1]

    def first_refused() -> Iterator[Json]:
        while True:
            entries = faults.calls[-1].request["Entries"]
            refused = {"ErrorCode": "ThrottlingException"}
            yield {
                "FailedEntryCount": 1,
                "Entries": [
                    refused if json.loads(entry["Detail"])["event_id"] == of_first[0] else {}
                    for entry in entries
                ],
                "ResponseMetadata": {"HTTPStatusCode": 200},
            }

    faults.answer_with("PutEvents", first_refused())

    failed = tea_house.publish()["batchItemFailures"]

    assert failed == [{"itemIdentifier": f"{2:021d}"}]
    assert faults.counts()["PutEvents"] == 3
    assert bus.events() == []


def test_what_the_log_does_not_take_is_appended_when_it_comes_again(
    tea_house: World, bus: Listener, faults: Faults
) -> None:
    buy(tea_house, 1)
    faults.answer_with("BatchWriteItem", iter([refused("InternalServerError")]))
    assert tea_house.publish() == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    assert documents(tea_house) == []

    tea_house.publish()

    assert documents(tea_house) == shown_events(tea_house)
    assert by_id(bus.events()) == by_id(documents(tea_house))


def test_while_the_bus_takes_nothing_the_log_is_not_filled_with_repeats(
    tea_house: World, bus: Listener, faults: Faults
) -> None:
    buy(tea_house, 1)
    faults.answer_with("PutEvents", iter([refused("InternalFailure")] * 3))
    for _ in range(3):
        assert tea_house.publish()["batchItemFailures"]
    assert documents(tea_house) == []

    tea_house.publish()

    assert documents(tea_house) == bus.events() == shown_events(tea_house)


def test_behind_what_the_log_does_not_take_nothing_is_appended(
    tea_house: World, bus: Listener, faults: Faults
) -> None:
    buy(tea_house, *range(20))
    faults.answer_with("BatchWriteItem", iter([None, refused("InternalServerError")]))

    failed = tea_house.publish()["batchItemFailures"]

    published = documents(tea_house)
    assert len(published) == event_log.MAX_WRITES_AT_ONCE
    assert bus.events()[: len(published)] == published
    assert len(failed) > 5
