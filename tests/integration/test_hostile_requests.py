"""Whatever is sent, the answer is one that docs/openapi.json has, and never a 5xx."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from schemathesis.core.failures import FailureGroup

from tests.described import operations
from tests.hostile.attack import Figures, Made, Target, described_api
from tests.hostile.making import Maker, make_things
from tests.hostile.scenarios import run_scenarios
from tests.hostile.single import attack
from tests.hostile.valid import valid_calls
from tests.integration.attacked import attacked
from tests.integration.conftest import running_application
from tests.integration.wsgi_gateway import Environment, StartResponse
from tests.proof.record import record
from tests.proof.seeds import seeds

PART = "hostile-requests"
OPERATIONS = [operation["operationId"] for operation in operations().values()]


@contextmanager
def running_target() -> Iterator[Target]:
    """The application."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_application(monkeypatch) as (world, clock),
        attacked(world, clock, monkeypatch) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """The application, attacked by one test after the other."""
    with running_target() as running:
        yield running


@pytest.fixture
def untouched() -> Iterator[Target]:
    """One that nobody attacked."""
    with running_target() as running:
        yield running


@pytest.fixture(scope="module")
def made(target: Target) -> Made:
    """What is there to ask for."""
    return make_things(Maker(target))


def test_every_operation_succeeds_as_described(untouched: Target) -> None:
    maker = Maker(untouched)

    for operation_id, values in valid_calls(make_things(maker)):
        maker.make(operation_id, values)

    assert maker.figures.succeeded == operations().keys()
    assert maker.figures.outside_schema == 0
    record(PART, "in one process, valid calls", maker.figures.to_record())


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_answer_is_as_described(target: Target, made: Made, operation_id: str) -> None:
    figures = Figures()

    attack(target, figures, made, operation_id, seeds(1, 1))

    assert {operations()[label]["operationId"] for label in figures.operations} == {operation_id}
    record(PART, f"in one process, {operation_id}", figures.to_record())


@pytest.mark.parametrize("number", seeds(1, 10))
def test_every_answer_in_a_scenario_is_as_described(
    target: Target, made: Made, number: int
) -> None:
    figures = Figures()

    run_scenarios(described_api(target, figures, made), figures, target.settle, number)

    assert figures.links.total() > 0
    record(PART, f"in one process, scenarios {number}", figures.to_record())


def failing(_environ: Environment, start_response: StartResponse) -> list[bytes]:
    """Answers as the gateway does when a function died."""
    start_response("502 Bad Gateway", [("Content-Type", "application/json")])
    return [b'{"message": "", "code": "INTERNAL_ERROR", "errors": [], "request_id": ""}']


def talkative(_environ: Environment, start_response: StartResponse) -> list[bytes]:
    """Answers with a field more than is described."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"networks": [], "next_cursor": null, "more": 1}']


def without_understanding(_environ: Environment, start_response: StartResponse) -> list[bytes]:
    """Refuses what is as described, in words that another operation may use."""
    fault = {"pointer": "query:cursor", "message": "is of another period: send the same"}
    refusal = {"message": "", "code": "INVALID_REQUEST", "errors": [fault], "request_id": ""}
    start_response("400 Bad Request", [("Content-Type", "application/json")])
    return [json.dumps(refusal).encode()]


def with_secret_headers(_environ: Environment, start_response: StartResponse) -> list[bytes]:
    """Answers with a header that is not described."""
    start_response("200 OK", [("Content-Type", "application/json"), ("Accrue-More", "1")])
    return [b'{"networks": [], "next_cursor": null}']


def without_keys(_environ: Environment, start_response: StartResponse) -> list[bytes]:
    """Answers as described, whoever asks."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"networks": [], "next_cursor": null}']


@pytest.mark.parametrize(
    ("application", "found"),
    [
        (failing, "Server error"),
        (talkative, "schema"),
        (without_understanding, "refused although as described"),
        (with_secret_headers, "no_answer_has_undescribed_headers"),
        (without_keys, "auth"),
    ],
)
def test_what_is_wrong_is_found(target: Target, application: object, found: str) -> None:
    figures = Figures()

    with pytest.raises(FailureGroup, match=found):
        attack(replace(target, app=application), figures, {}, "list_networks", [0])

    assert figures.outside_schema > 0
