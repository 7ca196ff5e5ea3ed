"""The list of guards is one that can be taken away, and the harness tells what is noticed."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.proof.guards.copied_tree import CopiedTree, WrongTreeError
from tests.proof.guards.guard import Guard, read_guards
from tests.proof.guards.harness import FailingAnywayError, ensure_tests_pass, verdicts_on
from tests.proof.guards.invariants import INVARIANTS
from tests.proof.guards.verdict import Verdict, verdict_on
from tests.template import ROOT

GUARDS = read_guards()

MODULE = """\
def half(number: int) -> int:
    if number % 2:
        raise ValueError
    return number // 2
"""
TEST = """\
import pytest
from module import half

def test_half() -> None:
    assert half(4) == 2

def test_odd() -> None:
    with pytest.raises(ValueError):
        half(3)
"""


def test_each_is_said_once_and_keeps_something() -> None:
    assert GUARDS
    assert not [name for name, times in Counter(g.guard for g in GUARDS).items() if times > 1]
    assert not [guard.guard for guard in GUARDS if not (guard.invariants or guard.rule)]


@pytest.mark.parametrize("number", INVARIANTS)
def test_each_invariant_has_two_at_least(number: int) -> None:
    assert sum(number in guard.invariants for guard in GUARDS) >= 2


def test_no_other_invariant_is_named() -> None:
    assert {number for guard in GUARDS for number in guard.invariants} <= INVARIANTS.keys()


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.guard)
def test_it_is_there_once_and_something_else_is_left(guard: Guard) -> None:
    content = (ROOT / guard.file).read_text()

    without = guard.removed_from(content)

    assert without != content
    if guard.file.endswith(".py"):
        compile(without, guard.file, "exec")


def test_what_is_left_names_nothing_that_is_not_there(tmp_path: Path) -> None:
    for number, guard in enumerate(GUARDS):
        if guard.file.endswith(".py"):
            content = guard.removed_from((ROOT / guard.file).read_text())
            (tmp_path / f"{number}.py").write_text(content)

    check = (sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", str(tmp_path))
    answer = subprocess.run(check, check=False, capture_output=True, text=True)  # noqa: S603 - its own

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.guard)
def test_the_tests_that_notice_it_exist(guard: Guard) -> None:
    assert guard.fails
    for test in guard.fails:
        path, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), test


# ---- The harness ----


def test_a_guard_that_is_missed_is_killed_and_one_that_is_not_survives(project: Path) -> None:
    gone = _guard("It is missed", "if number % 2:", "if False:")
    same = _guard("Nobody misses it", "if number % 2:", "if number % 2 != 0:")

    killed, survived = verdicts_on([gone, same], project, project.parent / "scratch")

    assert killed == Verdict(gone, is_killed=True, said="test_module.py::test_odd")
    assert survived == Verdict(same, is_killed=False, said="2 tests pass without it")


def test_a_guard_of_the_list_is_missed_in_a_copy_of_this_tree(tmp_path: Path) -> None:
    (guard,) = (each for each in GUARDS if each.guard == "No time is before 1970")

    (verdict,) = verdicts_on([guard], ROOT, tmp_path)

    assert verdict.is_killed
    assert verdict.said.startswith(guard.fails[0])


def test_the_tree_is_whole_again_afterwards(project: Path) -> None:
    tree = CopiedTree(project)
    before = (project / "module.py").read_text()

    verdict_on(_guard("It is missed", "if number % 2:", "if False:"), tree)

    assert (project / "module.py").read_text() == before


@pytest.mark.parametrize(
    ("text", "becomes", "told"),
    [
        # Not a test failed, but the loading of them.
        ("def half", "def third", "exit code 2"),
        ("def half", "raise SystemExit\ndef half", "no test failed"),
    ],
)
def test_what_cant_be_loaded_is_not_killed(
    project: Path, text: str, becomes: str, told: str
) -> None:
    verdict = verdict_on(_guard("It can't be loaded", text, becomes), CopiedTree(project))

    assert not verdict.is_killed
    assert told in verdict.said


def test_tests_that_fail_anyway_prove_nothing(project: Path) -> None:
    guard = _guard("It is missed", "if number % 2:", "if False:")
    (project / "module.py").write_text(guard.removed_from(MODULE))

    with pytest.raises(FailingAnywayError):
        ensure_tests_pass([guard], CopiedTree(project))


def test_a_copy_that_is_not_what_is_tested_is_told(project: Path) -> None:
    tree = CopiedTree(project)

    tree.ensure_it_is_tested(["module"])
    with pytest.raises(WrongTreeError):
        tree.ensure_it_is_tested(["accrue"])


def test_a_text_that_is_there_twice_is_no_guard() -> None:
    with pytest.raises(ValueError, match="2 times"):
        _guard("It is there twice", "half", "third").removed_from("half half")


def test_a_diff_shows_what_was_taken_away() -> None:
    diff = _guard("It is missed", "if number % 2:", "if False:").diff(MODULE)

    assert "-    if number % 2:\n+    if False:\n" in diff


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small tree under version control."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "module.py").write_text(MODULE)
    (root / "test_module.py").write_text(TEST)
    subprocess.run(("git", "init", "--quiet"), cwd=root, check=True)  # noqa: S607 - the one on the path
    return root


def _guard(name: str, text: str, becomes: str) -> Guard:
    return Guard(
        guard=name,
        invariants=(1,),
        file="module.py",
        text=text,
        becomes=becomes,
        fails=("test_module.py",),
    )
