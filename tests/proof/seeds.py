"""How much is tried: a little in `make test`, much in `make prove`, one seed to see it again."""

import os
from collections.abc import Sequence

# Seeds are tried from 0 on unless one is named, so that a run can be repeated.
SEED, SEEDS, LONG = "PROOF_SEED", "PROOF_SEEDS", "PROOF_LONG"


def is_long() -> bool:
    """Whether this is a run of `make prove`."""
    return os.environ.get(LONG) == "1"


def how_many(short: int, long: int) -> int:
    """The one in `make test`, or the one in `make prove`."""
    return long if is_long() else short


def seeds(short: int, long: int) -> Sequence[int]:
    """The seeds to try: so many from 0 on, or as many as SEEDS= says, or the one of SEED=."""
    named = os.environ.get(SEED)
    if named:
        return [int(named)]
    return range(int(os.environ.get(SEEDS) or how_many(short, long)))
