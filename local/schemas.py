"""`make schema`: writes the JSON Schemas and the description of the API as they are now."""

from local.event_schema import EVENT_SCHEMA_FILE, event_schema_text
from local.openapi.document import OPENAPI_FILE, openapi_text
from local.paths import ROOT
from local.program_schema import SCHEMA_FILE, schema_text

_TEXTS = {
    SCHEMA_FILE: schema_text,
    EVENT_SCHEMA_FILE: event_schema_text,
    OPENAPI_FILE: openapi_text,
}


def main() -> int:
    """Write all of them."""
    for file, text in _TEXTS.items():
        file.write_text(text(), encoding="utf-8")
        print(file.relative_to(ROOT))
    return 0
