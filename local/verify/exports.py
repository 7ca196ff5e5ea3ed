"""The items of exports, whichever table they are of, and the moment that these show."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from local.errors import ExportFilesError
from local.export.exported_files import ROOT_NAME, files_of_exports
from local.export.make_export import TABLES
from local.export.table_items import Item

_FULL = "FULL_EXPORT"


def exported_items(folder: Path) -> Iterator[Item]:
    """The items of all exports below the folder, a line of a file in memory at a time."""
    for file in files_of_exports(folder):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                # What was deleted meanwhile has no image, and is in an earlier export.
                if item := line.get("Item") or line.get("NewImage"):
                    yield item


@dataclass(frozen=True, slots=True)
class Exported:
    """Up to when all tables were exported. In full, unless some were for a period alone."""

    as_of: datetime
    is_full: bool


def read_exported(folder: Path) -> Exported:
    """What the exports below the folder are of. Raises ExportFilesError if a table is missing."""
    latest: dict[str, datetime] = {}
    in_full: set[str] = set()
    for summary in folder.glob(f"**/{ROOT_NAME}/*/manifest-summary.json"):
        said = json.loads(summary.read_text(encoding="utf-8"))
        until = datetime.fromisoformat(said.get("exportTime") or said["exportToTime"])
        latest[said["tableArn"]] = max(until, latest.get(said["tableArn"], until))
        if said.get("exportType", _FULL) == _FULL:
            in_full.add(said["tableArn"])
    if len(latest) < len(TABLES):
        names = " ".join(latest).lower()
        # A table that was restored may have any name.
        absent = [output for word, output in TABLES.items() if word not in names]
        raise ExportFilesError(f"FROM={folder} has no export of {' and '.join(absent)}")
    return Exported(min(latest.values()), is_full=in_full == latest.keys())
