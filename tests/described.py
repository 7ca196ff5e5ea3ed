"""The description of the API as tests look at it: no field of an answer is let through that it
does not have.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from local.openapi.document import openapi_document
from local.openapi.errors import COMPONENT as RESPONSE

type Json = dict[str, Any]

JSON = "application/json"
_WHOLE = "urn:description"


@cache
def description() -> Json:
    """The description."""
    return openapi_document(answers_are_closed=True)


@cache
def operations() -> dict[str, Json]:
    """What is said of each `METHOD path`."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    }


def responses(operation: Json) -> Mapping[str, Json]:
    """The answers of an operation by status."""
    components: Json = description()["components"]["responses"]
    return {
        status: components[response["$ref"].removeprefix(RESPONSE)]
        if "$ref" in response
        else response
        for status, response in operation["responses"].items()
    }


def faults(value: Any, schema: Json) -> list[str]:
    """Why a value is not as a schema of the description has it; empty if it is."""
    # References then lead to the components, not into the schema that has them.
    text = json.dumps(schema).replace('"#/', f'"{_WHOLE}#/')
    found = _validator(text).iter_errors(value)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema), registry=_registry())


@cache
def _registry() -> Registry[bool | Mapping[str, Any]]:
    registry: Registry[bool | Mapping[str, Any]] = Registry().with_resource(
        _WHOLE, DRAFT202012.create_resource(description())
    )
    return registry


def answer_faults(route: str, status: int, headers: Mapping[str, str], body: Any) -> Iterator[str]:
    """Why an answer is not as its operation has it."""
    response = responses(operations()[route]).get(str(status))
    if response is None:
        yield f"answers {status}"
        return
    yield from faults(body, response["content"][JSON]["schema"])
    declared = response.get("headers", {})
    yield from (f"has a header {name}" for name in headers.keys() - declared.keys() - _ALWAYS)
    for name, header in declared.items():
        if name in headers:
            yield from faults(headers[name], header["schema"])
        elif header["required"]:
            yield f"has no header {name}"


_ALWAYS = {"Content-Type"}
