"""`make prove`: run the parts of the proof in their long form, and report what they covered.

What came of a part is kept until it is run again, and docs/proof.md tells of all that are kept.
With PART= and SEED= one seed of a part is tried, exactly as it was when it failed.
"""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from local.paths import ROOT
from tests.proof.parts import PARTS, Part
from tests.proof.record import RECORDS
from tests.proof.report import Result, as_markdown, read_records, what_is_wrong, where_it_runs
from tests.proof.seeds import LONG, SEED, SEEDS

REPORT = ROOT / "docs" / "proof.md"
KEPT = ROOT / ".local" / "proof"


def main() -> int:
    """Run what was asked for; 0 only if all of it held."""
    parser = ArgumentParser(prog="make prove")
    parser.add_argument("--part", choices=list(PARTS), help="only this part")
    parser.add_argument("--seed", type=int, help="only this seed")
    parser.add_argument("--seeds", type=int, help="so many seeds, wherever there are any")
    asked = parser.parse_args()
    results: dict[str, Result] = {}
    for name in [asked.part] if asked.part else PARTS:
        results[name] = _prove(name, PARTS[name], asked.seed, asked.seeds)
        if asked.seed is None:
            results[name].keep(KEPT / f"{name}.json")
    print(as_markdown(results))  # noqa: T201 - what it is for
    for name, result in results.items():
        for fault in result.faults:
            print(f"{name}: {fault}", file=sys.stderr)  # noqa: T201 - what it is for
    if asked.seed is None:
        _report()
    return 1 if any(result.faults for result in results.values()) else 0


def _prove(name: str, part: Part, seed: int | None, seeds: int | None) -> Result:
    began, ran_on = time.monotonic(), where_it_runs()
    with tempfile.TemporaryDirectory() as records:
        environment = {**os.environ, LONG: "1", RECORDS: records}
        if seed is not None:
            environment[SEED] = str(seed)
        if seeds is not None:
            environment[SEEDS] = str(seeds)
        failed = [
            f"failed: {' '.join(command[1:])}"
            for command in part.commands
            if subprocess.run(command, check=False, env=environment).returncode  # noqa: S603 - its own
        ]
        recorded = read_records(Path(records), name)
    # One seed need not meet each kind of fault.
    faults = failed or ([] if seed is not None else what_is_wrong(name, recorded))
    return Result(recorded, faults, time.monotonic() - began, ran_on)


def _report() -> None:
    files = {name: KEPT / f"{name}.json" for name in PARTS}
    kept = {name: Result.kept(file) for name, file in files.items() if file.exists()}
    REPORT.write_text(as_markdown(kept))


if __name__ == "__main__":
    sys.exit(main())
