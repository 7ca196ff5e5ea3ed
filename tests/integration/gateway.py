"""API Gateway's part, as AWS documents it: it asks authorizers, keeps their answers, and routes.

An answer is kept for each authorizer by the value of its one header, for `ReauthorizeEvery`
seconds, and used for every route of the stage: whether it allows this one, its policy says.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from tests.access.door import Question, Reply
from tests.integration.authorizer_events import ARN, authorizer_event
from tests.integration.world import World, gateway_event
from tests.template import authorizers_by_route, operations_by_route, template

API = template()["Resources"]["PartnerApi"]["Properties"]


@dataclass
class Gateway:
    """The gateway in front of a world."""

    world: World
    # How often an authorizer was asked, and how often an answer was used again.
    asked: int = 0
    reused: int = 0
    _kept: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = field(default_factory=dict)

    def ask(self, question: Question, headers: Mapping[str, str]) -> Reply:
        """The answer to a request."""
        method, resource = question.route.split(" ", 1)
        path = {name: question.path[name] for name in _parameters(resource)}
        event = gateway_event(
            method,
            resource,
            path,
            question.body,
            headers={**question.headers, **headers},
            query=dict(question.query) if question.query else None,
        )
        policy = self._authorize(question.route, event)
        if policy is None:
            return _own_answer("UNAUTHORIZED")
        if not _allows(policy, f"{ARN}/{method}{event['path']}"):
            return _own_answer("ACCESS_DENIED")
        context = {name: str(value) for name, value in policy["context"].items()}
        event["requestContext"]["authorizer"] = {"principalId": policy["principalId"], **context}
        answer = self.world.invoke(operations_by_route()[question.route], event)
        text = json.dumps(answer["headers"]) + answer["body"]
        return Reply(answer["statusCode"], json.loads(answer["body"]), text)

    def _authorize(self, route: str, event: dict[str, Any]) -> dict[str, Any] | None:
        name = authorizers_by_route()[route]
        defined = API["Auth"]["Authorizers"][name]
        (header,) = defined["Identity"]["Headers"]
        value = {n.casefold(): v for n, v in event["headers"].items()}.get(header.casefold())
        if not value:
            # The authorizer is not even asked.
            return None
        until, policy = self._kept.get((name, value), (datetime.min.replace(tzinfo=UTC), {}))
        now = datetime.now(UTC)
        if now < until:
            self.reused += 1
            return policy
        self.asked += 1
        policy = self._ask_authorizer(defined, event)
        lifetime = timedelta(seconds=defined["Identity"]["ReauthorizeEvery"])
        self._kept[name, value] = (now + lifetime, policy)
        return policy

    def _ask_authorizer(self, defined: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        function = template()["Resources"][defined["FunctionArn"]["Ref"].removesuffix(".Alias")]
        operation = function["Properties"]["CodeUri"].rpartition("/")[2]
        asked = authorizer_event(
            event["headers"],
            methodArn=f"{ARN}/{event['httpMethod']}{event['path']}",
            resource=event["resource"],
            path=event["path"],
            httpMethod=event["httpMethod"],
            pathParameters=event["pathParameters"],
        )
        policy: dict[str, Any] = self.world.invoke(operation, asked)
        return policy


def _parameters(resource: str) -> list[str]:
    return [part.strip("{}") for part in resource.split("/") if part.startswith("{")]


def _allows(policy: dict[str, Any], method_arn: str) -> bool:
    """Whether some statement allows it and none denies it. In an ARN, `*` and `?` are wildcards."""
    matching = {
        statement["Effect"]
        for statement in policy["policyDocument"]["Statement"]
        if fnmatchcase(method_arn, statement["Resource"].replace("[", "[[]"))
    }
    return matching == {"Allow"}


def _own_answer(response_type: str) -> Reply:
    response = API["GatewayResponses"][response_type]
    text = response["ResponseTemplates"]["application/json"]
    body = json.loads(text.replace("$context.requestId", "gateway-request"))
    return Reply(response["StatusCode"], body, json.dumps(body))
