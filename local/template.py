"""The template as plain values: intrinsic functions as in JSON templates, `{"Ref": "Name"}`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, override

import yaml

from local.paths import ROOT


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            return {name: loader.construct_scalar(node)}
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case _:
            raise AssertionError(f"!{suffix} of neither a scalar nor a list")


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """The template. `!GetAtt A.B` is `{"Fn::GetAtt": "A.B"}`."""
    text = (ROOT / "template.yaml").read_text()
    loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506
    return loaded


def resources_of(resource_type: str) -> dict[str, dict[str, Any]]:
    """The resources of a type by logical id."""
    return {
        logical_id: resource
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == resource_type
    }


@dataclass(frozen=True, slots=True)
class Route:
    """A route that the gateway has, and the function that serves it."""

    method: str
    path: str
    authorizer: str
    function: str

    @override
    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> Iterator[Route]:
    """All of them."""
    for function in resources_of("AWS::Serverless::Function").values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "Api":
                yield _route(function["Properties"], event["Properties"])


def gateway_responses() -> dict[str, dict[str, Any]]:
    """What the gateway answers by itself, by its type of response."""
    (api,) = resources_of("AWS::Serverless::Api").values()
    responses: dict[str, dict[str, Any]] = api["Properties"]["GatewayResponses"]
    return responses


def _route(function: dict[str, Any], event: dict[str, Any]) -> Route:
    return Route(
        method=event["Method"],
        path=event["Path"],
        authorizer=event["Auth"]["Authorizer"],
        function=Path(function["CodeUri"]).name,
    )
