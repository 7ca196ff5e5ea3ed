"""No email, key or text of a body in a log, nor an email in what is stored for ever."""

import json
from io import StringIO
from typing import Any

import pytest
from botocore.client import BaseClient

from accrue.runtime.lag_metric import METRIC_NAME
from tests.integration.authorizer_events import authorizer_event
from tests.integration.bodies import (
    HANG_EXAMPLE,
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    hang_activity,
    village_activity,
)
from tests.integration.bus import Listener
from tests.integration.histories_over_http import BALANCE, HISTORY, STATEMENT, asked
from tests.integration.networks import demo_network
from tests.integration.reversals import reverse
from tests.integration.users import FORGET, PUT, SUSPEND, about_user, enrol, put_user, stored_user
from tests.integration.world import World

# Without it publish_events has nobody to publish to.
pytestmark = pytest.mark.usefixtures("bus")

KEYED = {"Idempotency-Key": "secret-idempotency-key"}
# Every one of these is sent in some body, header or path below.
SECRETS = [
    "secret-idempotency-key",
    "unique-key-101",
    "secret-membership",
    "secret-item",
    "secret-group",
    "secret-note",
    "secret-type",
    "secret-role",
    "secret-channel",
    "secret-field",
    "secret-trait",
    "secret-value",
    "secret-reason",
    "secret description",
    "secret reference",
    "4242.4242",
    "customer_ref_id",
    "Especially fancy white shoes",
    "theroutingcompany",
    "villagelabs",
    "not.enrolled",
    "secret.person",
    "bradford",
    "@",
]


def _everything(world: World) -> list[str]:
    """Use every function well and badly; gives the API keys' secrets."""
    minted = world.import_network(demo_network("other"))["api_keys"]
    broken = demo_network("other")
    broken["users"][0]["email"] = "secret.person@example.com"
    broken["users"][1]["email"] = "secret.person"
    world.import_network(broken)
    broken["users"][1]["email"] = "secret.person@example.org"
    world.import_network(broken)
    for key in [key["api_key"] for key in minted]:
        for text in (key, key[:-2], f"{key}x", "secret.person@example.com"):
            headers = {"X-API-Key": text, "Authorization": f"Bearer {text}"}
            world.invoke("authorize_api_key", authorizer_event(headers))
            world.invoke("authorize_bearer", authorizer_event(headers))
    _post_hang(world)
    _post_village(world)
    _post_batches(world)
    world.deliver()
    world.deliver()
    world.publish()
    world.call("GET /networks/{network_id}/events", query={"since": "2026-03-01T00:00:00Z"})
    world.call("GET /networks/{network_id}/events", query={"cursor": "secret-note", "type": "@"})
    world.get_membership("12345")
    world.get_membership("secret-membership")
    for network_id in ("demo", "secret-note"):
        for query in ({}, {"email": "secret.person@example.com"}, {"user_id": "secret-note"}):
            _list(world, network_id, **query)
        _list(world, network_id, reference_id="secret reference", cursor="secret-note")
        _list(world, network_id, idempotency_key="secret-idempotency-key", kind="@")
        _list(world, network_id, idempotency_key="secret-idempotency-key")
    for route in (HISTORY, BALANCE, STATEMENT):
        query = {"as_of": "secret-note", "from": "secret-note", "secret-note": "secret-note"}
        asked(world, route, "secret-membership", query=query)
        asked(world, route, "12345", query=query)
    _reverse(world)
    for row in world.rows("ledger"):
        world.get_activity(row["activity_id"])
    world.get_activity("secret-note")
    world.get_activity("secret-note", path_network="other")
    world.invoke("reconcile", {"lookback_seconds": 3600})
    _administer_users(world)
    return [key["api_key"].rpartition(".")[2] for key in minted]


def _list(world: World, network_id: str, **query: str) -> None:
    route = "GET /networks/{network_id}/activities"
    world.call(route, query=query or None, path={"network_id": network_id})


def _reverse(world: World) -> None:
    rows = [row for row in world.rows("ledger") if row["kind"] == "activity"]
    said: dict[str, Any] = {
        "reason": "secret-reason of secret.person@example.com",
        "secret-field": "secret-note",
    }
    for number, row in enumerate(rows):
        activity_id = row["activity_id"]
        key = f"secret-idempotency-key-{number}"
        reverse(world, activity_id, key, line_items=[{"item_id": "secret-item"}])
        reverse(world, activity_id, key, amount="4242.4242")
        reverse(world, activity_id, f"{key}-2", **said)
        reverse(world, activity_id, f"{key}-3", query={"dry_run": "secret-note"})
        reverse(world, activity_id, f"{key}-4", query={"secret.person@example.com": "@"})
    reverse(world, "secret.person@example.com", reason=["secret-reason"])
    world.deliver()
    world.publish()


def _administer_users(world: World) -> None:
    secret = "secret.person@example.net"
    put_user(world, "user-8", secret, traits={"secret-trait": "secret-value"})
    put_user(world, "user-8", "another.secret.person@example.net", headers={"If-Match": "*"})
    put_user(world, "user-7", secret)
    put_user(world, secret, secret)
    about_user(world, PUT, "user-8", {"email": "secret.person", "traits": {"secret-trait": 1.5}})
    about_user(world, SUSPEND, "user-8", {"reason": "secret-reason"})
    for named in ({"email": secret}, {"email": "secret.person"}, {"user_id": secret}):
        enrol(world, program_id="coffee-club", **named)
    about_user(world, FORGET, "user-8")


def _post_hang(world: World) -> None:
    item = {"item_id": "secret-item", "group_id": "secret-group", "value": "4242.4242"}
    for body in (
        HANG_EXAMPLE,
        HANG_EXAMPLE,
        HANG_EXAMPLE.replace("50", "60"),
        HANG_EXAMPLE.replace("}", "secret-note"),
        hang_activity({"/idempotency_key": "2", "/activity/line_items": [item]}),
        hang_activity({"/idempotency_key": "3", "/secret-note": "secret-note"}),
        hang_activity({"/activity/value": "secret-note"}),
        hang_activity({"/activity/activity_type_id": "secret-type"}),
        hang_activity({"/activity/value": "-4242.4242"}),
        hang_activity(
            {
                "/idempotency_key": "4",
                "/activity/metadata": {
                    "channel": "secret-channel of secret.person@example.com",
                    "secret-field": "secret.person@example.com",
                },
            }
        ),
        hang_activity({"/activity/metadata": {"channel": ["secret-channel"]}}),
        "secret.person@example.com",
    ):
        world.post_membership_activity("12345", body)
    world.post_membership_activity("secret-membership", HANG_EXAMPLE)


def _post_batches(world: World) -> None:
    secret = "secret.person@example.com"
    rows = [
        {"idempotency_key": "secret-idempotency-key", **village_activity()},
        {"idempotency_key": secret, **village_activity({"/users/buyer": secret})},
        {"idempotency_key": secret, **village_activity({"/metadata/reference_id": secret})},
        {"program_membership_id": "secret-membership", **hang_activity()},
        {"program_membership_id": "12345", **hang_activity({"/activity/value": "4242.4242"})},
        {"program_membership_id": "12345", **hang_activity({"/activity/value": "secret-note"})},
        {"secret-field": "secret-note"},
        secret,
    ]
    world.post_batch(rows, query={"secret-note": "@"})
    world.post_batch(rows, headers=KEYED, query={"dry_run": "true"})
    world.post_batch(f"{json.dumps(rows[:4])[:-1]}, secret-note]", headers=KEYED)
    world.post_batch(rows, path_network="secret-note")
    world.post_batch("[secret-note", headers={"Idempotency-Key": secret * 20})


def _post_village(world: World) -> None:
    for body in (
        VILLAGE_EXAMPLE,
        VILLAGE_EXAMPLE.replace("false", "true"),
        VILLAGE_SAMPLE,
        village_activity({"/users/buyer": "secret.person@example.com"}),
        village_activity({"/users/buyer": "secret.person"}),
        village_activity({"/users": {"secret.person@example.com": "buyer"}}),
        village_activity({"/users/secret-role": "not.enrolled@example.com"}),
        village_activity({"/users": {"buyer": "not.enrolled@example.com"}}),
        village_activity({"/metadata/description": "secret description"}),
        village_activity({"/metadata/activity_timestamp": "secret-note"}),
        village_activity({"/metadata/channel": "secret-channel of secret.person@example.com"}),
        village_activity({"/metadata/channel": ["secret-channel"]}),
        village_activity({"/metadata/secret-field": "secret.person@example.com"}),
        village_activity({"/line_items": [{"item_id": "secret-item", "value": "4242.4242"}]}),
        village_activity({"/line_items": [{"item_id": "secret.person@example.com"}]}),
        village_activity({"/line_items": [{"item_id": "secret-item", "value": "-4242.4242"}]}),
        village_activity({"/activity_short_id": "secret-type"}),
        "secret.person@example.com",
    ):
        world.post_network_activity(body)
        world.post_network_activity(body, headers=KEYED)
        world.post_network_activity(body, path_network="other")


def test_no_email_key_or_text_of_a_body_is_logged(
    world: World, logs: StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = _everything(world)

    logged = logs.getvalue()
    lines = [json.loads(line) for line in logged.splitlines()]
    assert len(lines) > 60
    assert all({"level", "message", "timestamp", "service"} <= line.keys() for line in lines)
    assert [secret for secret in SECRETS + secrets if secret in logged] == []
    printed = capfd.readouterr()
    assert [secret for secret in SECRETS + secrets if secret in printed.out] == []
    # Nothing goes past the logger but how long activities waited.
    metric = frozenset({"_aws", "service", "network_id", "activity_id", METRIC_NAME})
    assert {frozenset(json.loads(line)) for line in printed.out.splitlines()} == {metric}
    assert printed.err == ""


@pytest.mark.parametrize(
    "operation",
    ["PutItem", "TransactWriteItems", "GetItem", "Query", "BatchWriteItem", "PutEvents"],
)
def test_no_email_key_or_text_of_a_body_is_logged_in_an_outage(
    world: World,
    logs: StringIO,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
) -> None:
    make_call: Any = vars(BaseClient)["_make_api_call"]

    def fail(client: Any, name: str, params: dict[str, Any]) -> Any:
        if name == operation:
            raise ConnectionError("no route to DynamoDB")
        return make_call(client, name, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)

    _post_hang(world)
    _post_village(world)
    for item in world.items("ledger"):
        world.deliver([item])
    world.publish()
    world.get_membership("12345")

    logged = logs.getvalue()
    assert "no route to DynamoDB" in logged
    assert [secret for secret in SECRETS if secret in logged] == []


def test_no_email_is_in_the_ledger_or_the_balances_or_published(
    world: World, bus: Listener
) -> None:
    _everything(world)

    published = bus.messages()
    tables = [world.items(table) for table in ("ledger", "balance", "events")]
    assert min(len(found) for found in [*tables, published]) > 5
    stored = json.dumps([*tables, published])
    emails = [user["email"] for user in demo_network()["users"]]
    assert [e for e in [*emails, "@"] if e.casefold() in stored.casefold()] == []


def test_no_email_is_in_any_key(world: World) -> None:
    _everything(world)

    keys = [
        value["S"]
        for table in ("ledger", "balance", "catalog", "events")
        for item in world.items(table)
        for name, value in item.items()
        if name.endswith("_key") or name == "time_shard"
    ]
    assert [key for key in keys if "@" in key] == []


def test_of_a_forgotten_user_nothing_personal_is_stored_anywhere(world: World) -> None:
    traits = {"city": "Unmistakable", "born_in": "Unforgettable"}
    put_user(world, email="Nina.Okonjo@Example.com", traits=traits)
    enrol(world, program_id="coffee-club", email="nina.okonjo@example.com")
    about_user(world, SUSPEND, body={"reason": "Unspeakable"})
    keyed = {"Idempotency-Key": "one"}
    body = village_activity({"/users": {"buyer": "NINA.okonjo@example.com"}})
    for headers in (keyed, keyed, {}):
        assert world.post_network_activity(body, headers=headers).status == 201
    world.deliver()
    personal = [*traits.values(), "nina", "okonjo", "Unspeakable", stored_user(world)["pseudonym"]]
    assert [p for p in personal if p.casefold() not in _stored(world)] == []

    about_user(world, FORGET)

    assert [p for p in personal if p.casefold() in _stored(world)] == []
    assert "user-9" in _stored(world)


def _stored(world: World) -> str:
    """All that is in any table, but the network's own secret."""
    items = [
        {name: value for name, value in item.items() if name != "pseudonym_secret"}
        for table in ("ledger", "balance", "catalog", "events")
        for item in world.items(table)
    ]
    return json.dumps(items, default=str).casefold()


def test_no_answer_repeats_an_email(world: World) -> None:
    answers = [
        world.post_network_activity(village_activity({"/users": {"buyer": text}}))
        for text in ("secret.person@example.com", "secret.person", " a@b.c", "a@b.c" * 100)
    ]
    answers.append(
        world.post_network_activity(village_activity({"/users": {"secret.person@x.org": "buyer"}}))
    )

    assert {answer.status for answer in answers} == {400}
    assert [a.body for a in answers if "@x.org" in str(a.body) or "secret.person" in str(a)] == []


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/activity_short_id", {"/activity_short_id": "jane.doe@example.com"}),
        ("/metadata/reference_id", {"/metadata/reference_id": "order of jane.doe@example.com"}),
    ],
)
def test_an_email_in_an_id_that_a_row_keeps_is_refused(
    world: World, pointer: str, body: dict[str, object]
) -> None:
    answer = world.post_network_activity(village_activity(body))

    assert (answer.status, [e["pointer"] for e in answer.body["errors"]]) == (400, [pointer])
    assert world.items("ledger") == []


@pytest.mark.parametrize("field", ["item_id", "group_id"])
def test_an_email_in_a_line_item_is_refused(world: World, field: str) -> None:
    item = {"item_id": "item-1", field: "jane.doe@example.com"}

    answer = world.post_membership_activity(
        "12345", hang_activity({"/activity/line_items": [item]})
    )

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == f"/activity/line_items/0/{field}"
    assert world.items("ledger") == []


def test_metadata_that_the_network_does_not_name_is_not_stored(world: World) -> None:
    body = village_activity({"/metadata/channel": "app", "/metadata/customer": "Jane Doe"})

    assert world.post_network_activity(body).status == 201

    (row,) = world.rows("ledger")
    assert row["metadata"] == {"channel": "app"}
    assert "Jane" not in json.dumps(world.items("ledger"))


def test_metadata_of_hangs_form_that_the_network_does_not_name_is_not_stored(world: World) -> None:
    metadata = {"channel": "app", "customer": "Jane Doe"}

    answer = world.post_membership_activity(
        "12345", hang_activity({"/activity/metadata": metadata})
    )

    assert answer.status == 200
    (row,) = world.rows("ledger")
    assert row["metadata"] == {"channel": "app"}
    assert "Jane" not in json.dumps(world.items("ledger"))


def test_an_email_in_a_description_is_blanked_and_a_retry_is_still_one(world: World) -> None:
    described = {"/metadata/description": "gift for Jane <jane.doe@example.com>, 2 @ 3.50"}
    body = village_activity(described)
    headers = {"Idempotency-Key": "gift"}

    first = world.post_network_activity(body, headers=headers)
    again = world.post_network_activity(body, headers=headers)

    assert "description has an email in it" in first.headers["Accrue-Warnings"]
    assert (first.status, again.status) == (201, 201)
    (row,) = (r for r in world.rows("ledger") if r["kind"] == "activity")
    assert row["description"] == "gift for Jane [email] 2 @ 3.50"
