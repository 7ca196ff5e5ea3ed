"""How a failure that a seed led to is seen again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

STEPS_TOLD = 40


@contextmanager
def replayable(part: str, seed: int, trace: Sequence[object] = ()) -> Iterator[None]:
    """Whatever fails inside says how it is seen again, and the last steps that led to it."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"again: make prove PART={part} SEED={seed}")
        for number, step in list(enumerate(trace, start=1))[-STEPS_TOLD:]:
            error.add_note(f"{number}. {step}")
        raise
