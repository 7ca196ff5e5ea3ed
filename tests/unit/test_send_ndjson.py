"""What becomes of the rows of an NDJSON file."""

import io

import pytest

from local.send.ndjson_rows import ndjson_rows
from local.send.rows import MAX_ROW_BYTES, FileRow, ReadRow, RefusedRow
from local.send.source import SourceLines

KEYED = '{"idempotency_key": "k1", "amount": 1.50}'


def rows_of(content: bytes) -> list[FileRow]:
    return list(ndjson_rows(SourceLines(io.BytesIO(content))))


def test_rows_with_keys_are_sent_as_they_are_and_blank_lines_skipped() -> None:
    content = f"\ufeff{KEYED}\r\n\n  \n\t{KEYED}\n{KEYED}".encode()

    assert rows_of(content) == [ReadRow(line, KEYED, None) for line in (1, 4, 5)]


def test_the_content_of_a_row_without_a_key_is_what_it_says_however_it_is_spelt() -> None:
    spellings = [
        '{"amount": 1.50, "users": {"a": "\u00e9"}}',
        '{"users":{"a":"\\u00e9"},"amount":1.5}',
        '{"amount": 15e-1, "users": {"a": "\u00e9"}}',
    ]

    rows = rows_of("\n".join(spellings).encode())

    assert [row.text for row in rows if isinstance(row, ReadRow)] == spellings
    assert {row.content for row in rows if isinstance(row, ReadRow)} == {
        '{"amount":1.5,"users":{"a":"\\u00e9"}}'
    }


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (b"{", "MALFORMED_JSON", ""),
        (b"[1]", "MALFORMED_JSON", "must be a JSON object, not an array"),
        (b"null", "MALFORMED_JSON", "must be a JSON object"),
        (b'{"a": 1, "a": 2}', "MALFORMED_JSON", "is sent twice"),
        (b'{"a": NaN}', "MALFORMED_JSON", "is not a JSON number"),
        (b'{"a": 1e999999999}', "MALFORMED_JSON", ""),
        (b'{"a": "\xe9"}', "MALFORMED_JSON", "is not UTF-8"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "MALFORMED_JSON", "nests deeper"),
        (b'{"a": "' + b"x" * MAX_ROW_BYTES + b'"}', "REQUEST_TOO_LARGE", "shorten it"),
        (b'{"a": "' + b"x" * 5_000_000 + b'"}', "REQUEST_TOO_LARGE", "shorten it"),
    ],
)
def test_a_line_that_is_no_row_is_refused_alone(line: bytes, code: str, message: str) -> None:
    refused, after = rows_of(line + b"\n" + KEYED.encode())

    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.code) == (1, code)
    assert message in refused.faults[0].message
    assert after == ReadRow(2, KEYED, None)
