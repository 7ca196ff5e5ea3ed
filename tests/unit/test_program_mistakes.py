"""Ten mistakes of a rule author, made in the guide's example, and the exact answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.guide import as_markdown, cases, example, guide_text
from tests.unit.program_documents import changed, faults_of

MISTAKES = cases("program_mistakes.yaml")


def test_the_guides_example_has_no_fault() -> None:
    assert faults_of(example()) == {}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["title"])
def test_a_mistake_is_answered_with_where_it_is_and_how_to_mend_it(mistake: dict[str, Any]) -> None:
    assert faults_of(changed(mistake["given"], example())) == mistake["told"]


def test_all_ten_at_once_are_told_at_once() -> None:
    given = {where: value for m in MISTAKES for where, value in m["given"].items()}
    told = {where: remedy for m in MISTAKES for where, remedy in m["told"].items()}

    assert len(told) == 11
    assert faults_of(changed(given, example())) == told


def test_the_guides_example_can_be_tried_today() -> None:
    windows = [part["window"] for part in _parts(example()) if "window" in part]

    # Activities ahead of their time are held; what is over can't be tried either.
    assert windows == [{"starts_at": "2026-01-01T00:00:00+01:00"}] * 2


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _parts(each)


def test_the_guide_tells_the_same_ten() -> None:
    assert len(MISTAKES) == 10
    assert guide_text().endswith(f"\n\n{as_markdown(MISTAKES)}\n")
