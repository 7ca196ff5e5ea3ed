"""What becomes of the rows of a CSV."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accrue.domain.canonical import canonical_json
from local.errors import ActivityFileError
from local.send.csv_columns import read_columns
from local.send.csv_rows import csv_rows
from local.send.rows import FileRow, ReadRow, RefusedRow
from local.send.source import SourceLines

VENDOR = "activity_short_id,amount,user_1_key,user_1_email,activity_timestamp,description,reference"
MINIMAL = "activity_short_id,amount,user_1_key,user_1_email"
TWO_USERS = f"{MINIMAL},user_2_key,user_2_email"
MEMBERSHIP = "program_membership_id,activity_type_id,value,transaction_timestamp"
USERS = {"buyer": "ada@example.com"}


def rows_of(text: str | bytes) -> list[FileRow]:
    content = text if isinstance(text, bytes) else text.encode()
    lines = SourceLines(io.BytesIO(content))
    return list(csv_rows(lines, read_columns(lines.read_line())))


def document(row: FileRow) -> dict[str, Any]:
    assert isinstance(row, ReadRow), row
    read: dict[str, Any] = json.loads(row.text)
    return read


def only(text: str | bytes) -> dict[str, Any]:
    (row,) = rows_of(text)
    return document(row)


SALE = {"activity_short_id": "sale", "amount": "3.50", "users": USERS}
MOMENT = 1664900628


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{MINIMAL}\nsale,3.50,buyer,ada@example.com\n", SALE),
        (f"{MINIMAL}\nsale,3.50,buyer,ada@example.com", SALE),
        (f"{MINIMAL}\r\nsale,3.50,buyer,ada@example.com\r\n", SALE),
        (f"\ufeff{MINIMAL}\nsale,3.50,buyer,ada@example.com\n", SALE),
        (f"{MINIMAL}\n\n , ,,\nsale,3.50,buyer,ada@example.com\n\n", SALE),
        (f"{MINIMAL}\nsale,3.50,buyer,ada@example.com\n".replace(",", ";"), SALE),
        (f"{MINIMAL}\nsale,3.50,buyer,ada@example.com\n".replace(",", "\t"), SALE),
        (
            '"amount";"user_1_email";"user_1_key";"activity_short_id"\n3.50;ada@example.com;buyer;sale',
            SALE,
        ),
        (
            f'{VENDOR}\nsale,3.50,buyer,ada@example.com,{MOMENT},"Two, white\nshoes ""XL""",r-1\n',
            SALE
            | {
                "metadata": {
                    "reference_id": "r-1",
                    "activity_timestamp": MOMENT,
                    "description": 'Two, white\nshoes "XL"',
                }
            },
        ),
        (f"{VENDOR}\nsale,3.50,buyer,ada@example.com,,,\n", SALE),
        (
            f"{VENDOR}\nsale,3.50,buyer,ada@example.com,1664900628.5,,\n",
            SALE | {"metadata": {"activity_timestamp": "1664900628.5"}},
        ),
        (f"{TWO_USERS}\nsale,3.50,buyer,ada@example.com,,\n", SALE),
        (
            f"{TWO_USERS}\nsale,3.50,buyer,ada@example.com,seller,bob@example.com\n",
            SALE | {"users": USERS | {"seller": "bob@example.com"}},
        ),
        (
            f"{MINIMAL},enforce_unique_ref_id,reference\nsale,3.50,buyer,ada@example.com,TRUE,r-1\n",
            SALE | {"enforceUniqueRefId": True, "metadata": {"reference_id": "r-1"}},
        ),
        (
            f"{MINIMAL},idempotency_key\nsale,3.50,buyer,ada@example.com,k1\n",
            {"idempotency_key": "k1"} | SALE,
        ),
        (f"{MINIMAL},idempotency_key\nsale,3.50,buyer,ada@example.com,\n", SALE),
        # What the endpoint refuses, with a pointer to it, is for the endpoint to refuse.
        (
            f"{MINIMAL}\n,,,x@example.com\n".replace(",,,x@", ",,a,x@"),
            {"activity_short_id": "", "users": {"a": "x@example.com"}},
        ),
        (f"{MINIMAL}\nsale,3.50,,\n", SALE | {"users": {}}),
        (
            f"{MEMBERSHIP}\n12345,coffee,50,{MOMENT}\n",
            {
                "program_membership_id": "12345",
                "activity": {
                    "activity_type_id": "coffee",
                    "value": "50",
                    "transaction_timestamp": MOMENT,
                },
            },
        ),
        (
            f"{MEMBERSHIP},idempotency_key\n12345,,50,soon,k1\n",
            {
                "idempotency_key": "k1",
                "program_membership_id": "12345",
                "activity": {"value": "50", "transaction_timestamp": "soon"},
            },
        ),
    ],
)
def test_a_row_becomes_a_row_of_a_batch(text: str, expected: dict[str, Any]) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        (f"{MINIMAL}\nsale,3.50,buyer\n", "", "has 3 cells, and the header 4"),
        (f"{MINIMAL}\nsale,3,50,buyer,ada@example.com\n", "", "has 5 cells"),
        (f"{MINIMAL}\nsale,3,buyer,\n", "column:user_1_email", "is blank, and user_1_key is not"),
        (f"{MINIMAL}\nsale,3,,a@example.com\n", "column:user_1_key", "fill in the role"),
        (
            f"{TWO_USERS}\nsale,3,buyer,a@example.com,buyer,b@example.com\n",
            "column:user_2_key",
            "is the role of another user",
        ),
        (
            f"{MINIMAL},enforce_unique_ref_id\nsale,3,buyer,a@example.com,yes\n",
            "column:enforce_unique_ref_id",
            "is neither true nor false",
        ),
        (f'{MINIMAL}\n"sale"s,3,buyer,a@example.com\n', "", "quote the cell"),
        (f"{MINIMAL}\nsale,3\r,buyer,a@example.com\n", "", "has a line end within a cell"),
        (f"{MINIMAL}\nsal\u00e9,3,buyer,a@example.com\n".encode("latin-1"), "", "is not UTF-8"),
    ],
)
def test_a_row_that_no_activity_can_be_made_of_is_refused_alone(
    text: str | bytes, pointer: str, message: str
) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    columns = content.partition(b"\n")[0].count(b",") + 1
    good = b"sale,3.50,buyer,ada@example.com" + b"," * (columns - len(MINIMAL.split(",")))

    refused, after = rows_of(content + good + b"\n")

    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.status, refused.code) == (2, 400, "INVALID_REQUEST")
    assert refused.faults[0].pointer == pointer
    assert message in refused.faults[0].message
    assert document(after) == SALE


def test_lines_are_counted_through_cells_of_several_lines() -> None:
    header = f"{MINIMAL},description"
    text = f'{header}\nsale,1,a,a@x.com,"one\ntwo\n\nthree"\n\nsale,1,a\nsale,1,a,a@x.com,\n'

    assert [row.line for row in rows_of(text)] == [2, 7, 8]


SALE_LINE = "sale,1,a,a@x.com"


@pytest.mark.parametrize(
    "rows",
    [
        f'{SALE_LINE},0,"open,\n{SALE_LINE},0,,\n{SALE_LINE},0,",\n',
        f'{SALE_LINE},0,"open,\n{SALE_LINE},0,",r-1\n',
        f'{SALE_LINE},0,,"open\n{SALE_LINE},0,,"\n',
        f'{SALE_LINE},0,,"open\r\n{SALE_LINE},0,"",r-2\r\nand, so, on"\r\n',
        f'{SALE_LINE},0,,"open\n"",1,a,a@x.com,0,"","" x""\n"\n',
    ],
)
def test_a_row_that_holds_others_by_a_quote_is_refused(rows: str) -> None:
    (refused, after) = rows_of(f"{VENDOR}\n{rows}{SALE_LINE},0,,\n")

    last = 1 + rows.count("\n")
    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.last_line) == (2, last)
    assert refused.faults[0].pointer in ("column:description", "column:reference")
    assert refused.faults[0].message.startswith("holds a line that is a row by itself")
    assert str(refused.result()["message"]).startswith(f"lines 2 to {last}: column:")
    assert isinstance(after, ReadRow)
    assert after.line == last + 1


@pytest.mark.parametrize("separator", [",", ";"])
def test_text_of_several_lines_is_no_row(separator: str) -> None:
    header, sale = (text.replace(",", separator) for text in (VENDOR, SALE_LINE))
    text = f"{separator}one{separator} two\n, three; four\n\n"
    (row,) = rows_of(f'{header}\n{sale}{separator}0{separator}"{text}"{separator}r-1\n')

    assert document(row)["metadata"]["description"] == text
    assert isinstance(row, ReadRow)
    assert (row.line, row.last_line) == (2, 5)


def test_a_first_cell_of_several_lines_is_no_row() -> None:
    (row,) = rows_of(f'{MINIMAL}\n"sale\nof",1,a,a@x.com\n')

    assert document(row)["activity_short_id"] == "sale\nof"


@pytest.mark.parametrize(
    "rows", [f'{SALE_LINE},0,"open\nand\non"\n', f'{SALE_LINE},0,"open\nand\n"on,r-1\n']
)
def test_a_row_of_several_lines_is_refused_with_its_lines(rows: str) -> None:
    (refused,) = rows_of(f"{VENDOR}\n{rows}")

    assert isinstance(refused, RefusedRow)
    assert str(refused.result()["message"]).startswith("lines 2 to 4: row: ")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "is blank"),
        ("\n", "is blank"),
        (
            "activity_short_id,amount,user_1_key,user_1_mail",
            'unknown columns: "user_1_mail" (did you mean user_1_email?)',
        ),
        (
            f"{MINIMAL},colour,time",
            'unknown columns: "colour", "time". Known are: activity_short_id, amount,',
        ),
        ("Activity_Short_Id,amount,user_1_key,user_1_email", "did you mean activity_short_id?"),
        (f"{MINIMAL},user_21_key,user_21_email", "unknown columns"),
        (f"{MINIMAL},amount", "there twice: amount"),
        ("activity_short_id,user_1_key,user_1_email", "lacks the columns amount"),
        (f"{MINIMAL},user_2_key", "user_2_key: of each user, both"),
        ("program_membership_id,activity_type_id,value", "lacks the columns transaction_timestamp"),
        (f"{MEMBERSHIP},reference", 'unknown columns: "reference"'),
        ("1,2,3", "unknown columns"),
        (f'{MINIMAL},"', "has a quote that nothing ends"),
        (f"{MINIMAL}\rsale,1,a,b", "save the file with line ends"),
    ],
)
def test_a_header_that_can_not_be_used_is_told_before_anything_is_sent(
    header: str, message: str
) -> None:
    with pytest.raises(ActivityFileError) as raised:
        rows_of(header)

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_header_in_utf_16_is_told() -> None:
    with pytest.raises(ActivityFileError, match="save the file as UTF-8"):
        rows_of(MINIMAL.encode("utf-16"))


@pytest.mark.parametrize("rest", ["", "sale,1,a,b\n" * 5, "x" * 2_000_000, "x\n" * 1_000_000])
def test_a_quoted_cell_without_an_end_is_told_with_its_line(rest: str) -> None:
    with pytest.raises(ActivityFileError, match="line 3: a quoted cell in this row has no end"):
        rows_of(f'{MINIMAL}\nsale,1,a,a@x.com\n"sale,1,a,a@x.com\n{rest}')


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12).map(
    lambda text: text.replace("\r", "\n")
)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8),
    separator=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_whatever_is_written_as_csv_comes_back(
    rows: list[tuple[str, str, str]], separator: str, end: str, quoting: Any, mark: str
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow([*MINIMAL.split(","), "description"])
    for short_id, amount, description in rows:
        writer.writerow(["-" + short_id, amount, "buyer", "ada@example.com", description])
    # What looks like a row in a text is refused.
    assume(not any(separator in cell.partition("\n")[2] for row in rows for cell in row))
    text = file.getvalue()

    read = [document(row) for row in rows_of(mark + text)]

    assert [
        (
            row["activity_short_id"],
            row.get("amount", ""),
            row.get("metadata", {}).get("description", ""),
        )
        for row in read
    ] == [
        (
            "-" + short_id,
            amount if amount.strip() else "",
            description if description.strip() else "",
        )
        for short_id, amount, description in rows
    ]
    assert all(row["users"] == USERS for row in read)


@given(cells=st.tuples(CELLS, CELLS), seconds=st.integers(0, 10**16))
def test_the_content_is_in_its_canonical_form(cells: tuple[str, str], seconds: int) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(VENDOR.split(","))
    writer.writerow(["-" + cells[0], "1", "buyer", "ada@example.com", str(seconds), cells[1], ""])

    (row,) = rows_of(file.getvalue())

    assert isinstance(row, ReadRow)
    assert row.content == row.text == canonical_json(json.loads(row.text))
