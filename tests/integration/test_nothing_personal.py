"""No email, key or text of a body in a log, nor an email in what is stored for ever."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.integration.authorizer_events import authorizer_event
from tests.integration.bodies import (
    HANG_EXAMPLE,
    VILLAGE_EXAMPLE,
    VILLAGE_SAMPLE,
    hang_activity,
    village_activity,
)
from tests.integration.networks import demo_network
from tests.integration.world import OPERATIONS, World

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


@pytest.fixture
def logs(world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log. Their loggers would go on writing to an earlier test's output."""
    stream = StringIO()
    for operation in OPERATIONS:
        world.start(operation)
    names = list(logging.root.manager.loggerDict)
    for handler in (handler for name in names for handler in logging.getLogger(name).handlers):
        if isinstance(handler, logging.StreamHandler):
            monkeypatch.setattr(handler, "stream", stream)
    return stream


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
    world.deliver()
    world.deliver()
    world.get_membership("12345")
    world.get_membership("secret-membership")
    for row in world.rows("ledger"):
        world.get_activity(row["activity_id"])
    world.get_activity("secret-note")
    world.get_activity("secret-note", path_network="other")
    world.invoke("reconcile", {"lookback_seconds": 3600})
    return [key["api_key"].rpartition(".")[2] for key in minted]


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
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems", "GetItem", "Query"])
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
    world.get_membership("12345")

    logged = logs.getvalue()
    assert "no route to DynamoDB" in logged
    assert [secret for secret in SECRETS if secret in logged] == []


def test_no_email_is_in_the_ledger_or_the_balances(world: World) -> None:
    _everything(world)

    stored = json.dumps([world.items("ledger"), world.items("balance")])
    assert len(world.items("ledger")) > 5
    emails = [user["email"] for user in demo_network()["users"]]
    assert [e for e in [*emails, "@"] if e.casefold() in stored.casefold()] == []


def test_no_email_is_in_any_key(world: World) -> None:
    _everything(world)

    keys = [
        value["S"]
        for table in ("ledger", "balance", "catalog")
        for item in world.items(table)
        for name, value in item.items()
        if name in {"activity_key", "membership_key", "catalog_key", "item_key", "time_shard"}
    ]
    assert [key for key in keys if "@" in key] == []


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
