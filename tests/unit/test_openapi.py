"""docs/openapi.json is of the routes, the models and the errors as they are now."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from accrue.runtime.error_table import CODES
from local.openapi.document import OPENAPI_FILE, openapi_document, openapi_text
from local.openapi.errors import gateway_codes, status_of_class
from local.openapi.operations import OPERATIONS
from local.paths import ROOT
from local.template import gateway_responses, routes
from tests.described import answer_faults, description, operations, responses

type Json = dict[str, Any]

ROUTES = {str(route): route for route in routes()}


def test_the_description_is_as_it_would_be_made_now() -> None:
    assert OPENAPI_FILE.read_text(encoding="utf-8") == openapi_text(), "run: make schema"


def test_the_routes_that_are_deployed_are_those_that_are_described() -> None:
    assert set(OPERATIONS) == set(ROUTES)
    assert set(operations()) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_an_operation_is_named_as_what_serves_it(route: str) -> None:
    function, name = ROUTES[route].function, OPERATIONS[route].operation_id
    handler = (ROOT / "functions" / function / "handler.py").read_text()

    assert name == function or f"def {name}(request: Request)" in handler


def test_no_two_operations_have_one_name() -> None:
    names = [operation.operation_id for operation in OPERATIONS.values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES)
def test_links_lead_to_parameters_of_operations(route: str) -> None:
    by_name = {each.operation_id: path for path, each in OPERATIONS.items()}

    for answer in OPERATIONS[route].answers.values():
        for link in answer.links.values():
            there = operations()[by_name[link.operation_id]]
            known = {parameter["name"] for parameter in there["parameters"]}
            assert link.parameters.keys() <= known


@pytest.mark.parametrize("refusal", CODES, ids=lambda refusal: refusal.__name__)
def test_every_refusal_is_one_of_some_operation(refusal: type) -> None:
    assert any(refusal in operation.refusals for operation in OPERATIONS.values())


@pytest.mark.parametrize("route", ROUTES)
def test_an_operation_has_the_codes_of_its_refusals_and_of_the_gateway(route: str) -> None:
    operation = OPERATIONS[route]
    described = {
        (int(status), code)
        for status, response in responses(operations()[route]).items()
        if status >= "400"
        for code in _codes(response)
    }

    refused = {
        (status_of_class(refusal, operation.catalog_refusal_status), CODES[refusal][1])
        for refusal in operation.refusals
    }
    of_gateway = {(status, code) for status, codes in gateway_codes().items() for code in codes}
    assert described == refused | of_gateway


def test_every_code_is_listed_with_its_statuses() -> None:
    listed = description()["x-error-codes"]

    for status, code in CODES.values():
        assert status in listed[code]["statuses"]
    assert listed["UNKNOWN_USER"]["statuses"] == [400, 422]
    assert {"ROUTE_NOT_FOUND", "THROTTLED", "NOT_ATTEMPTED", "INTERNAL_ERROR"} <= listed.keys()
    assert all(each["description"] for each in listed.values())


def test_whoever_is_not_let_in_is_told_how_keys_are_sent() -> None:
    refusing = [r for r in gateway_responses().values() if r.get("StatusCode") == 401]

    assert len(refusing) > 1
    assert all("WWW-Authenticate" in r["ResponseParameters"]["Headers"] for r in refusing)


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    whole = openapi_document()

    references = set(_references(whole))
    assert references
    for reference in references:
        _, *path = reference.split("/")
        found = whole
        for name in path:
            found = found[name]
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_of_answers_further_fields_may_come_and_of_requests_none() -> None:
    schemas = openapi_document()["components"]["schemas"]

    assert "additionalProperties" not in schemas["NetworkAnswer"]
    assert schemas["NetworkPart"]["additionalProperties"] is False
    assert description()["components"]["schemas"]["NetworkAnswer"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (418, {}, {}),
        (200, {"ETag": '"0f"'}, {"network_id": "demo"}),
        (200, {}, {"network_id": "demo"}),
        (404, {}, {"message": "", "code": "USER_NOT_FOUND", "errors": [], "request_id": ""}),
        (404, {"Accrue-More": "1"}, {"message": "", "code": "NETWORK_NOT_FOUND"}),
    ],
)
def test_what_is_not_as_described_is_found(status: int, headers: Json, body: Json) -> None:
    assert list(answer_faults("GET /networks/{network_id}", status, headers, body))


def _codes(response: Json) -> list[str]:
    schema = response["content"]["application/json"]["schema"]
    codes: list[str] = schema["properties"]["code"]["enum"]
    return codes


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_descriptions_are_sentences() -> None:
    for operation in operations().values():
        assert re.fullmatch(r"[A-Z].*\.", operation["description"])
