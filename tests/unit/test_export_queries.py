"""The SQL over exports: docs/export.md shows what is run, and Athena's dialect has all of it."""

import re

import pytest
import sqlglot
from sqlglot import expressions

from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT, MAX_DECIMAL_PLACES
from accrue.domain.arithmetic import BALANCE_LIMIT
from local.export.views import QUESTIONS, VIEWS, column_types, query
from local.paths import ROOT

PAGE = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
NAMES = ("exported.athena", "flat", "gaps", *QUESTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_what_is_run(name: str) -> None:
    assert query(name) in SHOWN


@pytest.mark.parametrize("text", SHOWN, ids=lambda text: text.splitlines()[0])
def test_athenas_dialect_has_all_of_it(text: str) -> None:
    for statement in sqlglot.parse(text, read="athena"):
        assert statement is not None
        unknown = [each.name for each in statement.find_all(expressions.Anonymous)]
        # What is not parsed is passed on as it stands.
        is_passed_on = isinstance(statement, expressions.Command)
        assert unknown == []
        assert not is_passed_on or text.startswith(("ALTER TABLE", "UNLOAD"))


def test_the_views_are_those_that_are_written_out() -> None:
    views = re.findall(r"CREATE OR REPLACE VIEW (\w+)", query("flat"))

    assert tuple(views) == VIEWS


def test_both_kinds_of_export_have_the_same_columns() -> None:
    types = column_types()

    assert types["item"] == types["newimage"]


def test_every_number_fits_into_the_decimals_of_the_views() -> None:
    decimals = {
        (each.expressions[0].name, each.expressions[1].name)
        for statement in sqlglot.parse(query("flat"), read="athena")
        if statement
        for each in statement.find_all(expressions.DataType)
        if each.this is expressions.DataType.Type.DECIMAL
    }

    assert decimals == {("38", "9")}
    assert MAX_DECIMAL_PLACES <= 9
    # A hundred thousand memberships at the limit can be added up.
    assert max(MAX_ABSOLUTE_AMOUNT, BALANCE_LIMIT * 10**5) <= 10 ** (38 - 9)
    assert "DOUBLE" not in "".join(map(query, NAMES)).upper()
