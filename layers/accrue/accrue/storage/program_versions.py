"""A version of a program as an item of CatalogTable."""

from collections.abc import Mapping
from typing import Any

from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.timestamps import from_text


def program_version_from_attributes(attributes: Mapping[str, Any]) -> ProgramVersion:
    """Read a program version's item."""
    return ProgramVersion(
        version=int(attributes["version"]),
        effective_at=from_text(attributes["effective_at"]),
        program=Program.model_validate_json(attributes["document"]),
    )
