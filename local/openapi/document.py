"""The whole description."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from accrue.domain.catalog import KeyRole
from accrue.domain.jobs.definitions import DEFINITIONS as JOB_DEFINITIONS
from accrue.domain.program.parts import Document
from local.openapi.answers.errors import Error
from local.openapi.errors import error_codes, error_responses, responses_anywhere
from local.openapi.model_schemas import components_of, opened, reachable, reference
from local.openapi.operation import JSON, Answer, Body, Link, Operation
from local.openapi.operations import OPERATIONS
from local.openapi.parameters import (
    answered_header,
    header_parameter,
    path_parameter,
    query_parameter,
)
from local.openapi.partner_bodies import PARTNER_BODIES
from local.paths import ROOT
from local.template import Route, routes

OPENAPI_FILE = ROOT / "docs" / "openapi.json"
_SECURITY = {"ApiKeyAuthorizer": "ApiKey", "BearerAuthorizer": "Bearer"}
_SCHEMES = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "Bearer": {"type": "http", "scheme": "bearer"},
}
_PARAMETER = re.compile(r"{([^}]+)}")
_ABOUT = """\
A serverless activity ledger. Partners report what people did; each activity is recorded once and \
for ever, and rules turn activities into points.

Amounts and points are exact: send them as decimal text. Unknown fields of a partner's body are \
accepted, do nothing and are warned about; in what administrators define they are refused. Errors \
have one form everywhere. Further fields may come into answers with a later release."""


def openapi_text() -> str:
    """The description as docs/openapi.json has it: of answers, further fields may come."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"


def openapi_document(*, answers_are_closed: bool = False) -> dict[str, Any]:
    """The description. Closed, it lets no field through in an answer that it doesn't describe:
    what answers are tested against.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    schemas = _schemas(answers_are_closed=answers_are_closed)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(routes(), key=lambda route: route.path):
        operation = OPERATIONS[str(route)]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, operation, schemas
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Accrue", "version": project["version"], "description": _ABOUT},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses_anywhere(),
            "securitySchemes": _SCHEMES,
        },
        "x-error-codes": error_codes(),
    }


def _schemas(*, answers_are_closed: bool) -> dict[str, Any]:
    models = components_of({*_sent_models(), *_answer_models(), Error})
    sent = reachable((model.__name__ for model in _sent_models()), models)
    if not answers_are_closed:
        models = {
            name: schema if name in sent else opened(schema) for name, schema in models.items()
        }
    by_hand = {**PARTNER_BODIES, "JobDefinition": _job_definition()}
    assert not models.keys() & by_hand.keys(), "two schemas of one name"
    return dict(sorted({**models, **by_hand}.items()))


def _sent_models() -> Iterator[type[Document]]:
    yield from JOB_DEFINITIONS.values()
    for operation in OPERATIONS.values():
        for model in operation.body.content.values() if operation.body else ():
            if isinstance(model, type):
                yield model


def _answer_models() -> Iterator[type[BaseModel]]:
    for operation in OPERATIONS.values():
        for answer in operation.answers.values():
            yield from answer.models


def _job_definition() -> dict[str, Any]:
    return {"oneOf": [reference(model) for model in JOB_DEFINITIONS.values()]}


def _operation(route: Route, operation: Operation, sent: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        *(path_parameter(name) for name in _PARAMETER.findall(route.path)),
        *(query_parameter(name) for name in operation.query),
        *(header_parameter(name) for name in operation.headers),
    ]
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    return {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "description": _description(operation),
        "tags": [operation.tag],
        "security": [{_SECURITY[route.authorizer]: []}],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation.body, sent)} if operation.body else {}),
        "responses": {**answers, **error_responses(operation)},
        "x-keys": [role.value for role in operation.keys],
    }


def _description(operation: Operation) -> str:
    *others, last = [_KEYS[role] for role in operation.keys]
    who = f"{', '.join(others)} or {last}" if others else last
    said = [f"With {who} key.", operation.vendor or ""]
    return " ".join(filter(None, said))


_KEYS = {
    KeyRole.PARTNER: "a partner's",
    KeyRole.ADMIN: "an admin's",
    KeyRole.OPERATOR: "the operator's",
}


def _body(body: Body, sent: dict[str, Any]) -> dict[str, Any]:
    content = {
        media_type: {
            "schema": model
            if isinstance(model, dict)
            else _without_what_the_path_has(model, body.in_path, sent)
        }
        for media_type, model in body.content.items()
    }
    return {"required": body.is_required, "content": content}


def _without_what_the_path_has(
    model: str | type[BaseModel], in_path: str | None, sent: dict[str, Any]
) -> dict[str, Any]:
    """The model, in which the field that the path has need not stand. It may be a part's."""
    if in_path is None:
        return reference(model)
    assert not isinstance(model, str)
    outer, _, inner = in_path.rpartition("/")
    schema = sent[model.__name__]
    if not outer:
        return _not_required(schema, inner)
    part = schema["properties"][outer]["$ref"].rpartition("/")[2]
    properties = {**schema["properties"], outer: _not_required(sent[part], inner)}
    return {**schema, "properties": properties}


def _not_required(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {**schema, "required": [each for each in schema["required"] if each != name]}


def _answer(answer: Answer) -> dict[str, Any]:
    models = [reference(model) for model in answer.models]
    headers = {
        name: answered_header(name, is_required=is_required)
        for name, is_required in answer.headers.items()
    }
    links = {name: _link(link) for name, link in answer.links.items()}
    return {
        "description": answer.description,
        **({"headers": headers} if headers else {}),
        "content": {JSON: {"schema": models[0] if len(models) == 1 else {"oneOf": models}}},
        **({"links": links} if links else {}),
    }


def _link(link: Link) -> dict[str, Any]:
    body = {} if link.body is None else {"requestBody": link.body}
    return {"operationId": link.operation_id, "parameters": dict(link.parameters), **body}
