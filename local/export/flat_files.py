"""Converts exported files into flat ones: NDJSON or Parquet, one file for each view."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import duckdb

from local.errors import ExportFilesError
from local.export.views import VIEWS, opened


class FlatFormat(StrEnum):
    """What flat files are written in; the value is the end of their name."""

    NDJSON = "ndjson.gz"
    PARQUET = "parquet"


_OPTIONS = {
    FlatFormat.NDJSON: "FORMAT json, COMPRESSION gzip",
    FlatFormat.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}


def write_flat_files(files: Sequence[Path], folder: Path, form: FlatFormat) -> dict[str, int]:
    """Write each view of the exported files into a file of the folder; the rows of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with opened(files) as connection:
        return {
            view: _write(connection, view, folder / f"{view}.{form.value}", form) for view in VIEWS
        }


def _write(connection: duckdb.DuckDBPyConnection, view: str, file: Path, form: FlatFormat) -> int:
    if "'" in str(file):
        raise ExportFilesError(f"TO={file.parent} has a ' in it: give a folder without one")
    columns = connection.execute(f"DESCRIBE {view}").fetchall()
    # Readers of JSON make floats of numbers; text is exact.
    chosen = ", ".join(
        _as_text(name) if form is FlatFormat.NDJSON and kind.startswith("DECIMAL") else name
        for name, kind, *_ in columns
    )
    copy = f"COPY (SELECT {chosen} FROM {view}) TO '{file}' ({_OPTIONS[form]})"  # noqa: S608 - our own names
    ((rows,),) = connection.execute(copy).fetchall()
    return int(rows)


def _as_text(column: str) -> str:
    return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.') AS {column}"
