"""Measure, print the table, and write docs/benchmarks.md: `make bench [PART=units]`."""

import json
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from importlib import import_module

from benchmarks.figures import Measured
from benchmarks.parts import PARTS
from benchmarks.report import as_markdown, renewed
from local.paths import ROOT
from tests.proof.report import where_it_runs

PAGE = ROOT / "docs" / "benchmarks.md"
KEPT = ROOT / ".local" / "bench"


def main() -> int:
    """Measure what was asked for. A part alone is only printed: the page is of one run."""
    parser = ArgumentParser(prog="make bench")
    parser.add_argument("--part", choices=list(PARTS), help="only this part")
    parser.add_argument("--keep", choices=list(PARTS), help="measure this part here, and keep it")
    asked = parser.parse_args()
    if asked.keep:
        _keep(asked.keep)
        return 0
    ran_on = where_it_runs()
    parts = [asked.part] if asked.part else list(PARTS)
    measured = {name: _measured(name) for name in parts}
    print(as_markdown(measured, ran_on))
    if not asked.part:
        PAGE.write_text(renewed(PAGE.read_text(), measured, ran_on))
    return 0


def _measured(part: str) -> Measured:
    """In a process of its own: parts set up different stores, and warm what others find cold.

    What it prints are the handlers' logs.
    """
    command = [sys.executable, "-m", "benchmarks", "--keep", part]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - its own
    return Measured.from_document(json.loads((KEPT / f"{part}.json").read_text()))


def _keep(part: str) -> None:
    measured: Measured = import_module(f"benchmarks.{part}").measure()
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{part}.json").write_text(json.dumps(asdict(measured)))


if __name__ == "__main__":
    sys.exit(main())
