"""docs/program.schema.json says what the model is now."""

import json
from collections.abc import Iterator
from typing import Any

from local.program_schema import SCHEMA_FILE, schema_text


def test_the_schema_is_of_the_model_as_it_is_now() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run: make schema"


def test_no_number_is_one_that_json_keeps_inexactly() -> None:
    types = [node["type"] for node in _nodes(json.loads(schema_text())) if "type" in node]

    assert ["string", "integer"] in types
    assert not [t for t in types if "number" in ([t] if isinstance(t, str) else t)]


def test_every_part_is_described_and_every_reference_leads_somewhere() -> None:
    schema = json.loads(schema_text())

    parts = schema["$defs"]
    for node in _nodes(schema):
        assert node.get("$ref", "#/$defs/Rule").removeprefix("#/$defs/") in parts
    assert [name for name, part in parts.items() if "description" not in part] == []


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("type"), str | list) or "$ref" in value:
            yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)
