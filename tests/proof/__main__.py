"""`make prove`: run the parts of the proof in their long form, and report what they covered.

Without PART= all of them, and docs/proof.md is written. With PART= and SEED= one seed of a part is
tried, exactly as it was when it failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from tests.proof.parts import PARTS, Part
from tests.proof.record import RECORDS
from tests.proof.report import Run, as_markdown, read_records, what_is_wrong
from tests.proof.seeds import LONG, SEED

REPORT = Path("docs/proof.md")


def main() -> int:
    """Run what was asked for; 0 only if all of it held."""
    parser = ArgumentParser(prog="make prove")
    parser.add_argument("--part", choices=list(PARTS), help="only this part")
    parser.add_argument("--seed", type=int, help="only this seed")
    asked = parser.parse_args()
    run = Run()
    for name in [asked.part] if asked.part else PARTS:
        _prove(name, PARTS[name], asked.seed, run)
    report = as_markdown(run)
    print(report)  # noqa: T201 - what it is for
    for name, faults in run.faults.items():
        for fault in faults:
            print(f"{name}: {fault}", file=sys.stderr)  # noqa: T201 - what it is for
    if run.faults:
        return 1
    # One part, or one seed, is not the whole proof.
    if asked.part is None and asked.seed is None:
        REPORT.write_text(report)
    return 0


def _prove(name: str, part: Part, seed: int | None, run: Run) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as records:
        environment = {**os.environ, LONG: "1", RECORDS: records}
        if seed is not None:
            environment[SEED] = str(seed)
        failed = [
            f"failed: {' '.join(command[1:])}"
            for command in part.commands
            if subprocess.run(command, check=False, env=environment).returncode  # noqa: S603 - its own
        ]
        recorded = read_records(Path(records)).get(name)
    run.seconds[name] = time.monotonic() - began
    # One seed need not meet each kind of fault.
    faults = failed or ([] if seed is not None else what_is_wrong(name, recorded))
    if recorded is not None:
        run.recorded[name] = recorded
    if faults:
        run.faults[name] = faults


if __name__ == "__main__":
    sys.exit(main())
