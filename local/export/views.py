"""Exported files as SQL sees them. The text of the views, and of the questions, is that for Athena;
what DuckDB calls by other names is named here.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import sqlglot
from sqlglot.expressions import ColumnDef

from local.export.period import ALL_TIME, Period
from local.paths import WORK

QUERIES = Path(__file__).parent / "queries"
QUESTIONS = ("liability", "top-members", "activities")
VIEWS = ("ledger", "postings", "posting_lines", "outcomes")
# As an exported line has them, which DuckDB distinguishes from lower case and Athena does not.
_COLUMNS = {"item": "Item", "newimage": "NewImage"}
_ATHENAS_FUNCTIONS = (
    "CREATE MACRO sequence(first, last) AS range(first, last + 1)",
    "CREATE MACRO cardinality(list) AS len(list)",
    "CREATE MACRO element_at(list, place) AS list_extract(list, place)",
)


def query(name: str) -> str:
    """The text of a query."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def opened(files: Sequence[Path], period: Period = ALL_TIME) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees the exported files through the views."""
    # What does not fit into memory goes there; nothing is fetched from anywhere.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(WORK / "duckdb"),
        "autoinstall_known_extensions": False,
    }
    with duckdb.connect(config=settings) as connection:
        for statement in (*_ATHENAS_FUNCTIONS, _exported(files), period.view):
            connection.execute(statement)
        connection.execute(query("flat"))
        yield connection


def _exported(files: Sequence[Path]) -> str:
    """The view that is Athena's table `exported`, with the types of that."""
    names = ", ".join(_literal(str(file)) for file in files)
    types = ", ".join(f"'{_COLUMNS[name]}': '{kind}'" for name, kind in column_types().items())
    return (
        "CREATE VIEW exported AS SELECT item, newimage FROM "  # noqa: S608 - names are quoted
        f"read_json([{names}], format = 'newline_delimited', columns = {{{types}}})"
    )


@cache
def column_types() -> dict[str, str]:
    """The types of the columns of Athena's table, as DuckDB writes them."""
    table = sqlglot.parse_one(query("exported.athena"), read="athena")
    columns = (each for each in table.this.expressions if isinstance(each, ColumnDef))
    return {
        each.name: re.sub(
            r"\b([snlm]) (?=TEXT|STRUCT)",
            lambda letter: letter[1].upper() + " ",
            each.args["kind"].sql("duckdb"),
        )
        for each in columns
    }


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
