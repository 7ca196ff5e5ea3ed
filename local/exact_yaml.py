"""Reads YAML so that nothing written in it is changed by being read.

Fractions and times stay the text that was written: a binary fraction is not exact. Only true and
false are truth values, so that `country: NO` stays text, and only plain decimal digits are a whole
number, so that `18:30` and `007` stay text.
"""

import re
from typing import Any, ClassVar, override

import yaml

_PLAIN = {
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    "tag:yaml.org,2002:null": (re.compile(r"^(?:~|null|)$"), ["~", "n", ""]),
    "tag:yaml.org,2002:merge": (re.compile(r"^<<$"), "<"),
}
_KNOWN_TAGS = ("bool", "int", "null", "map", "seq", "str")


class _ExactLoader(yaml.SafeLoader):
    # PyYAML reads it from the class.
    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012
    yaml_constructors: ClassVar[dict[Any, Any]] = {
        tag: constructor
        for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in _KNOWN_TAGS
    }

    @override
    def compose_mapping_node(self, anchor: dict[str, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                again = f'"{name}" stands here a second time'
                raise yaml.constructor.ConstructorError(None, None, again, key.start_mark)
            seen.add(name)
        return node


for _tag, (_pattern, _first) in _PLAIN.items():
    _ExactLoader.add_implicit_resolver(_tag, _pattern, list(_first))


def read_yaml(text: str) -> object:
    """The document. Raises yaml.YAMLError, with the line if there is one."""
    # Everything that our loader makes is text, a number, a truth value, a list or a mapping.
    return yaml.load(text, Loader=_ExactLoader)  # noqa: S506
