"""Ten mistakes of a rule author, made in the guide's example, and the exact answers."""

from typing import Any

import pytest

from tests.unit.guide import as_markdown, cases, example, guide_text
from tests.unit.program_documents import P, changed, faults_of

MISTAKES = cases("program_mistakes.yaml")


def test_the_guides_example_has_no_fault() -> None:
    assert faults_of(example()) == {}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["title"])
def test_a_mistake_is_answered_with_where_it_is_and_how_to_mend_it(mistake: dict[str, Any]) -> None:
    assert faults_of(changed(mistake["given"], example())) == mistake["told"]


def test_all_ten_at_once_are_told_at_once() -> None:
    given = {where: value for m in MISTAKES for where, value in m["given"].items()}
    told = {where: remedy for m in MISTAKES for where, remedy in m["told"].items()}
    # A type that there is not has no roles, and a window without a beginning no length.
    del told[P + "/rules/0/role"]
    del told[P + "/quests/0/requirements/0/check_in_interval_days"]

    assert faults_of(changed(given, example())) == told


def test_the_guide_tells_the_same_ten() -> None:
    assert len(MISTAKES) == 10
    assert guide_text().endswith(f"\n\n{as_markdown(MISTAKES)}\n")
