"""How much is tried: a little in `make test`, much in `make prove`, one seed to see it again."""

import os
from collections.abc import Sequence

# Seeds are tried from 0 on unless one is named, so that a run can be repeated.
SEED, LONG = "PROOF_SEED", "PROOF_LONG"


def is_long() -> bool:
    """Whether this is a run of `make prove`."""
    return os.environ.get(LONG) == "1"


def how_many(short: int, long: int) -> int:
    """The one in `make test`, or the one in `make prove`."""
    return long if is_long() else short


def seeds(short: int, long: int) -> Sequence[int]:
    """The seeds to try: so many from 0 on, or the one that SEED= names."""
    named = os.environ.get(SEED)
    return [int(named)] if named else range(how_many(short, long))
