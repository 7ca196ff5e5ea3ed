"""JSON out of its grammar alone, and text that is nearly JSON."""

import random

from tests.unit.fuzzing.json_text import written
from tests.unit.fuzzing.spice import NUMBERS, TEXTS, VALUES

_TOKENS = (
    *'{}[]:,"\\/-+.eE019 \n\t', "null", "true", "false", '"a"', '"\\u', "\ud800", "NaN", "\0",
)  # fmt: skip
MAX_TOKENS = 60


def some_json(rng: random.Random, names: tuple[str, ...], depth: int = 0) -> object:
    """A value; the names of its members are these, or any text."""
    kind = rng.random()
    if depth > rng.randint(0, 5) or kind < 0.3:
        return rng.choice(rng.choice((TEXTS, NUMBERS, VALUES)))
    size = rng.choice((0, 1, 2, 3, 8))
    if kind < 0.5:
        return [some_json(rng, names, depth + 1) for _ in range(size)]
    return {
        rng.choice(rng.choice((names or TEXTS, names or TEXTS, TEXTS))): some_json(
            rng, names, depth + 1
        )
        for _ in range(size)
    }


def some_json_text(rng: random.Random, names: tuple[str, ...]) -> str:
    """JSON text, or tokens of it in any order."""
    if rng.random() < 0.3:
        return "".join(rng.choices(_TOKENS, k=rng.randint(0, MAX_TOKENS)))
    return written(some_json(rng, names), is_ascii=rng.random() < 0.5)
