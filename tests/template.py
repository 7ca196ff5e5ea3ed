"""The template as plain values: intrinsic functions as in JSON templates, `{"Ref": "Name"}`."""

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
