"""docs/files.md says what is so."""

import io
import json
import re

import pytest

from local.errors import ActivityFileError
from local.paths import ROOT
from local.send.csv_columns import MEMBERSHIP_FORM, NETWORK_FORM, Form, read_columns
from local.send.csv_rows import csv_rows
from local.send.ndjson_rows import ndjson_rows
from local.send.rows import ReadRow
from local.send.source import SourceLines

GUIDE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
_, *TABLES = GUIDE.split("| column ")
HIDDEN = re.compile(r"user_(\d|1\d|20)_(key|email)")


def example(language: str) -> bytes:
    return GUIDE.split(f"```{language}\n")[1].split("```")[0].encode()


@pytest.mark.parametrize(
    ("table", "form"), [(TABLES[0], NETWORK_FORM), (TABLES[1], MEMBERSHIP_FORM)]
)
def test_it_has_each_column_and_no_other(table: str, form: Form) -> None:
    rows = re.findall(r"^\| `(.+)` +\| (yes|no) ", table.partition("\n\n")[0], re.MULTILINE)
    told = {name: is_required for names, is_required in rows for name in re.findall(r"\w+", names)}

    assert {name for name, required in told.items() if required == "yes"} == set(form.required)
    numbered = {name for name in form.optional if HIDDEN.fullmatch(name)}
    assert set(told) >= set(form.known()) - numbered
    assert set(told) <= set(form.known())


def test_its_csv_can_be_sent() -> None:
    lines = SourceLines(io.BytesIO(example("csv")))
    rows = list(csv_rows(lines, read_columns(lines.read_line())))

    assert [type(row) for row in rows] == [ReadRow] * 3


def test_its_ndjson_can_be_sent() -> None:
    rows = list(ndjson_rows(SourceLines(io.BytesIO(example("json")))))

    assert [type(row) for row in rows] == [ReadRow] * 2
    assert all(json.loads(row.text) for row in rows if isinstance(row, ReadRow))


def test_its_message_about_a_column_is_what_is_said() -> None:
    with pytest.raises(ActivityFileError) as raised:
        read_columns(b"activity_short_id,amount,user_1_key,user_1_mail\n")

    said = re.search(r'unknown columns: "user_1_mail" \(.*?\)', str(raised.value))
    assert said
    assert said[0] in GUIDE
