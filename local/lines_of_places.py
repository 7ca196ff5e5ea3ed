"""On which lines of a document's text its places are."""

from collections.abc import Iterable, Mapping

import yaml

from local.exact_yaml import nodes_of


def lines_of(text: str, pointers: Iterable[str]) -> Mapping[str, int]:
    """The line of each JSON pointer, or of the innermost part around it that is there."""
    try:
        # JSON is YAML but for its tabs.
        root = nodes_of(text.replace("\t", " "))
    except yaml.YAMLError:
        return {}
    return {pointer: _line(root, pointer) for pointer in pointers} if root else {}


def _line(node: yaml.Node, pointer: str) -> int:
    mark = node.start_mark
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        inner = _inside(node, name)
        if inner is None:
            break
        place, node = inner
        mark = place.start_mark
    line: int = mark.line + 1
    return line


def _inside(node: yaml.Node, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """What begins the part of this name, and the part: where a field begins, its name stands."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
        element = node.value[int(name)]
        return element, element
    return None
