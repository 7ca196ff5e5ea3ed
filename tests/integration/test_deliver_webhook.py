"""From an event to the receiver: planned once, delivered at least once, never lost."""

import json
import logging
from datetime import timedelta
from io import StringIO
from typing import Any, Literal

import pytest
import time_machine
from botocore.exceptions import ClientError

from accrue.domain.webhooks.definition import MAX_WEBHOOKS
from accrue.domain.webhooks.delivery import LIFETIME, planned_delivery
from accrue.domain.webhooks.errors import DeliveryMovedError
from accrue.domain.webhooks.retry_schedule import MAX_JITTER
from accrue.runtime.settings import DeliverySettings, SettingsError
from accrue.storage import dynamo
from accrue.storage.deliveries import DeliveryTable
from tests.integration.conftest import NOW
from tests.integration.faults import CrashPoint, Faults, refused
from tests.integration.orders import DELIVERIES, Orders
from tests.integration.published import event
from tests.integration.receiver import Received, Receiver
from tests.integration.sweep import Outcome, stop_everywhere, until_answered
from tests.integration.webhooks import HOOK, award, publish, publish_refused, register
from tests.integration.world import World

MOMENTS: tuple[Literal["before", "after"], ...] = ("before", "after")


def _deliveries(
    world: World, status: str | None = None, webhook_id: str = "crm"
) -> list[dict[str, Any]]:
    answer = world.call(
        f"GET {HOOK}/deliveries",
        path={"webhook_id": webhook_id},
        query={"status": status} if status else None,
    )
    assert answer.status == 200, answer
    listed: list[dict[str, Any]] = answer.body["deliveries"]
    return listed


def _stored(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows("events") if "#DELIVERIES#" in row["event_key"]]


def test_event_reaches_the_receiver_signed_and_as_it_is_listed(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    secret = register(world, receiver)
    award(world)

    publish(world)
    orders.run()

    (received,) = receiver.received
    received.verify(secret)
    assert received.path == "/accrue"
    assert received.headers["content-type"] == "application/json"
    since = {"since": "2026-03-01T00:00:00Z"}
    (listed,) = world.call("GET /networks/{network_id}/events", query=since).body["events"]
    assert received.event == listed
    assert received.body == json.dumps(listed, separators=(",", ":")).encode()
    assert received.event_id == listed["event_id"]
    assert orders.seen == [
        {
            "network_id": "demo",
            "webhook_id": "crm",
            "event_id": listed["event_id"],
            "attempt": 1,
        }
    ]
    assert _deliveries(world) == [
        {
            "event_id": listed["event_id"],
            "type": "points.awarded",
            "occurred_at": listed["occurred_at"],
            "status": "delivered",
            "failure": None,
            "attempt_count": 1,
            "attempts": [
                {
                    "attempted_at": "2026-03-01T12:00:00.000000Z",
                    "status_code": 204,
                    "error": None,
                    "duration_ms": 0,
                }
            ],
            "next_attempt_at": None,
        }
    ]


def test_delivery_as_it_is_stored(world: World, orders: Orders, receiver: Receiver) -> None:
    register(world, receiver)
    award(world)
    publish(world)

    (planned,) = _stored(world)
    event_id = planned["event_id"]
    assert planned == {
        "event_key": "demo#DELIVERIES#crm",
        "item_key": event_id,
        "network_id": "demo",
        "webhook_id": "crm",
        "event_id": event_id,
        "event_type": "points.awarded",
        "occurred_at": "2026-03-01T12:00:00.000000Z",
        "body": planned["body"],
        "delivery_status": "pending",
        "failure": None,
        "attempt_count": 0,
        "round_number": 1,
        "round_began_after": 0,
        "attempts": [],
        "next_attempt_at": "2026-03-01T12:00:00.000000Z",
        "under_way_until": None,
        "expires_at": int((NOW + timedelta(days=30)).timestamp()),
        "delivery_status_key": "demo#crm#pending",
        "delivery_position": f"2026-03-01T12:00:00.000000Z#{event_id}",
    }
    orders.run()
    (delivered,) = _stored(world)
    assert delivered == {
        **planned,
        "delivery_status": "delivered",
        "delivery_status_key": "demo#crm#delivered",
        "attempt_count": 1,
        "next_attempt_at": None,
        "attempts": [
            {
                "attempted_at": "2026-03-01T12:00:00.000000Z",
                "status_code": 204,
                "error": None,
                "duration_ms": 0,
            }
        ],
    }


def test_each_webhook_gets_what_it_wants_once(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver, "all")
    register(world, receiver, "points", event_types=["points.awarded"])
    register(world, receiver, "tiers", event_types=["tier.changed"])
    register(world, receiver, "off", is_enabled=False)
    award(world)

    publish(world)
    orders.run()

    assert len(receiver.received) == 2
    assert {order["webhook_id"] for order in orders.seen} == {"all", "points"}


def test_what_is_published_again_is_delivered_once(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    publish(world)
    orders.run()
    world.restart()

    publish(world)
    orders.run()

    # While the first attempt was to come, the order for it was sent twice; later not at all.
    assert [order["attempt"] for order in orders.seen] == [1, 1]
    assert len(receiver.received) == 1


def test_attempts_are_made_again_when_they_are_due(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    secret = register(world, receiver)
    statuses = iter([503, 503, 200])
    receiver.answer = lambda _received: next(statuses)
    award(world)
    publish(world)

    orders.hand_over()
    (after_first,) = _deliveries(world, "pending")
    clock.shift(timedelta(seconds=4.9))
    assert orders.hand_over() == 0
    clock.shift(timedelta(seconds=1.1))
    assert orders.hand_over() == 1
    assert len(receiver.received) == 2
    # In SQS's own time, which is up to 15 minutes: five of them are one message.
    clock.shift(timedelta(minutes=4, seconds=59))
    assert orders.hand_over() == 0
    clock.shift(timedelta(seconds=32))
    assert orders.hand_over() == 1

    assert "2026-03-01T12:00:05" <= after_first["next_attempt_at"] < "2026-03-01T12:00:05.6"
    (delivery,) = _deliveries(world, "delivered")
    assert [a["status_code"] for a in delivery["attempts"]] == [503, 503, 200]
    assert orders.length == 0
    assert len({received.event_id for received in receiver.received}) == 1
    assert len({received.body for received in receiver.received}) == 1
    # Each is signed at its own time.
    assert len({received.headers["webhook-timestamp"] for received in receiver.received}) == 3
    with time_machine.travel(NOW, tick=False):
        receiver.received[0].verify(secret)


def test_after_a_day_of_failures_the_delivery_has_failed(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    publish_refused(world, receiver)

    orders.run()

    (failed,) = _deliveries(world, "failed")
    assert failed["failure"] == "the last attempt of the round failed"
    assert failed["attempt_count"] == 8
    assert len(receiver.received) == 8
    assert failed["next_attempt_at"] is None
    assert _deliveries(world, "pending") == _deliveries(world, "delivered") == []


def test_an_order_that_is_not_due_is_sent_again_for_as_long_as_sqs_takes(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    publish_refused(world, receiver)
    for wait in (timedelta(), timedelta(seconds=6), timedelta(seconds=331)):
        clock.shift(wait)
        orders.hand_over()
    assert len(receiver.received) == 3

    # 30 to 33 minutes are three messages, and one attempt at their end.
    clock.shift(timedelta(seconds=901))
    assert orders.hand_over() == 1
    clock.shift(timedelta(seconds=894))
    assert orders.hand_over() == 0
    clock.shift(timedelta(seconds=7))
    assert orders.hand_over() == 1
    assert len(receiver.received) == 3
    clock.shift(timedelta(minutes=3))
    assert orders.hand_over() == 1

    assert len(receiver.received) == 4
    assert orders.length == 1


def test_nobody_listens(world: World, orders: Orders, receiver: Receiver) -> None:
    register(world, receiver, url="http://127.0.0.1:9/")
    award(world)
    publish(world)

    orders.hand_over()

    (delivery,) = _deliveries(world, "pending")
    assert delivery["attempts"][0]["status_code"] is None
    assert delivery["attempts"][0]["error"] == "the connection was refused or broke off"


def test_gone_disables_the_webhook(world: World, orders: Orders, receiver: Receiver) -> None:
    register(world, receiver)
    receiver.answer = lambda _received: 410
    award(world)
    award(world, "key-2")
    publish(world)

    orders.run()

    webhook = world.call(f"GET {HOOK}", path={"webhook_id": "crm"}).body
    assert webhook["is_enabled"] is False
    assert len(receiver.received) == 1
    assert sorted(d["failure"] for d in _deliveries(world, "failed")) == [
        "the receiver answered 410: the webhook is disabled",
        "the webhook is disabled",
    ]


def test_a_webhook_that_was_changed_meanwhile_is_not_disabled(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)

    def answer(_received: Received) -> int:
        register(world, receiver, url=receiver.url + "/elsewhere")
        return 410

    receiver.answer = answer
    orders.run()

    webhook = world.call(f"GET {HOOK}", path={"webhook_id": "crm"}).body
    assert webhook["is_enabled"] is True
    assert webhook["url"] == receiver.url + "/elsewhere"


@pytest.mark.parametrize("is_there", [True, False])
def test_webhook_that_is_disabled_or_missing_gets_nothing(
    world: World, orders: Orders, receiver: Receiver, *, is_there: bool
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    if is_there:
        register(world, receiver, is_enabled=False)
    else:
        key: Any = {"catalog_key": {"S": "demo#WEBHOOKS"}, "item_key": {"S": "crm"}}
        world.client.delete_item(TableName="catalog", Key=key)

    orders.run()

    assert receiver.received == []
    (stored,) = _stored(world)
    assert stored["delivery_status"] == "failed"
    assert stored["attempts"] == []
    assert stored["failure"] == (
        "the webhook is disabled" if is_there else "the webhook does not exist any more"
    )


# ---- Orders that come twice, too early, too late ----


def _order(world: World, attempt: int) -> dict[str, Any]:
    (stored,) = _stored(world)
    return {
        "network_id": "demo",
        "webhook_id": "crm",
        "event_id": stored["event_id"],
        "attempt": attempt,
    }


@pytest.mark.parametrize("status", [204, 500])
def test_second_copy_of_an_order_is_dropped(
    world: World, orders: Orders, receiver: Receiver, status: int
) -> None:
    register(world, receiver)
    receiver.answer = lambda _received: status
    award(world)
    publish(world)
    orders.send(**_order(world, 1))

    assert orders.hand_over() == 2

    assert len(receiver.received) == 1
    # It does not order the next attempt a second time either: repeats would breed repeats.
    assert orders.length == (1 if status == 500 else 0)


def test_copies_do_not_multiply(world: World, orders: Orders, receiver: Receiver) -> None:
    publish_refused(world, receiver)
    for _ in range(5):
        orders.send(**_order(world, 1))

    orders.run()

    assert len(receiver.received) == 8


@pytest.mark.parametrize("status", [204, 503])
def test_two_copies_under_way_at_once_make_one_attempt(
    world: World, orders: Orders, receiver: Receiver, status: int
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    orders.send(**_order(world, 1))

    def answer(_received: Received) -> int:
        # The second copy comes while the first waits for its answer: it finds it under way.
        assert orders.hand_over() == 1
        return status

    receiver.answer = answer
    orders.hand_over()

    (delivery,) = _deliveries(world)
    assert delivery["status"] == ("delivered" if status == 204 else "pending")
    assert [a["status_code"] for a in delivery["attempts"]] == [status]
    assert len(receiver.received) == 1
    # Should the first one die, the second is still there.
    assert orders.length == (1 if status == 204 else 2)
    receiver.answer = lambda _received: 204
    orders.run()
    assert len(receiver.received) == (1 if status == 204 else 2)


def test_a_copy_between_reading_and_sending_is_the_only_one_to_send(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    orders.send(**_order(world, 1))
    # Before the first copy says that it is about to send, the second has come and gone.
    faults.run_before("PutItem", lambda: _hand_over_one(orders))

    orders.hand_over()

    assert len(receiver.received) == 1
    # The first one could not know that, and comes again to find the attempt noted.
    assert orders.length == 1
    orders.run()
    assert len(receiver.received) == 1
    (delivery,) = _deliveries(world)
    assert (delivery["status"], delivery["attempt_count"]) == ("delivered", 1)


def test_of_two_who_say_that_they_begin_one_may(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    order = _order(world, 1)
    table = DeliveryTable(world.client, "events")
    read_by_both = table.find_delivery("demo", "crm", order["event_id"])
    assert read_by_both is not None
    first = read_by_both.begun_attempt(NOW)

    table.save_delivery(read_by_both, first)

    with pytest.raises(DeliveryMovedError):
        table.save_delivery(read_by_both, read_by_both.begun_attempt(NOW + timedelta(seconds=1)))
    assert table.find_delivery("demo", "crm", order["event_id"]) == first
    assert orders.length == 1


def _hand_over_one(orders: Orders) -> None:
    assert orders.hand_over() == 1


def test_twins_that_are_always_under_way_at_once_end_with_the_first_attempt(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    """Each order is handed over a second time while its first copy waits for an answer."""
    register(world, receiver)
    award(world)
    publish(world)
    orders.send(**_order(world, 1))
    waiting = [False]

    def answer(_received: Received) -> int:
        if not waiting[0]:
            waiting[0] = True
            orders.hand_over()
            waiting[0] = False
        return 500

    receiver.answer = answer
    orders.run()

    (delivery,) = _deliveries(world, "failed")
    assert delivery["attempt_count"] == len(receiver.received) == 8


def test_an_attempt_of_an_earlier_round_does_not_end_the_new_one(
    world: World, orders: Orders, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_RETRY_DELAYS_SECONDS", "5")
    register(world, receiver)
    award(world)
    publish(world)

    def answer(received: Received) -> int:
        if len(receiver.received) == 2:
            # The last attempt of its round, and somebody has just asked for a new one.
            path = {"webhook_id": "crm", "event_id": received.event_id}
            route = f"POST {HOOK}/deliveries/{{event_id}}/redeliver"
            assert world.call(route, path=path).status == 202
        return 500 if len(receiver.received) < 4 else 204

    receiver.answer = answer
    orders.run()

    (delivery,) = _deliveries(world)
    assert delivery["status"] == "delivered"
    # What the interrupted attempt came to is not noted; the event came all the same.
    assert [a["status_code"] for a in delivery["attempts"]] == [500, 500, 204]


def test_order_that_is_too_early_stays_in_the_queue(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    """Whoever makes the first attempt has ordered the second, and not noted the first yet."""
    publish_refused(world, receiver)
    orders.empty()
    orders.send(**_order(world, 2))

    assert orders.hand_over() == 1

    assert receiver.received == []
    assert orders.length == 1
    orders.send(**_order(world, 1))
    assert orders.hand_over() == 1
    receiver.answer = lambda _received: 204
    clock.shift(timedelta(minutes=5))
    # It has its turn now, and its second copy finds the attempt noted.
    assert orders.hand_over() == 2
    assert len(receiver.received) == 2
    assert orders.length == 0


@pytest.mark.parametrize("body", ["", "{}", "not json", '{"network_id": "demo"}', "[]"])
def test_message_that_is_no_order_stays_in_the_queue(
    world: World, orders: Orders, body: str
) -> None:
    orders.client.send_message(
        QueueUrl=DELIVERIES.url,
        MessageBody=body or " ",
    )

    orders.hand_over()

    # Until it has been received too often: then it goes to the dead letters.
    assert orders.length == 1
    assert world.rows("events") == []


def test_order_for_a_delivery_that_expired_is_dropped(orders: Orders) -> None:
    orders.send(network_id="demo", webhook_id="crm", event_id="ev_gone", attempt=3)

    orders.hand_over()

    assert orders.length == 0


# ---- Whatever dies ----


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


def _calls_of(faults: Faults) -> int:
    calls = len(faults.calls_since_crash)
    assert calls
    return calls


def test_what_is_planned_together_is_told_in_its_order(world: World) -> None:
    table = DeliveryTable(world.client, "events")
    planned = [planned_delivery(event(number), "crm", NOW) for number in range(40)]
    for delivery in planned[10:20]:
        table.add_deliveries([delivery])
        table.save_delivery(delivery, delivery.failed("for a reason"))

    there = table.add_deliveries(planned)

    assert [each.event_id for each in there] == [each.event_id for each in planned]
    assert [each.is_pending for each in there] == [not 10 <= n < 20 for n in range(40)]
    assert len(_stored(world)) == 40


def test_what_could_not_be_planned_is_planned_when_it_is_tried_again(
    world: World, faults: Faults
) -> None:
    table = DeliveryTable(dynamo.dynamodb_client(), "events")
    faults.answer_with("PutItem", iter([None] * 5 + [refused("InternalServerError")]))

    planned = [planned_delivery(event(n), "crm", NOW) for n in range(40)]
    with pytest.raises(ClientError):
        table.add_deliveries(planned)

    assert table.add_deliveries(planned) == planned
    assert len(_stored(world)) == 40


def test_planning_that_is_stopped_anywhere_loses_nothing(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    register(world, receiver)
    register(world, receiver, "second")
    award(world)
    before = world.snapshot()

    def play(*crashes: CrashPoint) -> Outcome:
        world.restore(before)
        orders.empty()
        orders.clock.shift(timedelta(minutes=2))
        receiver.received.clear()
        world.restart()
        faults.plan_crashes(crashes)
        until_answered(world, publish)
        assert faults.crashes_left == 0
        calls = list(faults.calls_since_crash)
        faults.plan_crashes(())
        orders.run()

        return Outcome(
            calls, ([row["delivery_status"] for row in _stored(world)], len(receiver.received))
        )

    undisturbed = stop_everywhere("publish_events, deliveries are planned", faults, play)

    assert {call.operation for call in undisturbed.calls} >= {"PutItem", "SendMessageBatch"}
    assert undisturbed.told == (["delivered"] * 2, 2)


@pytest.mark.parametrize("statuses", [(204,), (500, 204), (410,), (500, 500, 500)])
def test_an_attempt_that_is_stopped_anywhere_is_made_in_the_end(
    world: World,
    orders: Orders,
    receiver: Receiver,
    faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
    *,
    statuses: tuple[int, ...],
) -> None:
    """Once at each call of all attempts: it is delivered, or has failed as it should."""
    monkeypatch.setenv("WEBHOOK_RETRY_DELAYS_SECONDS", "5,300")
    register(world, receiver)
    award(world)
    publish(world)
    before = world.snapshot()
    order = _order(world, 1)
    orders.empty()

    def play(*crashes: CrashPoint) -> Outcome:
        """Run the queue empty."""
        answers: list[int] = []

        def answer(_received: Received) -> int:
            # A repeat of an attempt is answered as the attempt was.
            (stored,) = _stored(world)
            answers.append(statuses[min(int(stored["attempt_count"]), len(statuses) - 1)])
            return answers[-1]

        receiver.answer = answer
        world.restore(before)
        orders.send(**order)
        world.restart()
        faults.plan_crashes(crashes)
        orders.run()
        assert faults.crashes_left == 0, "a crash point was never reached"
        calls = list(faults.calls_since_crash)
        # Each death makes one attempt at most a second time.
        assert len(statuses) <= len(answers) <= len(statuses) + len(crashes)
        assert crashes or answers == list(statuses)
        (stored,) = _stored(world)
        # Who dies once the webhook was disabled has nothing to make again.
        if (statuses, stored["failure"]) != ((410,), "the webhook is disabled"):
            assert stored["attempt_count"] == len(statuses)
        return Outcome(calls, stored["delivery_status"])

    said = " ".join(map(str, statuses))
    stop_everywhere(f"deliver_webhook, answered {said}", faults, play)


def test_messages_that_sqs_refuses_are_sent_again(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    for number in range(MAX_WEBHOOKS):
        register(world, receiver, f"hook-{number}")
    for key in ("key-1", "key-2", "key-3"):
        award(world, key)
    one_failed = {
        "Successful": [],
        "Failed": [
            {"Id": str(n), "SenderFault": False, "Code": "InternalError"} for n in range(10)
        ],
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }
    faults.answer_with("SendMessageBatch", iter([one_failed, None, one_failed, None]))

    publish(world)

    assert faults.fired["SendMessageBatch"] == 2
    assert orders.length == 3 * MAX_WEBHOOKS
    orders.run()
    assert len(receiver.received) == 3 * MAX_WEBHOOKS


def test_a_queue_that_goes_on_refusing_fails_the_records(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    register(world, receiver)
    award(world)
    failed = {
        "Successful": [],
        "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}],
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }
    faults.answer_with("SendMessageBatch", iter([failed] * 100))

    assert world.publish()["batchItemFailures"] != []

    faults.answer_with("SendMessageBatch", iter([]))
    publish(world)
    orders.run()
    assert len(receiver.received) == 1


def test_a_table_that_fails_leaves_the_order_in_the_queue(
    world: World, orders: Orders, receiver: Receiver, faults: Faults, clock: time_machine.Traveller
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    faults.answer_with("GetItem", iter([refused("InternalServerError")]))

    assert orders.hand_over() == 1

    assert receiver.received == []
    clock.shift(timedelta(minutes=5))
    orders.run()
    assert len(receiver.received) == 1


def test_lost_answers_of_the_table_change_nothing(
    world: World, orders: Orders, receiver: Receiver, faults: Faults
) -> None:
    register(world, receiver)
    award(world)
    faults.lose_answers("PutItem")
    publish(world)
    faults.lose_answers("PutItem")

    orders.run()

    (stored,) = _stored(world)
    assert (stored["delivery_status"], stored["attempt_count"]) == ("delivered", 1)
    assert len(receiver.received) == 1


# ---- Logs and settings ----


@pytest.fixture
def logs(world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log. Their loggers would go on writing to an earlier test's output."""
    stream = StringIO()
    for operation in ("administer_webhooks", "publish_events", "deliver_webhook"):
        world.start(operation)
    for name in list(logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_logs_tell_neither_secrets_nor_urls_nor_bodies(
    world: World, orders: Orders, receiver: Receiver, logs: StringIO
) -> None:
    secret = register(world, receiver)
    statuses = iter([500, 204])
    receiver.answer = lambda _received: next(statuses)
    award(world)
    publish(world)
    orders.run()

    logged = logs.getvalue()

    steps = [json.loads(line) for line in logged.splitlines() if '"step"' in line]
    assert [(s["attempt"], s["step"]) for s in steps] == [(1, "will_retry"), (2, "delivered")]
    assert secret not in logged
    assert secret.removeprefix("whsec_") not in logged
    assert receiver.url not in logged
    assert "balance_after" not in logged


@pytest.mark.parametrize(
    "delays", ["", "0", "-1", "5,", "5,x", "05", "100000", "5 5", " 5", "5\n", ",".join("5" * 16)]
)
def test_delays_that_make_no_schedule_fail_at_start(
    monkeypatch: pytest.MonkeyPatch, world: World, delays: str
) -> None:
    assert world is not None
    monkeypatch.setenv("WEBHOOK_RETRY_DELAYS_SECONDS", delays)

    with pytest.raises(SettingsError, match="WEBHOOK_RETRY_DELAYS_SECONDS"):
        DeliverySettings.from_environment()


def test_the_longest_schedule_is_over_before_its_delivery_expires(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    assert world is not None
    monkeypatch.setenv("WEBHOOK_RETRY_DELAYS_SECONDS", ",".join(["99999"] * 15))

    delays = DeliverySettings.from_environment().webhook_retry_delays_seconds

    assert delays == (99_999,) * 15
    assert timedelta(seconds=sum(delays) * (1 + MAX_JITTER)) < LIFETIME


def test_private_webhooks_are_allowed_in_so_many_words_only(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    assert world is not None
    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "false")
    assert DeliverySettings.from_environment().allow_private_webhooks is False
    monkeypatch.delenv("ALLOW_PRIVATE_WEBHOOKS")
    with pytest.raises(SettingsError, match="ALLOW_PRIVATE_WEBHOOKS"):
        DeliverySettings.from_environment()
