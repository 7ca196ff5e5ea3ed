"""The items of exports, whichever table they are of, and the moment that these show."""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from local.errors import ExportFilesError
from local.export.exported_files import ROOT_NAME, files_of_exports
from local.export.table_items import Item


def exported_items(folder: Path) -> Iterator[Item]:
    """The items of all exports below the folder, a line of a file in memory at a time."""
    for file in files_of_exports(folder):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                # What was deleted meanwhile has no image, and is in an earlier export.
                if item := line.get("Item") or line.get("NewImage"):
                    yield item


def exported_at(folder: Path) -> datetime:
    """Up to when all tables were exported."""
    latest: dict[str, datetime] = {}
    for summary in folder.glob(f"**/{ROOT_NAME}/*/manifest-summary.json"):
        said = json.loads(summary.read_text(encoding="utf-8"))
        until = datetime.fromisoformat(said.get("exportTime") or said["exportToTime"])
        latest[said["tableArn"]] = max(until, latest.get(said["tableArn"], until))
    if not latest:
        raise ExportFilesError(f"FROM={folder} has no export in it")
    return min(latest.values())
