"""The template as plain values: intrinsic functions as in JSON templates, `{"Ref": "Name"}`."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


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


@cache
def operations_by_route() -> dict[str, str]:
    """The operation that serves each `METHOD path`."""
    return {
        _route(event): Path(function["CodeUri"]).name for function, event in _functions_and_events()
    }


@cache
def authorizers_by_route() -> dict[str, str]:
    """The authorizer of each `METHOD path`."""
    return {_route(event): event["Auth"]["Authorizer"] for _, event in _functions_and_events()}


# Whatever else a right allows is taken for a change.
READING_ACTIONS = frozenset({"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"})


@cache
def writing_operations() -> frozenset[str]:
    """The operations whose rights let them change something."""
    return frozenset(
        Path(function["Properties"]["CodeUri"]).name
        for function in resources_of("AWS::Serverless::Function").values()
        if actions_of(function) - READING_ACTIONS
    )


def actions_of(function: dict[str, Any]) -> set[str]:
    """What a function's own policies allow it to do."""
    return {
        action
        for policy in function["Properties"].get("Policies", [])
        for statement in policy["Statement"]
        for action in _listed(statement["Action"])
    }


def _listed(one_or_more: str | list[str]) -> list[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more


def _functions_and_events() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for function in resources_of("AWS::Serverless::Function").values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "Api":
                yield function["Properties"], event["Properties"]


def _route(event: dict[str, Any]) -> str:
    return f"{event['Method']} {event['Path']}"
