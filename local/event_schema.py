"""docs/events.schema.json: the JSON Schema of follow-up events, for those who receive them."""

import json
from typing import Any

from accrue.domain.event_documents import EVENT_DOCUMENT
from local.paths import ROOT
from local.program_schema import readable

EVENT_SCHEMA_FILE = ROOT / "docs" / "events.schema.json"


def event_schema_text() -> str:
    """The JSON Schema of an event. Descriptions are the docstrings of the models."""
    generated = EVENT_DOCUMENT.json_schema()
    parts = generated.pop("$defs")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "A follow-up event. Further fields may come with a later release.",
        **_open(readable(generated, parts)),
        "$defs": {name: _open(readable(part, parts)) for name, part in parts.items()},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _open(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Without the refusal of unknown fields: whoever validates must not break on a new one."""
    match value:
        case dict():
            return {n: _open(inner) for n, inner in value.items() if n != "additionalProperties"}
        case list():
            return [_open(inner) for inner in value]
    return value
