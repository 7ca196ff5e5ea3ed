"""Whether the tests notice that a guard is gone."""

from dataclasses import dataclass

from tests.proof.guards.copied_tree import CopiedTree, TestRun
from tests.proof.guards.guard import Guard

# pytest: all passed; some tests failed. What else it says is about itself.
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a guard's removal: `said` is the test that failed, or why none counts."""

    guard: Guard
    is_killed: bool
    said: str


def verdict_on(guard: Guard, tree: CopiedTree) -> Verdict:
    """Take the guard out of the tree, run its tests, and put it back."""
    with tree.without(guard):
        try:
            run = tree.run(guard.fails, "-x")
        except TimeoutError:
            return Verdict(guard, is_killed=False, said="its tests did not end")
    if run.exit_code == FAILED and run.failed:
        return Verdict(guard, is_killed=True, said=run.failed[0])
    return Verdict(guard, is_killed=False, said=_why_not(run))


def _why_not(run: TestRun) -> str:
    if run.exit_code == PASSED:
        return f"{run.passed} tests pass without it"
    # What can't be imported, or breaks before any test, tells nothing of a guard.
    return f"no test failed; exit code {run.exit_code}, {run.errors} errors\n{run.output}"
