"""`python -m tests.proof.soak`: a soak on a stack of its own; prints what came of it."""

import sys
from argparse import ArgumentParser

from local.stack import running_stack
from tests.proof.record import record
from tests.proof.seeds import seeds
from tests.proof.soak.run import Soak, soak

ACTIVITIES = 5_000


def main() -> int:
    """Soak; 0 if every balance is what the acknowledgements say."""
    parser = ArgumentParser(prog="python -m tests.proof.soak")
    parser.add_argument("--activities", type=int, default=ACTIVITIES)
    asked = parser.parse_args()
    differences = 0
    with running_stack(quiet=True) as stack:
        for seed in seeds(1, 1):
            result = soak(stack, asked.activities, seed)
            differences += len(result.differences)
            _show(seed, result)
    return 1 if differences else 0


def _show(seed: int, result: Soak) -> None:
    for name, figure in result.figures.items():
        print(f"{name:>16}  {figure}")  # noqa: T201 - what it is for
    for difference in result.differences:
        print(difference)  # noqa: T201 - what it is for
    if not result.differences:
        record("soak", f"seed {seed}", result.figures)


if __name__ == "__main__":
    sys.exit(main())
