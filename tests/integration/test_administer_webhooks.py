"""Webhooks over HTTP: defined under a condition, their secrets shown once, refused where unsafe."""

import base64
import json
import socket
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accrue.domain.event_types import EventType
from accrue.domain.webhooks.delivery import Delivery, DeliveryStatus
from accrue.runtime.paging import cursor_of
from accrue.storage.deliveries import DeliveryTable
from tests.integration.conftest import NOW
from tests.integration.orders import Orders
from tests.integration.receiver import Received, Receiver
from tests.integration.webhooks import (
    HOOK,
    WEBHOOKS,
    award,
    get_webhook,
    publish,
    publish_refused,
    put_webhook,
    register,
)
from tests.integration.world import Answer, World

BODY = {"url": "https://example.com/accrue", "event_types": ["points.awarded"]}
SHOWN = {
    "webhook_id": "crm",
    "url": "https://example.com/accrue",
    "event_types": ["points.awarded"],
    "is_enabled": True,
    "description": None,
}


def _stored(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows("catalog") if row["catalog_key"] == "demo#WEBHOOKS"]


def _rotate(world: World) -> Answer:
    return world.call(f"POST {HOOK}/rotate-secret", path={"webhook_id": "crm"})


def _sample(world: World, event_type: str = "points.awarded") -> Answer:
    body = {"event_type": event_type}
    return world.call(f"POST {HOOK}/samples", body, path={"webhook_id": "crm"})


def _deliveries(world: World, **query: str) -> Answer:
    return world.call(f"GET {HOOK}/deliveries", path={"webhook_id": "crm"}, query=query or None)


def _redeliver(world: World, event_id: str) -> Answer:
    path = {"webhook_id": "crm", "event_id": event_id}
    return world.call(f"POST {HOOK}/deliveries/{{event_id}}/redeliver", path=path)


# ---- Definitions ----


def test_a_new_webhook_shows_its_secret_this_one_time(world: World) -> None:
    created = put_webhook(world, BODY)

    secret = created.body["signing_secret"]
    assert created.status == 201
    assert created.body == {**SHOWN, "signing_secret": secret}
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    again = get_webhook(world)
    assert (again.status, again.body) == (200, SHOWN)
    assert again.headers["ETag"] == created.headers["ETag"]
    listed = world.call(f"GET {WEBHOOKS}")
    assert (listed.status, listed.body) == (200, {"webhooks": [SHOWN], "next_cursor": None})
    (item,) = _stored(world)
    assert item == {
        "catalog_key": "demo#WEBHOOKS",
        "item_key": "crm",
        **SHOWN,
        "secrets": [{"text": secret, "signs_until": None}],
        "content_hash": item["content_hash"],
    }


def test_the_same_again_is_unchanged_and_shows_no_secret(world: World) -> None:
    put_webhook(world, BODY)
    before = world.items("catalog")

    again = put_webhook(world, BODY)

    assert (again.status, again.body) == (200, SHOWN)
    assert world.items("catalog") == before


def test_a_change_needs_the_etag_and_keeps_the_secret(world: World) -> None:
    created = put_webhook(world, BODY)
    changed = {**BODY, "event_types": ["*"], "is_enabled": False, "description": "For sales"}

    assert put_webhook(world, changed).status == 428
    assert put_webhook(world, changed, headers={"If-Match": '"other"'}).status == 412
    answer = put_webhook(world, changed, headers={"If-Match": created.headers["ETag"]})

    assert (answer.status, answer.body) == (200, {"webhook_id": "crm", **changed})
    (item,) = _stored(world)
    assert [s["text"] for s in item["secrets"]] == [created.body["signing_secret"]]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"url": "http://example.com/"}, None),
        ({"url": "https://user:secret@example.com/"}, "/url"),
        ({"url": "https://127.1/"}, "/url"),
        ({"event_types": ["points.award"]}, "/event_types/0"),
        ({"signing_secret": "whsec_mine"}, "/signing_secret"),
        ({"webhook_id": "other"}, "/webhook_id"),
    ],
)
def test_what_is_wrong_is_pointed_at(
    world: World, changes: dict[str, Any], pointer: str | None
) -> None:
    answer = put_webhook(world, {**BODY, **changes})

    if pointer is None:
        # These tests' stack is one on one's own machine.
        assert answer.status == 201
        return
    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert [fault["pointer"] for fault in answer.body["errors"]] == [pointer]
    assert _stored(world) == []


def test_an_unknown_type_is_told_the_known_ones(world: World) -> None:
    answer = put_webhook(world, {**BODY, "event_types": ["everything"]})

    (fault,) = answer.body["errors"]
    assert all(event_type in fault["message"] for event_type in EventType)


@pytest.mark.parametrize("webhook_id", ["a b", "a#b", "-", "x" * 65])
def test_an_id_that_is_none(world: World, webhook_id: str) -> None:
    assert put_webhook(world, BODY, webhook_id).status == 422
    assert get_webhook(world, webhook_id).status == 404


def test_a_network_has_five_webhooks_at_most(world: World) -> None:
    for number in range(5):
        assert put_webhook(world, BODY, f"hook-{number}").status == 201

    one_more = put_webhook(world, BODY, "hook-5")

    assert (one_more.status, one_more.body["code"]) == (409, "TOO_MANY_WEBHOOKS")
    changed = {**BODY, "is_enabled": False}
    assert put_webhook(world, changed, "hook-4", headers={"If-Match": "*"}).status == 200
    page = world.call(f"GET {WEBHOOKS}", query={"limit": "3"})
    rest = world.call(f"GET {WEBHOOKS}", query={"cursor": page.body["next_cursor"]})
    found = [w["webhook_id"] for w in page.body["webhooks"] + rest.body["webhooks"]]
    assert found == [f"hook-{number}" for number in range(5)]
    assert rest.body["next_cursor"] is None


MADE_UP_POSITIONS = [
    "\U0001f600" * 300,
    "x",
    "2026-03-01T12:00:00.000000Z",
    "2026-03-01T12:00:00.000000Z#",
    "2026-13-01T12:00:00.000000Z#ev_" + "a" * 32,
    "2026-03-01T12:00:00.000000Z#ev_" + "a" * 33,
]


@pytest.mark.parametrize("position", MADE_UP_POSITIONS)
def test_a_made_up_cursor_of_deliveries_is_refused(
    world: World, receiver: Receiver, position: str
) -> None:
    register(world, receiver)
    query = {"cursor": cursor_of(position)}

    answer = world.call(f"GET {HOOK}/deliveries", path={"webhook_id": "crm"}, query=query)

    assert answer.status == 400
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["query:cursor"]


@pytest.mark.parametrize(
    ("position", "status"), [("\U0001f600" * 300, 400), ("\U0001f600" * 256, 200), ("x", 200)]
)
def test_a_cursor_that_is_no_key_of_any_list_is_refused(
    world: World, position: str, status: int
) -> None:
    # 256 of them are DynamoDB's 1,024 bytes.
    answer = world.call(f"GET {WEBHOOKS}", query={"cursor": cursor_of(position)})

    assert answer.status == status


# ---- Addresses ----


@pytest.fixture
def names(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What DNS says, to a stack that takes public addresses only."""
    assert world is not None
    known: dict[str, list[str]] = {"example.com": ["93.184.215.14"]}

    def look_up(host: str, port: int, **_rest: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in known[host]]

    monkeypatch.setenv("ALLOW_PRIVATE_WEBHOOKS", "false")
    monkeypatch.setattr("accrue.runtime.webhook_addresses.socket.getaddrinfo", look_up)
    return known


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["93.184.215.14", "169.254.169.254"], ["::1"], ["fd00:ec2::254"], ["127.0.0.1"]],
)
def test_a_name_that_leads_inside_is_refused(
    world: World, names: dict[str, list[str]], addresses: list[str]
) -> None:
    names["inside.example.com"] = addresses

    answer = put_webhook(world, {**BODY, "url": "https://inside.example.com/"})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert answer.body["errors"] == [
        {
            "pointer": "/url",
            "message": "its host name leads to an address that is not public: send one that"
            " everybody can reach",
        }
    ]
    assert _stored(world) == []


@pytest.mark.usefixtures("names")
def test_a_name_that_nobody_knows_is_refused(world: World) -> None:
    answer = put_webhook(world, {**BODY, "url": "https://nowhere.example.com/"})

    assert answer.status == 422
    assert answer.body["errors"][0]["message"].startswith("its host name is unknown to DNS")


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://localhost/"])
@pytest.mark.usefixtures("names")
def test_by_default_webhooks_are_public_and_encrypted(world: World, url: str) -> None:
    answer = put_webhook(world, {**BODY, "url": url})

    assert answer.status == 422
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/url"]


def test_a_url_that_is_kept_is_not_looked_up_again(
    world: World, names: dict[str, list[str]]
) -> None:
    assert put_webhook(world, BODY).status == 201
    names.clear()

    assert put_webhook(world, BODY).status == 200
    changed = {**BODY, "event_types": ["*"]}
    assert put_webhook(world, changed, headers={"If-Match": "*"}).status == 200
    elsewhere = {**BODY, "url": "https://example.com/elsewhere"}
    assert put_webhook(world, elsewhere, headers={"If-Match": "*"}).status == 422


def test_a_name_that_leads_inside_by_now_gets_no_delivery(
    world: World, orders: Orders, receiver: Receiver, names: dict[str, list[str]]
) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    assert put_webhook(world, {**BODY, "url": f"https://example.com:{port}/"}).status == 201
    award(world)
    publish(world)
    names["example.com"] = ["127.0.0.1"]

    orders.hand_over()

    (delivery,) = _deliveries(world).body["deliveries"]
    error = "its host name leads to an address that is not public"
    assert delivery["attempts"][0]["error"] == error
    assert _sample(world).body["error"] == error
    assert receiver.received == []


# ---- Secrets ----


def test_a_rotated_secret_signs_beside_the_one_before_it_for_a_day(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    old = register(world, receiver)

    rotated = _rotate(world)

    new = rotated.body["signing_secret"]
    assert rotated.status == 200
    assert rotated.body == {
        "webhook_id": "crm",
        "signing_secret": new,
        "previous_secret_signs_until": "2026-03-02T12:00:00.000000Z",
    }
    assert new not in ("", old)
    assert new.startswith("whsec_")
    assert _sample(world).body["delivered"]
    receiver.received[-1].verify(old)
    receiver.received[-1].verify(new)
    clock.shift(timedelta(hours=24))
    assert _sample(world).body["delivered"]
    receiver.received[-1].verify(new)
    assert len(receiver.received[-1].headers["webhook-signature"].split(" ")) == 1
    assert orders.length == 0


def test_a_rotation_whose_answer_was_lost_is_made_again(
    world: World, receiver: Receiver, orders: Orders
) -> None:
    assert orders.length == 0
    known = register(world, receiver)
    _rotate(world)
    new = _rotate(world).body["signing_secret"]

    _sample(world)

    receiver.received[0].verify(known)
    receiver.received[0].verify(new)


def test_a_rotation_changes_nothing_that_is_shown(world: World) -> None:
    created = put_webhook(world, BODY)

    _rotate(world)

    assert get_webhook(world).headers["ETag"] == created.headers["ETag"]
    changed = {**BODY, "is_enabled": False}
    etag = {"If-Match": created.headers["ETag"]}
    assert put_webhook(world, changed, headers=etag).status == 200
    (item,) = _stored(world)
    assert len(item["secrets"]) == 2


def test_no_later_answer_shows_a_secret(world: World, orders: Orders, receiver: Receiver) -> None:
    secret = register(world, receiver)
    rotated = _rotate(world).body["signing_secret"]
    award(world)
    publish(world)
    orders.hand_over()
    (delivery,) = _deliveries(world).body["deliveries"]

    answers = [
        put_webhook(world, {"url": receiver.url, "event_types": ["*"]}),
        put_webhook(world, BODY),
        put_webhook(world, BODY, headers={"If-Match": "*"}),
        get_webhook(world),
        world.call(f"GET {WEBHOOKS}"),
        _sample(world),
        _deliveries(world),
        _redeliver(world, delivery["event_id"]),
    ]

    shown = json.dumps([[a.body, a.headers] for a in answers])
    assert [a.status for a in answers] == [200, 428, 200, 200, 200, 200, 200, 202]
    for hidden in (secret, rotated):
        assert hidden.removeprefix("whsec_") not in shown
    assert "whsec_" not in shown


# ---- Samples ----


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("event_type", EventType)
def test_a_sample_of_each_type(world: World, receiver: Receiver, event_type: EventType) -> None:
    secret = register(world, receiver, event_types=["tier.changed"])
    receiver.answer = lambda _received: 201

    answer = _sample(world, event_type.value)

    (received,) = receiver.received
    received.verify(secret)
    assert (answer.status, answer.body) == (
        200,
        {
            "event_id": received.event_id,
            "delivered": True,
            "status_code": 201,
            "error": None,
            "duration_ms": 0,
        },
    )
    assert received.event["type"] == event_type.value
    assert received.event["is_sample"] is True
    assert received.event["event_id"] == received.event_id
    assert received.event["network_id"] == "demo"
    assert world.rows("events") == []


def test_a_sample_that_fails_is_told_and_not_sent_again(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    receiver.answer = lambda _received: 500

    answer = _sample(world)

    assert answer.status == 200
    assert (answer.body["delivered"], answer.body["status_code"]) == (False, 500)
    assert orders.length == 0
    assert len(receiver.received) == 1


def test_a_disabled_webhook_can_be_tried_and_410_changes_nothing(
    world: World, receiver: Receiver
) -> None:
    register(world, receiver, is_enabled=False)
    assert _sample(world).body["delivered"]
    register(world, receiver, is_enabled=True)
    receiver.answer = lambda _received: 410

    assert not _sample(world).body["delivered"]

    assert get_webhook(world).body["is_enabled"] is True


@pytest.mark.parametrize("body", [{}, {"event_type": "x"}, {"event_type": 5}])
def test_a_sample_of_nothing(world: World, receiver: Receiver, body: dict[str, Any]) -> None:
    register(world, receiver)

    answer = world.call(f"POST {HOOK}/samples", body, path={"webhook_id": "crm"})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/event_type"]
    assert receiver.received == []


# ---- Deliveries ----


def _planned(world: World, count: int, orders: Orders) -> None:
    """Deliveries of events a minute apart."""
    for number in range(count):
        award(world, f"key-{number}")
        orders.clock.shift(timedelta(minutes=1))
    publish(world)


def test_deliveries_are_listed_in_pages_the_newest_first(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    _planned(world, 7, orders)
    # Some of each status.
    answered: dict[str, int] = {}

    def answer(received: Received) -> int:
        answered[received.event_id] = (204, 410, 503)[len(answered) % 2 * 2]
        return answered[received.event_id]

    receiver.answer = answer
    orders.hand_over()
    everything = _deliveries(world).body["deliveries"]

    assert len(everything) == 7
    assert {d["status"] for d in everything} == {"delivered", "pending"}
    times = [d["occurred_at"] for d in everything]
    assert times == sorted(times, reverse=True)
    for query in ({}, {"status": "delivered"}, {"status": "pending"}, {"status": "failed"}):
        wanted = [d for d in everything if d["status"] == query.get("status", d["status"])]
        for limit in ("1", "2", "3", "100"):
            assert _paged(world, limit=limit, **query) == wanted


def _paged(world: World, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = _deliveries(world, **query)
        assert page.status == 200, page
        assert len(page.body["deliveries"]) <= int(query["limit"])
        found += page.body["deliveries"]
        if page.body["next_cursor"] is None:
            return found
        query["cursor"] = page.body["next_cursor"]


def test_a_page_that_dynamodb_ends_early_hides_none(world: World, receiver: Receiver) -> None:
    """It ends a query at 1 MB, before the limit; those of other statuses reach further back."""
    register(world, receiver)
    table = DeliveryTable(world.client, "events")
    letters = "abcdefghijkl"
    for number, letter in enumerate(letters):
        is_large = number % 2 == 0
        planned = Delivery(
            network_id="demo",
            webhook_id="crm",
            event_id=f"ev_{letter * 32}",
            event_type="points.awarded",
            occurred_at=NOW + timedelta(seconds=number),
            body="x" * (300_000 if is_large else 10),
            expires_at=NOW + timedelta(days=30),
            status=DeliveryStatus.DELIVERED if is_large else DeliveryStatus.FAILED,
        )
        table.add_deliveries([planned])

    found = _paged(world, limit="100")

    assert len(_deliveries(world, limit="100").body["deliveries"]) < 12
    assert [d["event_id"] for d in found] == [f"ev_{letter * 32}" for letter in reversed(letters)]


def test_a_status_that_is_none(world: World, receiver: Receiver) -> None:
    register(world, receiver)

    answer = _deliveries(world, status="lost")

    assert answer.status == 400
    assert answer.body["errors"] == [
        {
            "pointer": "query:status",
            "message": "must be one of pending, delivered, failed, or left out",
        }
    ]


def test_a_failed_delivery_is_delivered_again(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    secret = register(world, receiver)
    receiver.answer = lambda _received: 500
    award(world)
    publish(world)
    orders.run()
    (failed,) = _deliveries(world, status="failed").body["deliveries"]
    receiver.answer = lambda _received: 204

    answer = _redeliver(world, failed["event_id"])

    assert answer.status == 202
    assert answer.body == {
        **failed,
        "status": "pending",
        "failure": None,
        "next_attempt_at": answer.body["next_attempt_at"],
    }
    orders.hand_over()
    (delivered,) = _deliveries(world, status="delivered").body["deliveries"]
    assert delivered["attempt_count"] == 9
    assert receiver.received[-1].body == receiver.received[0].body
    receiver.received[-1].verify(secret)


def test_a_delivered_event_is_delivered_again(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    orders.run()
    event_id = receiver.received[0].event_id

    assert _redeliver(world, event_id).status == 202
    assert _redeliver(world, event_id).status == 202
    orders.run()

    # Asked twice at once, it is sent once.
    assert receiver.ids() == [event_id, event_id]


def test_a_pending_delivery_does_not_wait_any_longer(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    publish_refused(world, receiver)
    orders.hand_over()
    clock.shift(timedelta(seconds=10))
    orders.hand_over()
    assert len(receiver.received) == 2

    _redeliver(world, receiver.received[0].event_id)
    orders.hand_over()

    assert len(receiver.received) == 3
    orders.run()
    # A whole new round, and the order of the old one came to nothing.
    assert len(receiver.received) == 2 + 8


def test_a_delivery_that_got_stuck_is_delivered_again(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    orders.empty()
    (stuck,) = _deliveries(world, status="pending").body["deliveries"]

    assert _redeliver(world, stuck["event_id"]).status == 202
    orders.run()

    assert len(receiver.received) == 1


def test_nothing_is_delivered_again_to_a_disabled_webhook(
    world: World, orders: Orders, receiver: Receiver
) -> None:
    register(world, receiver)
    award(world)
    publish(world)
    orders.run()
    register(world, receiver, is_enabled=False)

    answer = _redeliver(world, receiver.received[0].event_id)

    assert (answer.status, answer.body["code"]) == (409, "WEBHOOK_DISABLED")
    assert orders.length == 0


@pytest.mark.parametrize("event_id", ["ev_unknown", "x" * 2000, "#"])
def test_a_delivery_that_is_unknown(world: World, receiver: Receiver, event_id: str) -> None:
    register(world, receiver)

    answer = _redeliver(world, event_id)

    assert (answer.status, answer.body["code"]) == (404, "DELIVERY_NOT_FOUND")


# ---- Who may ----

ROUTES = [
    f"GET {WEBHOOKS}",
    f"GET {HOOK}",
    f"PUT {HOOK}",
    f"POST {HOOK}/rotate-secret",
    f"POST {HOOK}/samples",
    f"GET {HOOK}/deliveries",
    f"POST {HOOK}/deliveries/{{event_id}}/redeliver",
]
BODIES = {"PUT": BODY, "POST": {"event_type": "points.awarded"}}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("network", "role", "status", "code"),
    [
        ("demo", "partner", 403, "ADMIN_KEY_REQUIRED"),
        ("other", "admin", 404, "NETWORK_NOT_FOUND"),
        ("other", "partner", 404, "NETWORK_NOT_FOUND"),
    ],
)
def test_only_admins_of_the_network_may(
    world: World,
    receiver: Receiver,
    route: str,
    *,
    network: str,
    role: str,
    status: int,
    code: str,
) -> None:
    register(world, receiver)
    before = world.items("catalog")
    path = {"webhook_id": "crm", "event_id": "ev_1"}

    answer = world.call(
        route,
        BODIES.get(route.split(" ", maxsplit=1)[0]),
        path={name: value for name, value in path.items() if f"{{{name}}}" in route},
        network=network,
        role=role,
    )

    assert (answer.status, answer.body["code"]) == (status, code)
    assert world.items("catalog") == before
    assert receiver.received == []


@pytest.mark.parametrize("route", [route for route in ROUTES if "{webhook_id}" in route])
def test_unknown_webhook(world: World, route: str) -> None:
    if route.startswith("PUT"):
        return
    path = {"webhook_id": "unknown", "event_id": "ev_1"}

    answer = world.call(
        route,
        BODIES.get(route.split(" ", maxsplit=1)[0]),
        path={name: value for name, value in path.items() if f"{{{name}}}" in route},
    )

    assert (answer.status, answer.body["code"]) == (404, "WEBHOOK_NOT_FOUND")


def test_planning_sees_a_change_within_the_caches_lifetime_and_the_first_webhook_at_once(
    world: World, orders: Orders, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    award(world)
    publish(world)
    assert orders.length == 0
    register(world, receiver)
    award(world, "key-2")
    publish(world)
    assert orders.length == 2
    orders.run(timedelta(minutes=1))
    register(world, receiver, is_enabled=False)
    clock.shift(timedelta(seconds=31))
    award(world, "key-3")

    publish(world)

    assert orders.length == 0
