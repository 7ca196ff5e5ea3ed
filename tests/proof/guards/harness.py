"""Take all guards away, one after the other, several at a time, each in a copy of the tree."""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.proof.guards.copied_tree import CopiedTree
from tests.proof.guards.guard import Guard
from tests.proof.guards.verdict import PASSED, Verdict, verdict_on


class FailingAnywayError(Exception):
    """Tests fail though every guard is there: that they fail without one proves nothing."""


def verdicts_on(guards: Sequence[Guard], source: Path, scratch: Path) -> Iterator[Verdict]:
    """A verdict on each guard of the source, in their order; copies are made in `scratch`.

    Raises WrongTreeError or FailingAnywayError.
    """
    first = CopiedTree.of(source, scratch / "0")
    first.ensure_it_is_tested(sorted({guard.module for guard in guards if guard.module}))
    ensure_tests_pass(guards, first)
    # With the bytecode that this left: no run compiles more than what is without its guard.
    more = range(1, os.process_cpu_count() or 1)
    copies = [shutil.copytree(first.root, scratch / str(number)) for number in more]
    free: SimpleQueue[CopiedTree] = SimpleQueue()
    for tree in (first, *map(CopiedTree, copies)):
        free.put(tree)

    def verdict_in_free_tree(guard: Guard) -> Verdict:
        tree = free.get()
        try:
            return verdict_on(guard, tree)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(free.qsize()) as pool:
        yield from pool.map(verdict_in_free_tree, guards)


def ensure_tests_pass(guards: Sequence[Guard], tree: CopiedTree) -> None:
    """Raise FailingAnywayError unless the tests of all of them pass, and there are some."""
    tests = sorted({test for guard in guards for test in guard.fails})
    run = tree.run(tests, "-p", "xdist", "-n", "auto", keeps_bytecode=True)
    if run.exit_code != PASSED or not run.passed:
        raise FailingAnywayError(run.output)
