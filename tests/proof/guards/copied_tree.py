"""A copy of the tree in which guards are taken away, and tests run on what is left."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.proof.guards.guard import Guard

# No test that some guard's removal leads round in circles is waited for longer.
LONGEST_RUN_SECONDS = 300
# What this run was told is not for the tests in a copy: they have no seed and keep no records.
_OURS = ("PROOF_", "PYTEST_", "PYTHON")


class WrongTreeError(Exception):
    """Tests in a copy would not test the copy."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """A run of tests: pytest's exit code, and what came of them."""

    __test__ = False

    exit_code: int
    passed: int
    failed: Sequence[str]
    errors: int
    output: str


@dataclass(frozen=True, slots=True)
class CopiedTree:
    """A copy, at `root`."""

    root: Path

    @classmethod
    def of(cls, source: Path, root: Path) -> "CopiedTree":
        """A copy of what is in version control, or would be, as it is now."""
        listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = subprocess.run(listing, cwd=source, check=True, capture_output=True, text=True)  # noqa: S603 - its own
        for name in filter(None, names.stdout.split("\0")):
            if (source / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, root / name)
        return cls(root)

    def ensure_it_is_tested(self, modules: Sequence[str]) -> None:
        """Raise WrongTreeError if Python would import any of these from anywhere else."""
        asked = "from importlib.util import find_spec\nfor m in {}: print(find_spec(m).origin)"
        command = (sys.executable, "-c", asked.format([*modules]))
        answer = subprocess.run(  # noqa: S603 - its own
            command,
            cwd=self.root,
            env=self._environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        for origin in answer.stdout.splitlines():
            if not Path(origin).resolve().is_relative_to(self.root.resolve()):
                raise WrongTreeError(origin)

    @contextmanager
    def without(self, guard: Guard) -> Iterator[None]:
        """The tree without the guard, for a while."""
        file = self.root / guard.file
        content = file.read_text()
        # Python takes a module for unchanged that has the same size and second.
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
        file.write_text(guard.removed_from(content))
        try:
            yield
        finally:
            file.write_text(content)

    def run(self, tests: Iterable[str], *options: str, keeps_bytecode: bool = False) -> TestRun:
        """Run these tests here; TimeoutError if they take too long."""
        report = self.root / "report.xml"
        report.unlink(missing_ok=True)
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests)
        # To load plugins that no test needs takes as long as most tests.
        environment = self._environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if not keeps_bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        try:
            ran = subprocess.run(  # noqa: S603 - its own
                (*command, f"--junitxml={report}"),
                cwd=self.root,
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=LONGEST_RUN_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(*error.args) from None
        cases = ET.parse(report).findall(".//testcase") if report.exists() else []  # noqa: S314 - pytest's
        return TestRun(
            exit_code=ran.returncode,
            passed=sum(len(case) == 0 for case in cases),
            failed=[_node_id(case) for case in cases if case.find("failure") is not None],
            errors=sum(case.find("error") is not None for case in cases),
            output=ran.stdout + ran.stderr,
        )

    def _environment(self) -> dict[str, str]:
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(_OURS)}
        path = (self.root, self.root / "layers" / "accrue")
        return {**inherited, "PYTHONPATH": os.pathsep.join(map(str, path))}


def _node_id(case: ET.Element) -> str:
    said: Mapping[str, str] = case.attrib
    return f"{said['classname'].replace('.', '/')}.py::{said['name']}"
