"""Rows are cut out of a body as they were sent, whatever it is."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.errors import MalformedJsonError, RefusalError, RequestTooLargeError
from accrue.runtime.batch_body import MAX_BATCH_BYTES, MAX_ROWS, split_rows
from tests.call_counts import calls_during

CHARACTERS = st.characters(exclude_categories=["Cs"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(CHARACTERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(CHARACTERS), inner),
    max_leaves=12,
)
SPACES = st.text(" \t\r\n", max_size=3)


def split(body: str) -> list[str]:
    return list(split_rows(body, is_base64_encoded=False))


@given(st.lists(VALUES, min_size=1, max_size=12), SPACES)
def test_an_array_comes_apart_into_its_elements(values: list[Any], space: str) -> None:
    separators = (f"{space},{space}", f"{space}:{space}")
    for is_ascii in (True, False):
        text = json.dumps(values, ensure_ascii=is_ascii, separators=separators)

        rows = split(space + text + space)

        assert [json.loads(row) for row in rows] == values


@given(st.lists(VALUES.filter(lambda value: not isinstance(value, list)), min_size=1, max_size=12))
def test_ndjson_comes_apart_into_its_lines(values: list[Any]) -> None:
    text = "\r\n \n".join(json.dumps(value, ensure_ascii=False) for value in values)

    assert [json.loads(row) for row in split(text)] == values


@given(st.text('[]{},":\\ \n1a', max_size=60) | st.text(max_size=60))
def test_garbage_is_rows_or_is_refused(text: str) -> None:
    try:
        rows = split(text)
    except RefusalError:
        return
    assert 0 < len(rows) <= MAX_ROWS


@given(st.lists(VALUES, min_size=2, max_size=6), st.integers(min_value=1))
def test_what_is_cut_off_is_refused(values: list[Any], at: int) -> None:
    text = json.dumps(values)

    with pytest.raises(MalformedJsonError):
        split(text[: at % (len(text) - 1) + 1])


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("[1,]", ["1", ""]),
        ("[,]", ["", ""]),
        ("[ ,1]", [" ", "1"]),
        ('[{"a": "],[", "b": "\\"]"}, nonsense]', ['{"a": "],[", "b": "\\"]"}', " nonsense"]),
        ("[[1, 2], {}]", ["[1, 2]", " {}"]),
        ('{"a": [1,\n2]}', ['{"a": [1,', "2]}"]),
        ("nonsense", ["nonsense"]),
        ("\ufeff[1]", ["\ufeff[1]"]),
    ],
)
def test_what_is_wrong_inside_a_row_stays_there(body: str, rows: list[str]) -> None:
    assert split(body) == rows


@pytest.mark.parametrize("body", [None, "", "  \r\n\t", "[]", "[ \n ]"])
def test_nothing_is_no_batch(body: str | None) -> None:
    with pytest.raises(MalformedJsonError, match="has no rows"):
        split_rows(body, is_base64_encoded=False)


@pytest.mark.parametrize("body", ["[", '["', "[[]", "[{]}", '[{"a": "b]', "[1}2", "[{}}"])
def test_an_array_needs_its_end(body: str) -> None:
    with pytest.raises(MalformedJsonError):
        split(body)


@pytest.mark.parametrize("body", ["[{}]]", "[{}] {}", "[{}],", "[{}][{}]"])
def test_nothing_stands_behind_the_array(body: str) -> None:
    with pytest.raises(MalformedJsonError, match="behind the array"):
        split(body)


def test_limits() -> None:
    assert len(split("[" + ",".join("1" * MAX_ROWS) + "]")) == MAX_ROWS
    assert len(split("1\n" * MAX_ROWS)) == MAX_ROWS
    for body in ("[" + ",".join("1" * (MAX_ROWS + 1)) + "]", "1\n" * (MAX_ROWS + 1)):
        with pytest.raises(RequestTooLargeError, match="more than 500 rows"):
            split(body)
    fits = json.dumps(["é" * 10], ensure_ascii=False)
    fits += " " * (MAX_BATCH_BYTES - len(fits.encode()))
    assert split(fits)
    with pytest.raises(RequestTooLargeError, match="longer than 2097152 bytes"):
        split(fits + " ")


def test_base64() -> None:
    encoded = base64.b64encode('["é"]'.encode()).decode()

    assert split_rows(encoded, is_base64_encoded=True) == ['"é"']
    with pytest.raises(MalformedJsonError, match="is not UTF-8"):
        split_rows(base64.b64encode(b"\xff").decode(), is_base64_encoded=True)
    with pytest.raises(MalformedJsonError, match="is not the base64"):
        split_rows("[1]", is_base64_encoded=True)


@pytest.mark.parametrize("piece", ['{"a": 1},', '"\\"",', "[", '"', "{[", "\\", ",", "1\n", '[""'])
def test_work_grows_no_faster_than_the_body(piece: str) -> None:
    def act(times: int) -> Callable[[], object]:
        def refused_or_split() -> None:
            try:
                split("[" + piece * times)
            except RefusalError:
                return

        return refused_or_split

    calls_during(act(100))
    assert calls_during(act(4000)) <= 11 * calls_during(act(400))
