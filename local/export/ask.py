"""`make ask QUESTION=liability FROM=folder`: what exports in a folder say.

`SINCE=` and `UNTIL=` bound the period that is asked about; without them it is all time.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from accrue.domain.amounts import canonical_text
from local.errors import LocalError, QuestionError
from local.export.exported_files import files_of_exports
from local.export.make_export import DEFAULT_FOLDER
from local.export.period import ALL_TIME, Period, read_period
from local.export.views import QUESTIONS, opened, query


def main() -> int:
    """Print the answer. Exit status 1 if there is none."""
    try:
        print(_answer(os.environ))
    except LocalError as error:
        print(f"make ask: {error}", file=sys.stderr)
        return 1
    return 0


def _answer(given: Mapping[str, str]) -> str:
    question = given.get("QUESTION", "")
    if question not in QUESTIONS:
        raise QuestionError(f"QUESTION={question} is not known: ask {', '.join(QUESTIONS)}")
    period = read_period(given) or ALL_TIME
    files = files_of_exports(Path(given.get("FROM") or DEFAULT_FOLDER))
    names, rows = answer(question, files, period)
    return as_table([names, *([_text(value) for value in row] for row in rows)])


def answer(
    question: str, files: Sequence[Path], period: Period = ALL_TIME
) -> tuple[list[str], list[tuple[object, ...]]]:
    """The columns and rows that answer a question. Raises QuestionError if liability is asked for
    and earlier postings were not exported.
    """
    with opened(files, period) as connection:
        if question == "liability":
            _ensure_whole(connection)
        found = connection.execute(query(question))
        return [each[0] for each in found.description or ()], found.fetchall()


def _ensure_whole(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = connection.execute(query("gaps")).fetchall()
    if gaps:
        raise QuestionError(
            f"of {len(gaps)} memberships, {gaps[0][2]} among them, earlier postings are not there: "
            "what is outstanding is the sum of all, so put a full export into the folder, too"
        )


def as_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first being their names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def _text(value: object) -> str:
    return canonical_text(value) if isinstance(value, Decimal) else str(value)
