"""docs/program.schema.json: the JSON Schema of programs, for editors that complete and check."""

import json
from collections.abc import Mapping
from typing import Any

from accrue.domain.program.program import Program
from local.paths import ROOT

SCHEMA_FILE = ROOT / "docs" / "program.schema.json"


def schema_text() -> str:
    """The JSON Schema of a program. Descriptions are the docstrings of the models."""
    generated = Program.model_json_schema()
    parts = generated.pop("$defs")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **readable(generated, parts),
        "$defs": {
            name: readable(part, parts) for name, part in parts.items() if not _is_list(name)
        },
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def readable(value: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Without what only pydantic needs: names of types of lists, titles made of names, and the
    line breaks of docstrings.
    """
    match value:
        case {"$ref": str(target), **rest} if _is_list(target):
            return readable({**parts[target.rpartition("/")[2]], **rest}, parts)
        case {"properties": dict(fields), **rest}:
            return {
                **readable(rest, parts),
                "properties": {name: readable(field, parts) for name, field in fields.items()},
                "required": [name for name in fields if _is_required(name, value)],
            }
        case dict():
            return {
                name: _unwrapped(inner) if name == "description" else readable(inner, parts)
                for name, inner in value.items()
                if name not in {"title", "discriminator"}
                and not (name == "default" and isinstance(inner, dict))
            }
        case list():
            return [readable(inner, parts) for inner in value]
    return value


def _is_list(name: str) -> bool:
    return name.rpartition("/")[2].startswith("Choices_")


def _is_required(name: str, model: Mapping[str, Any]) -> bool:
    # What is one of several kinds has to say which.
    return name in model.get("required", ()) or "const" in model["properties"][name]


def _unwrapped(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
