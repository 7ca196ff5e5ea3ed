"""The rows of an NDJSON file, which are rows of a batch already."""

from collections.abc import Iterator

from accrue.domain.canonical import canonical_json
from accrue.domain.errors import Fault, MalformedJsonError
from accrue.domain.json_values import type_name
from accrue.runtime.strict_json import parse_strict_json
from local.send.csv_columns import KEY_COLUMN
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow, RefusedRow, too_large
from local.send.source import SourceLines, is_utf8

_BLANKS = " \t\r\n"


def ndjson_rows(lines: SourceLines) -> Iterator[FileRow]:
    """Each line that is not blank, as it is."""
    for line in lines:
        text = line.strip(_BLANKS)
        if text:
            yield _row(lines.line, text)


def _row(line: int, text: str) -> FileRow:
    if len(text) > MAX_ROW_BYTES:
        return too_large(line)
    if not is_utf8(text):
        return _malformed(line, Fault("", "is not UTF-8: save the file as UTF-8"))
    try:
        row = parse_strict_json(text)
    except MalformedJsonError as error:
        return _malformed(line, *error.faults)
    if not isinstance(row, dict):
        what = f"must be a JSON object, not {type_name(row)}: write one row a line, as {{...}}"
        return _malformed(line, Fault("", what))
    return ReadRow(line, text, None if KEY_COLUMN in row else canonical_json(row))


def _malformed(line: int, *faults: Fault) -> RefusedRow:
    return RefusedRow(line, 400, "MALFORMED_JSON", faults)
