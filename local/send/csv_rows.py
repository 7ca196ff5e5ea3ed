"""The rows of a CSV as rows of a batch."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from accrue.domain.errors import Fault
from accrue.domain.json_values import WrongValueError
from local.errors import ActivityFileError
from local.send.csv_columns import KEY_COLUMN, MEMBERSHIP_FORM, Columns
from local.send.rows import FileRow, ReadRow, unreadable
from local.send.source import MAX_LINE_BYTES, SourceLines, is_utf8

type Cells = Mapping[str, str]

# Exact in any program that reads JSON, and far beyond any plausible second.
_MAX_DIGITS = 15
# What the csv module says when no next row can be found.
_NO_END = ("field larger than field limit", "unexpected end of data")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_HOLDS_ROWS = (
    "holds a line that is a row by itself: close the quote that was not closed, or send the text as"
    " NDJSON if it is meant"
)
_FLAGS = {"true": True, "false": False}


def csv_rows(lines: SourceLines, columns: Columns) -> Iterator[FileRow]:
    """Each row that has something in it. `lines` stand behind the row that came last.

    Raises ActivityFileError where it can't be told where a row ends.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(lines, delimiter=columns.separator, strict=True)
    read = _row_reader(columns)
    while True:
        line = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _to_line(lines.line, _not_csv(line, str(error)))
            continue
        if any(map(str.strip, cells)):
            row = read(line, cells)
            if lines.line > line and isinstance(row, ReadRow):
                row = _ensured_one(row, cells, columns)
            yield _to_line(lines.line, row)


def _not_csv(line: int, what: str) -> FileRow:
    if what.startswith(_NO_END):
        raise ActivityFileError(
            f"line {line}: a quoted cell in this row has no end: close it with a quote"
        )
    told = "new-line character seen in unquoted field"
    what = "has a line end within a cell that is not quoted" if what.startswith(told) else what
    return unreadable(line, Fault("", f"{what}: quote the cell, and double each quote in it"))


def _to_line(last_line: int, row: FileRow) -> FileRow:
    return row if last_line == row.line else replace(row, last_line=last_line)


def _ensured_one(row: ReadRow, cells: Sequence[str], columns: Columns) -> FileRow:
    """The row, whose cells have several lines; or its refusal if it may be several rows.

    A quote that nothing ends goes on to the next one, and what is in between would be a text.
    """
    for name, cell, behind in zip(columns.names, cells, reversed(range(len(cells))), strict=True):
        _, *others = cell.split("\n")
        counts = [_count(line, columns) for line in others]
        if counts and counts[-1] > 1:
            # On the last line, the cells that come behind this one stand too.
            counts[-1] += behind
        if len(cells) in counts:
            return unreadable(row.line, Fault(f"column:{name}", _HOLDS_ROWS))
    return row


def _count(line: str, columns: Columns) -> int:
    """The cells of a line, in which each quote was doubled."""
    quoted = line.replace('"', '""')
    return len(next(csv.reader([quoted], delimiter=columns.separator), []))


def _row_reader(columns: Columns) -> Callable[[int, Sequence[str]], FileRow]:
    names = columns.names
    is_membership = columns.form is MEMBERSHIP_FORM
    numbers = columns.user_numbers()

    def read(line: int, cells: Sequence[str]) -> FileRow:
        if len(cells) != len(names):
            what = f"has {len(cells)} cells, and the header {len(names)}: quote separators in cells"
            return unreadable(line, Fault("", what))
        if not is_utf8("".join(cells)):
            return unreadable(line, Fault("", "is not UTF-8: save the file as UTF-8"))
        present = {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()}
        try:
            row = _membership_row(present) if is_membership else _network_row(present, numbers)
        except _CellError as error:
            return unreadable(line, Fault(f"column:{error.column}", str(error)))
        return _as_read(line, row, present.get(KEY_COLUMN))

    return read


class _CellError(WrongValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def _network_row(cells: Cells, user_numbers: Sequence[int]) -> dict[str, Any]:
    row: dict[str, Any] = _copied(cells, "activity_short_id", "amount")
    # An empty activity_short_id would take the row's form with it.
    row.setdefault("activity_short_id", "")
    row["users"] = _users(cells, user_numbers)
    metadata: dict[str, Any] = _copied(cells, "description")
    if "reference" in cells:
        metadata["reference_id"] = cells["reference"]
    if "activity_timestamp" in cells:
        metadata["activity_timestamp"] = _number(cells["activity_timestamp"])
    if metadata:
        row["metadata"] = metadata
    if "enforce_unique_ref_id" in cells:
        row["enforceUniqueRefId"] = _flag(cells, "enforce_unique_ref_id")
    return row


def _users(cells: Cells, numbers: Sequence[int]) -> dict[str, str]:
    users: dict[str, str] = {}
    for number in numbers:
        role_column, email_column = f"user_{number}_key", f"user_{number}_email"
        role, email = cells.get(role_column), cells.get(email_column)
        if role is None and email is None:
            continue
        if role is None:
            raise _CellError(role_column, f"is blank, and {email_column} is not: fill in the role")
        if email is None:
            raise _CellError(email_column, f"is blank, and {role_column} is not: fill in the email")
        if role in users:
            raise _CellError(role_column, "is the role of another user in this row, too")
        users[role] = email
    return users


def _membership_row(cells: Cells) -> dict[str, Any]:
    activity: dict[str, Any] = _copied(cells, "activity_type_id", "value")
    if "transaction_timestamp" in cells:
        activity["transaction_timestamp"] = _number(cells["transaction_timestamp"])
    return _copied(cells, "program_membership_id") | {"activity": activity}


def _copied(cells: Cells, *names: str) -> dict[str, Any]:
    return {name: cells[name] for name in names if name in cells}


def _number(text: str) -> int | str:
    """Whole seconds as the number that they are. Anything else is for the endpoint to judge."""
    digits = text.strip()
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS
    return int(digits) if is_number else text


def _flag(cells: Cells, name: str) -> bool:
    flag = _FLAGS.get(cells[name].strip().lower())
    if flag is None:
        raise _CellError(name, "is neither true nor false: write one of them, or leave it blank")
    return flag


def _as_read(line: int, row: dict[str, Any], key: str | None) -> ReadRow:
    if key is not None:
        return ReadRow(line, json.dumps({KEY_COLUMN: key, **row}), None)
    # Of strings and whole numbers, this is the canonical form.
    content = _CANONICAL.encode(row)
    return ReadRow(line, content, content)
