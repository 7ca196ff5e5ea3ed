"""What is demanded of each answer, beside what schemathesis demands by itself."""

import json
from functools import cache
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response, SerializationContext

from local.openapi.parameters import ANSWERED
from tests.described import answer_faults, operations
from tests.hostile.beyond_schemas import is_beyond_schemas

# Of what is wrong in itself; the other refusals are of what is there.
_OF_THE_FORM = ("INVALID_REQUEST", "MALFORMED_JSON")


def what_is_described_is_understood(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """No request that is as described is refused for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code != 400 or response.json()["code"] not in _OF_THE_FORM:
        return
    operation_id = operations()[case.operation.label]["operationId"]
    for fault in response.json()["errors"]:
        is_beyond = is_beyond_schemas(operation_id, fault["pointer"], fault["message"])
        assert is_beyond, f"refused although as described: {fault}"


def no_answer_has_undescribed_headers(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Headers of ours are described, and answers are as `tests.described` sees them too."""
    headers = {
        _OURS.get(name.lower(), name): values[0]
        for name, values in response.headers.items()
        if name.lower() in _OURS or name.lower().startswith("accrue-")
    }
    found = answer_faults(case.operation.label, response.status_code, headers, response.json())
    assert list(found) == []


# What else there is, servers and gateways add.
_OURS = {name.lower(): name for name in ANSWERED}


@cache
def register_checks() -> None:
    """Make them known to schemathesis, which from then on makes them of every answer."""
    schemathesis.check(what_is_described_is_understood)
    schemathesis.check(no_answer_has_undescribed_headers)
    schemathesis.serializer("application/x-ndjson")(_lines)


def _lines(_: SerializationContext, value: object) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
