"""A document without what says nothing, so that its reader sees what its author wrote."""

from collections.abc import Mapping
from typing import Any


def what_is_said(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same without empty lists and objects.

    Stored parts have their lists empty where the author left them out; sent so, they are refused,
    since "none" may have been meant.
    """
    match value:
        case list():
            return [what_is_said(inner) for inner in value]
        case Mapping():
            said = {name: what_is_said(inner) for name, inner in value.items()}
            return {name: inner for name, inner in said.items() if inner not in ([], {})}
    return value
