"""`make export`: exports the ledger and the balances of the running stack as DynamoDB would.

`SINCE=` and `UNTIL=` bound the period in which what is exported was written, `TO=` is the folder.
With `FORMAT=ndjson` or `parquet` it is written in flat files, too; with `FROM=`, those alone, of
the exports in that folder.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from local import deployed
from local.clients import client
from local.errors import ExportFilesError, LocalError
from local.export.exported_files import files_of_exports
from local.export.exported_table import Source, export_table
from local.export.flat_files import FlatFormat, write_flat_files
from local.export.period import read_period
from local.export.table_items import scan_items
from local.paths import WORK
from local.stack_file import running_stack_document

DEFAULT_FOLDER = WORK / "export"
# The balances first: what is recorded meanwhile may lack its posting, but no posting its activity.
TABLES = {"balance": "BalanceTable", "ledger": "LedgerTable"}


def main() -> int:
    """Print what was written. Exit status 1 if nothing could be."""
    try:
        _export(os.environ)
    except LocalError as error:
        print(f"make export: {error}", file=sys.stderr)
        return 1
    return 0


def _export(given: Mapping[str, str]) -> None:
    form = _format(given.get("FORMAT", ""))
    folder = Path(given.get("TO") or DEFAULT_FOLDER)
    if given.get("FROM"):
        if form is None:
            raise ExportFilesError("FROM= is there to be converted: say FORMAT=ndjson or parquet")
        exported = Path(given["FROM"])
    else:
        _export_tables(given, folder)
        exported = folder
    if form is not None:
        flat = folder / "flat"
        for view, rows in write_flat_files(files_of_exports(exported), flat, form).items():
            print(f"{flat / f'{view}.{form.value}'}  {rows} rows")


def _format(text: str) -> FlatFormat | None:
    if text and text.upper() not in FlatFormat.__members__:
        raise ExportFilesError(
            f"FORMAT={text} is not known: say ndjson or parquet, or leave it out"
        )
    return FlatFormat[text.upper()] if text else None


def _export_tables(given: Mapping[str, str], folder: Path) -> None:
    now = datetime.now(UTC)
    period = read_period(given, end=now)
    endpoint_url = running_stack_document()["endpoint_url"]
    names = deployed.outputs(endpoint_url)
    dynamodb = client("dynamodb", endpoint_url)
    for prefix, output in TABLES.items():
        table = dynamodb.describe_table(TableName=names[output])["Table"]
        source = Source(table=table, bucket=folder, prefix=prefix)
        items = scan_items(dynamodb, names[output])
        count = export_table(source, items, period, now)
        print(f"{folder / prefix / 'AWSDynamoDB'}  {count} items")
