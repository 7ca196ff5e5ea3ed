"""Every recorded request and answer is as docs/openapi.json has it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.described import JSON, answer_faults, faults, operations, responses
from tests.replay.player import body_of
from tests.replay.shelf import case_names, read_event, read_expectation
from tests.template import operations_by_route

ANSWERED = set(operations_by_route().values())
CASES = [name for name in case_names() if name.partition("/")[0] in ANSWERED]
ACCEPTED = [name for name in CASES if read_expectation(name).response["statusCode"] < 300]


def route_of(name: str) -> str:
    """The route that a recorded request was sent to."""
    event = read_event(name)
    return f"{event['httpMethod']} {event['resource']}"


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_as_described(name: str) -> None:
    response = read_expectation(name).response

    found = answer_faults(
        route_of(name), response["statusCode"], response["headers"], response["body"]
    )

    assert list(found) == []


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_request_that_is_accepted_is_as_described(name: str) -> None:
    operation = operations()[route_of(name)]
    event = read_event(name)

    assert list(_parameter_faults(operation, event)) == []
    assert list(_body_faults(operation, body_of(event))) == []


def test_every_success_that_is_described_was_recorded() -> None:
    described = {
        (route, status)
        for route, operation in operations().items()
        for status in responses(operation)
        if status < "300"
    }

    recorded = {(route_of(n), str(read_expectation(n).response["statusCode"])) for n in ACCEPTED}

    assert recorded == described


def _parameter_faults(operation: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[str]:
    sent = {
        "path": event["pathParameters"] or {},
        "query": event["queryStringParameters"] or {},
        "header": event["headers"],
    }
    for parameter in operation.get("parameters", ()):
        values, name, schema = sent[parameter["in"]], parameter["name"], parameter["schema"]
        if name in values:
            value = int(values[name]) if schema.get("type") == "integer" else values[name]
            yield from faults(value, schema)
        elif parameter["required"]:
            yield f"{name} is missing"


def _body_faults(operation: Mapping[str, Any], text: str | None) -> Iterator[str]:
    body = operation.get("requestBody")
    if body is None:
        # What nothing is read from may still be sent.
        return
    if text is None:
        yield from ["no body"] if body["required"] else []
        return
    try:
        sent, media_type = json.loads(text), JSON
    except json.JSONDecodeError:
        sent, media_type = text, "application/x-ndjson"
    yield from faults(sent, body["content"][media_type]["schema"])
