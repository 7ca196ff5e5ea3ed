"""API Gateway in front of the real handlers, as a WSGI application.

It routes by the template, asks the route's authorizer as the gateway does (its answer is cached by
the header that it reads), hands the request over as a Lambda event, and answers by itself what the
template's GatewayResponses say.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.template import Route, gateway_responses, routes
from tests.integration.authorizer_events import ARN
from tests.integration.world import World

type Environment = Mapping[str, Any]
type StartResponse = Callable[[str, list[tuple[str, str]]], Any]
type Json = dict[str, Any]

_PARAMETER = re.compile(r"{([^}]+)}")
# What each authorizer of the template reads, and nothing else.
_IDENTITY = {"ApiKeyAuthorizer": "X-API-Key", "BearerAuthorizer": "Authorization"}
_AUTHORIZERS = {
    "ApiKeyAuthorizer": "authorize_api_key",
    "BearerAuthorizer": "authorize_bearer",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came in; header names as they are said in HTTP."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: str | None

    @classmethod
    def of(cls, environ: Environment) -> "Sent":
        """What WSGI has of it."""
        # Not PATH_INFO: there an escaped slash is one like all others.
        path = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        octets = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return cls(
            environ["REQUEST_METHOD"],
            path.partition("?")[0],
            tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            dict(_headers(environ)),
            octets.decode(errors="replace") if octets else None,
        )

    def header(self, name: str) -> str | None:
        """A header's value in any case of its name."""
        return next((v for n, v in self.headers.items() if n.lower() == name.lower()), None)


class _AnsweredByGatewayError(Exception):
    """The gateway's own answer of this type."""


@dataclass
class WsgiGateway:
    """The whole API."""

    world: World
    requests: int = 0
    _policies: dict[tuple[str, str], Json] = field(default_factory=dict)

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        self.requests += 1
        try:
            status, headers, body = self._answer(Sent.of(environ))
        except _AnsweredByGatewayError as error:
            status, headers, body = _gateway_response(str(error), self._request_id)
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [body.encode()]

    @property
    def _request_id(self) -> str:
        return f"gateway-request-{self.requests}"

    def _answer(self, sent: Sent) -> tuple[int, Mapping[str, str], str]:
        route, parameters = _matched(sent)
        policy = self._policy(route, sent)
        response = self.world.invoke(route.function, self._event(sent, route, parameters, policy))
        body: str = response["body"]
        return response["statusCode"], response["headers"], body

    def _policy(self, route: Route, sent: Sent) -> Json:
        identity = sent.header(_IDENTITY[route.authorizer])
        if not identity:
            raise _AnsweredByGatewayError("UNAUTHORIZED")
        cached = (route.authorizer, identity)
        if cached not in self._policies:
            event = {
                "type": "REQUEST",
                "methodArn": f"{ARN}/{sent.method}{sent.path}",
                "resource": route.path,
                "path": sent.path,
                "httpMethod": sent.method,
                "headers": dict(sent.headers),
                "queryStringParameters": dict(sent.query) or None,
                "requestContext": {"requestId": self._request_id, "stage": "live"},
            }
            self._policies[cached] = self.world.invoke(_AUTHORIZERS[route.authorizer], event)
        policy = self._policies[cached]
        (statement,) = policy["policyDocument"]["Statement"]
        if statement["Effect"] != "Allow":
            raise _AnsweredByGatewayError("ACCESS_DENIED")
        return policy

    def _event(self, sent: Sent, route: Route, parameters: dict[str, str], policy: Json) -> Json:
        every: dict[str, list[str]] = {}
        for name, value in sent.query:
            every.setdefault(name, []).append(value)
        return {
            "resource": route.path,
            "path": sent.path,
            "httpMethod": sent.method,
            "headers": dict(sent.headers),
            "multiValueHeaders": {name: [value] for name, value in sent.headers.items()},
            "pathParameters": parameters or None,
            "queryStringParameters": dict(sent.query) or None,
            "multiValueQueryStringParameters": every or None,
            "stageVariables": None,
            "requestContext": {
                "requestId": self._request_id,
                "httpMethod": sent.method,
                "resourcePath": route.path,
                "stage": "live",
                "authorizer": {**policy["context"], "principalId": policy["principalId"]},
            },
            "body": sent.body,
            "isBase64Encoded": False,
        }


def _matched(sent: Sent) -> tuple[Route, dict[str, str]]:
    for route in routes():
        names = _PARAMETER.findall(route.path)
        pattern = _PARAMETER.sub("([^/]+)", route.path)
        found = re.fullmatch(pattern, sent.path)
        if found and route.method == sent.method:
            values = [unquote(value) for value in found.groups()]
            return route, dict(zip(names, values, strict=True))
    raise _AnsweredByGatewayError("MISSING_AUTHENTICATION_TOKEN")


def _headers(environ: Environment) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", environ["CONTENT_TYPE"]


def _gateway_response(kind: str, request_id: str) -> tuple[int, dict[str, str], str]:
    response = gateway_responses()[kind]
    ((content_type, text),) = response["ResponseTemplates"].items()
    said = response.get("ResponseParameters", {}).get("Headers", {})
    headers = {name: value.strip("'") for name, value in said.items()}
    body = text.replace("$context.requestId", request_id)
    assert json.loads(body)
    return response["StatusCode"], {"Content-Type": content_type, **headers}, body
