"""So many inputs for each parser, made of seeds: the same seed makes the same inputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Any

from tests.proof.seeds import how_many
from tests.unit.fuzzing.parsers import Parser, Tried, try_one
from tests.unit.fuzzing.table import PARSERS
from tests.unit.fuzzing.work import WorkMeter

SEEDS = (1, 10)
INPUTS = (8_000, 1_000_000)
# So many are made before they are tried, for what makes them is no work of the parser's.
AT_ONCE = 500
# Of shorter inputs, the work for each byte says nothing.
LEAST_SIZE = 100
_ALL_SHARES = sum(parser.share for parser in PARSERS.values())


@dataclass
class Campaign:
    """What came of the inputs that were tried."""

    inputs: int = 0
    accepted: int = 0
    worst_work_per_byte: float = 0

    def add(self, tried: Tried) -> None:
        """Count an input."""
        self.inputs += 1
        self.accepted += tried.was_accepted
        if tried.size >= LEAST_SIZE:
            self.worst_work_per_byte = max(self.worst_work_per_byte, tried.work / tried.size)

    @property
    def refused(self) -> int:
        """How many the parser did not take."""
        return self.inputs - self.accepted


def inputs_of(parser: Parser, seed: int) -> Iterator[Any]:
    """The inputs that a seed makes."""
    rng = Random(f"{parser.name} {seed}")  # noqa: S311 - must come again
    for _ in range(ceil(how_many(*INPUTS) * parser.share / _ALL_SHARES / how_many(*SEEDS))):
        yield parser.make(rng)


def try_all(parser: Parser, seed: int, campaign: Campaign) -> None:
    """Try the inputs of a seed. Raises BrokenPromiseError with the first that goes wrong."""
    meter = WorkMeter()
    waiting: list[Any] = []
    for given in inputs_of(parser, seed):
        waiting.append(given)
        if len(waiting) == AT_ONCE:
            _try(parser, waiting, meter, campaign)
            waiting.clear()
    _try(parser, waiting, meter, campaign)


def _try(parser: Parser, given: list[Any], meter: WorkMeter, campaign: Campaign) -> None:
    with meter.watching():
        for each in given:
            campaign.add(try_one(parser, each, meter))
