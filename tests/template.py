"""The template as tests look at it."""

from functools import cache
from pathlib import Path
from typing import Any

from local.paths import ROOT
from local.template import resources_of, routes, template

__all__ = ["ROOT", "authorizers_by_route", "operations_by_route", "resources_of", "template"]

# Whatever else a right allows is taken for a change.
READING_ACTIONS = frozenset({"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"})


@cache
def operations_by_route() -> dict[str, str]:
    """The operation that serves each `METHOD path`."""
    return {str(route): route.function for route in routes()}


@cache
def authorizers_by_route() -> dict[str, str]:
    """The authorizer of each `METHOD path`."""
    return {str(route): route.authorizer for route in routes()}


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
