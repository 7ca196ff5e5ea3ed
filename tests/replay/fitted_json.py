"""JSON to read and to compare line by line: what fits in a line stands in one."""

import json
from typing import Any

LINE_LENGTH = 100
INDENT = "  "


def fitted_json(value: Any, indent: str = "", used: int = 0) -> str:
    """The value as JSON; `used` characters of its line are taken."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + used + len(line) < LINE_LENGTH:
        return line
    inner = indent + INDENT
    match value:
        case dict():
            starts = [f"{json.dumps(name, ensure_ascii=False)}: " for name in value]
            parts = [
                start + fitted_json(part, inner, len(start))
                for start, part in zip(starts, value.values(), strict=True)
            ]
            return _block("{", parts, "}", indent)
        case list():
            return _block("[", [fitted_json(part, inner) for part in value], "]", indent)
        case _:
            return line


def _block(opening: str, parts: list[str], closing: str, indent: str) -> str:
    separator = ",\n" + indent + INDENT
    return f"{opening}\n{indent}{INDENT}{separator.join(parts)}\n{indent}{closing}"
