"""Reads YAML so that nothing written in it is changed by being read.

Fractions and times stay the text that was written: a binary fraction is not exact. Only true and
false are truth values, so that `country: NO` stays text, and only plain decimal digits are a whole
number, so that `18:30` and `007` stay text.

What could grow while it is read is refused: aliases, of which a few lines unfold to gigabytes, and
parts that nest without end.
"""

import re
from typing import Any, ClassVar, override

import yaml

from accrue.domain.json_values import quoted

# A network's document nests about ten deep.
MAX_DEPTH = 32
# No number of ours has more, and reading one takes the square of its length.
MAX_DIGITS = 40
_PLAIN = {
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    "tag:yaml.org,2002:null": (re.compile(r"^(?:~|null|)$"), ["~", "n", ""]),
}
_KNOWN_TAGS = ("bool", "map", "null", "seq", "str")


class _ExactLoader(yaml.SafeLoader):
    # PyYAML reads it from the class.
    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012
    yaml_constructors: ClassVar[dict[Any, Any]] = {
        tag: constructor
        for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
        if tag and tag.rpartition(":")[2] in _KNOWN_TAGS
    }
    depth = 0

    @override
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused(
                f"{quoted(f'*{event.anchor}')} is an alias: write out what it stands for", event
            )
        if self.depth >= MAX_DEPTH:
            raise _refused(f"nests deeper than {MAX_DEPTH} levels: flatten it", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    @override
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise _refused(
                    f"{quoted(name)} stands here a second time: remove one of the two", key
                )
            seen.add(name)
        return node


def _whole_number(loader: _ExactLoader, node: yaml.ScalarNode) -> int:
    text: str = loader.construct_scalar(node)
    if len(text) > MAX_DIGITS:
        raise _refused(f"a number of {len(text):,} digits: write at most {MAX_DIGITS}", node)
    _ensure_plain(node, text, "a whole number")
    return int(text)


def _truth(loader: _ExactLoader, node: yaml.ScalarNode) -> bool:
    text: str = loader.construct_scalar(node)
    _ensure_plain(node, text, "true or false")
    return text == "true"


def _ensure_plain(node: yaml.ScalarNode, text: str, what: str) -> None:
    """A tag that is written out claims what the text need not be."""
    pattern, _ = _PLAIN[node.tag]
    if not pattern.match(text):
        raise _refused(f"{quoted(text)} is not {what}: remove the tag", node)


def _unknown_tag(_: _ExactLoader, node: yaml.Node) -> object:
    raise _refused(f"{quoted(node.tag)} is no tag that is known here: remove it", node)


def _refused(message: str, at: Any) -> yaml.MarkedYAMLError:  # noqa: ANN401 - event or node
    return yaml.MarkedYAMLError(problem=message, problem_mark=at.start_mark)


for _tag, (_pattern, _first) in _PLAIN.items():
    _ExactLoader.add_implicit_resolver(_tag, _pattern, list(_first))
_ExactLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_ExactLoader.add_constructor("tag:yaml.org,2002:bool", _truth)
_ExactLoader.add_constructor(None, _unknown_tag)


def read_yaml(text: str) -> object:
    """The document. Raises yaml.YAMLError, with the line if there is one."""
    # Everything that our loader makes is text, a number, a truth value, a list or a mapping.
    return yaml.load(text, Loader=_ExactLoader)  # noqa: S506


def nodes_of(text: str) -> yaml.Node | None:
    """The document as YAML nodes, which know their lines. Raises yaml.YAMLError."""
    return yaml.compose(text, Loader=_ExactLoader)
