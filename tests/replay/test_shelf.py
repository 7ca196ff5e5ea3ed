"""What is on the shelf is complete, replayed, and as AWS would send it."""

import re
from typing import Any

import pytest

from tests.replay.shelf import (
    EVENTS,
    case_names,
    expectation_names,
    read_event,
    read_expectation,
)
from tests.template import ROOT, operations_by_route

OPERATIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
PROXY_EVENT = read_event("record_membership_activity/valid")
AUTHORIZER_EVENT = read_event("authorize_api_key/valid")
ACCOUNT = "123456789012"


def _cases_of(*operations: str) -> list[str]:
    return [name for name in case_names() if name.partition("/")[0] in operations]


def test_whatever_lies_in_events_is_a_case_of_a_function() -> None:
    found = [str(path.relative_to(EVENTS)) for path in EVENTS.rglob("*") if path.is_file()]

    assert [f for f in found if not re.fullmatch(r"[a-z_]+/[a-z0-9_]+\.json", f)] == []
    assert {f.partition("/")[0] for f in found} == set(OPERATIONS)


def test_every_event_is_replayed() -> None:
    assert expectation_names() == case_names()


@pytest.mark.parametrize("name", case_names())
def test_what_is_played_before_is_on_the_shelf(name: str) -> None:
    assert set(read_expectation(name).after) <= set(case_names())


@pytest.mark.parametrize("name", case_names())
def test_event_names_no_real_account(name: str) -> None:
    text = (EVENTS / f"{name}.json").read_text()

    named = re.findall(r'arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d*):|"account(?:Id)?": "(\d*)"', text)

    assert {account for pair in named for account in pair if account} <= {ACCOUNT}


@pytest.mark.parametrize("name", _cases_of(*operations_by_route().values()))
def test_request_is_what_the_rest_api_sends(name: str) -> None:
    event = read_event(name)
    context = event["requestContext"]

    assert event.keys() == PROXY_EVENT.keys()
    assert context.keys() | {"authorizer"} == PROXY_EVENT["requestContext"].keys()
    assert context["identity"].keys() == PROXY_EVENT["requestContext"]["identity"].keys()
    _assert_agrees_with_itself(event)


@pytest.mark.parametrize("name", _cases_of("authorize_api_key", "authorize_bearer"))
def test_authorizer_event_is_what_the_rest_api_sends(name: str) -> None:
    event = read_event(name)
    context = event["requestContext"]

    assert event.keys() == AUTHORIZER_EVENT.keys()
    assert context.keys() == PROXY_EVENT["requestContext"].keys() - {"authorizer"}
    assert event["methodArn"] == (
        f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{context['apiId']}/{context['stage']}"
        f"/{event['httpMethod']}{event['path']}"
    )
    _assert_agrees_with_itself(event)


def _assert_agrees_with_itself(event: dict[str, Any]) -> None:
    context = event["requestContext"]
    assert event["multiValueHeaders"] == {n: [v] for n, v in event["headers"].items()}
    assert event["path"] == event["resource"].format(**(event["pathParameters"] or {}))
    assert context["resourcePath"] == event["resource"]
    assert context["path"] == f"/{context['stage']}{event['path']}"
    assert context["httpMethod"] == event["httpMethod"]


@pytest.mark.parametrize("name", _cases_of("apply_rules", "publish_events", "watch_ledger"))
def test_stream_holds_items_that_the_application_writes(name: str) -> None:
    images = [
        record["dynamodb"]["NewImage"]
        for record in read_event(name)["Records"]
        if record["eventName"] == "INSERT" and "NewImage" in record["dynamodb"]
    ]

    strange = [image for image in images if image not in RECORDED_ITEMS]

    assert len(strange) == (1 if name in UNREADABLE else 0)


RECORDED_ITEMS = [
    item
    for name in case_names()
    for table in ("ledger", "balance")
    for item in read_expectation(name).writes.get(table, [])
]
UNREADABLE = {
    "apply_rules/poison",
    "apply_rules/poison_unknown_schema",
    "publish_events/poison",
}
