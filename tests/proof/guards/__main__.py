"""`python -m tests.proof.guards`: take each guard away, and see that some test fails.

0 only if all of them are missed. --only NAME takes those with this in their name, --shard 1/3 the
first third.
"""

import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.guards.guard import Guard, read_guards
from tests.proof.guards.harness import verdicts_on
from tests.proof.guards.verdict import Verdict
from tests.proof.record import record

ROOT = Path(__file__).parents[3]


def main() -> int:
    """Try what was asked for."""
    parser = ArgumentParser(prog="python -m tests.proof.guards")
    parser.add_argument("--only", default="", help="those with this in their name")
    parser.add_argument("--shard", default="1/1", help="the n-th of m parts, as 1/3")
    asked = parser.parse_args()
    number, shards = map(int, asked.shard.split("/"))
    guards = [guard for guard in read_guards() if asked.only in guard.guard][number - 1 :: shards]
    if not guards:
        parser.error("there is no such guard")
    return 0 if _try_all(guards) else 1


def _try_all(guards: Sequence[Guard]) -> bool:
    began = time.monotonic()
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    with TemporaryDirectory(prefix="guards-") as scratch:
        for verdict in verdicts_on(guards, ROOT, Path(scratch)):
            verdicts[verdict.guard.area].append(verdict)
            print(_told(verdict), flush=True)  # noqa: T201 - what it is for
    for area, of_area in verdicts.items():
        killed = sum(each.is_killed for each in of_area)
        figures = {"guards": len(of_area), "killed": killed, "survived": len(of_area) - killed}
        record("guards", area, figures)
    killed = sum(each.is_killed for of_area in verdicts.values() for each in of_area)
    seconds = time.monotonic() - began
    print(f"killed {killed} / {len(guards)} in {seconds:.0f} s")  # noqa: T201 - what it is for
    return killed == len(guards)


def _told(verdict: Verdict) -> str:
    if verdict.is_killed:
        return f"killed    {verdict.guard.guard}: {verdict.said}"
    diff = verdict.guard.diff((ROOT / verdict.guard.file).read_text())
    return f"SURVIVED  {verdict.guard.guard}: {verdict.said}\n{diff}"


if __name__ == "__main__":
    sys.exit(main())
