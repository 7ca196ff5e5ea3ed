"""What every HTTP endpoint has around it: who calls, errors as answers, one log line a request.

No resolver: API Gateway has routed already, one function serves one route, and a resolver would
only lengthen its start.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.caller import Caller
from accrue.domain.catalog import KeyRole
from accrue.domain.dry_run import PARAMETER, DryRunQuery, ensure_no_dry_run, parse_dry_run
from accrue.domain.errors import Fault, RefusalError
from accrue.domain.pages import PageRequest
from accrue.domain.preconditions import Precondition
from accrue.domain.query_fields import repeated_parameters
from accrue.domain.recording import Call
from accrue.runtime.clock import new_unique, utc_now
from accrue.runtime.error_table import error_body, error_headers, status_of
from accrue.runtime.paging import page_of
from accrue.runtime.precondition_headers import precondition_of
from accrue.storage.clocks import NetworkClocks

logger = Logger()
# API Gateway takes 10,240 bytes of headers in all.
MAX_WARNINGS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request that the gateway let through. Header names are looked up in any case."""

    event: APIGatewayProxyEvent
    context: LambdaContext
    caller: Caller

    @property
    def call(self) -> Call:
        """This request, received now in real time."""
        request_id = self.event.request_context.request_id
        return Call(request_id, self.context.aws_request_id, utc_now(), new_unique)

    def call_by(self, clocks: NetworkClocks) -> Call:
        """This request, received now by the clock of the caller's network: so rows are dated."""
        return replace(self.call, received_at=clocks.now(self.caller.network_id))

    @property
    def body(self) -> str | None:
        """The body as the gateway passes it on."""
        return self.event.body

    @property
    def is_base64_encoded(self) -> bool:
        """Whether `body` is the base64 of what was sent."""
        return bool(self.event.is_base64_encoded)

    @property
    def route(self) -> str:
        """`METHOD /path/with/{parameters}`, as the template has it."""
        return f"{self.event.http_method} {self.event.resource}"

    @property
    def page(self) -> PageRequest:
        """Which page of a list is asked for. Raises InvalidRequestError."""
        return page_of(self.event.query_string_parameters)

    @property
    def dry_run(self) -> DryRunQuery:
        """Whether it is only to be tried out. Raises InvalidRequestError."""
        return parse_dry_run(self.event.resolved_query_string_parameters)

    @property
    def precondition(self) -> Precondition:
        """What the caller demands of the state that he changes. Raises InvalidRequestError."""
        return precondition_of(self.event.headers)

    def admin_network(self) -> str:
        """The network in the path, if the key is an admin key of it; refuses all others."""
        network_id = self.path_parameter("network_id")
        self.caller.ensure_admin(network_id)
        return network_id

    @property
    def parameters(self) -> Mapping[str, str]:
        """Those of the query string, each once: `repeated_parameters` says which there are more
        of.
        """
        return self.event.query_string_parameters

    @property
    def repeated_parameters(self) -> Sequence[Fault]:
        """A fault for each parameter of the query string that is there more than once."""
        return repeated_parameters(self.event.multi_value_query_string_parameters)

    def header(self, name: str) -> str | None:
        """A header's value, or None."""
        return self.event.headers.get(name)

    def query(self, name: str) -> str | None:
        """A parameter of the query string, or None."""
        return self.event.query_string_parameters.get(name)

    def path_parameter(self, name: str) -> str:
        """A path parameter, percent-decoded.

        Gateways differ in whether they decode it. No id of ours has a percent sign before two hex
        digits (`domain.network_parts` sees to it), so decoding once more does no harm.
        """
        return unquote(self.event.path_parameters[name])


@dataclass(frozen=True, slots=True)
class Response:
    """What an endpoint answers."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    # What the log line says of it besides.
    noted: Mapping[str, Any] = field(default_factory=dict)


type Endpoint = Callable[[Request], Response]
type Routes = Mapping[str, Endpoint]
type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def endpoint(
    *,
    catalog_refusal_status: int = 422,
    accepts_operator: bool = False,
    can_be_tried_out: bool = False,
) -> Callable[[Endpoint], LambdaHandler]:
    """Make a Lambda handler of an endpoint. To the operator, most are as if they were not there.
    Of what changes something, only what can be tried out takes `dry_run`.

    A refusal becomes its answer. Anything else that is raised is a bug or an outage: logged once
    with its ids, answered 500 without internals.
    """

    def decorate(serve: Endpoint) -> LambdaHandler:
        def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            started = time.perf_counter()
            proxy_event = APIGatewayProxyEvent(event)
            ids = _ids(proxy_event, context)
            try:
                caller = _caller(proxy_event)
                if not accepts_operator:
                    caller.ensure_of_a_network()
                if proxy_event.http_method != "GET" and not can_be_tried_out:
                    ensure_no_dry_run(proxy_event.resolved_query_string_parameters)
                response = serve(Request(proxy_event, context, caller))
                code = None
            except RefusalError as refusal:
                response = Response(
                    status_of(refusal, catalog_refusal_status),
                    error_body(refusal, ids["request_id"]),
                    error_headers(refusal),
                )
                code = response.body["code"]
            except Exception:
                logger.exception("request failed", extra=ids)
                response = _failure_response(ids["request_id"])
                code = response.body["code"]
            logger.info(
                "request",
                extra={
                    **ids,
                    **response.noted,
                    "status": response.status,
                    "code": code,
                    "activity_id": response.headers.get("Accrue-Activity-Id"),
                    "is_dry_run": _is_dry_run(proxy_event),
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                },
            )
            return _to_gateway(response)

        return lambda_handler

    return decorate


def warnings_header(warnings: tuple[str, ...]) -> dict[str, str]:
    """The header that carries warnings, a JSON array in ASCII; no header if there are none."""
    shown = list(warnings)
    while shown and len(json.dumps(shown)) > MAX_WARNINGS_BYTES:
        shown.pop()
    return {"Accrue-Warnings": json.dumps(shown)} if shown else {}


def _caller(event: APIGatewayProxyEvent) -> Caller:
    # Written by our authorizer; without it the route would be open, and KeyError makes that a 500.
    authorizer = event["requestContext"]["authorizer"]
    role = KeyRole(authorizer["role"])
    # The operator's is empty, and a gateway may leave out what is.
    absent = {"network_id": ""} if role is KeyRole.OPERATOR else {}
    return Caller({**absent, **authorizer}["network_id"], role, authorizer["key_id"])


def _ids(event: APIGatewayProxyEvent, context: LambdaContext) -> dict[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    return {
        "request_id": event.request_context.request_id,
        "function_request_id": context.aws_request_id,
        "route": f"{event.http_method} {event.resource}",
        # An operator's key has none, and the path says whose network it is about.
        "network_id": authorizer.get("network_id")
        or (event.path_parameters or {}).get("network_id"),
        "key_id": authorizer.get("key_id"),
    }


def _is_dry_run(event: APIGatewayProxyEvent) -> bool:
    """Whether nothing was to be recorded, refused or not."""
    return event.resolved_query_string_parameters.get(PARAMETER) == ["true"]


def _failure_response(request_id: str) -> Response:
    return Response(
        500,
        {
            "message": "Something failed on our side. Send the same request again, with the same"
            " idempotency key if it has one; if it goes on failing, tell us the request_id.",
            "code": "INTERNAL_ERROR",
            "errors": [],
            "request_id": request_id,
        },
    )


def _to_gateway(response: Response) -> dict[str, Any]:
    return {
        "statusCode": response.status,
        "headers": {"Content-Type": "application/json", **response.headers},
        "body": json.dumps(response.body),
        "isBase64Encoded": False,
    }
