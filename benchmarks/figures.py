"""What a part of the benchmark measured: figures with their targets, and tables beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A line of the table of figures, all of its numbers in `unit`.

    `stock` and `correct` are what the two baselines have; None where they have no such thing.
    `target` is what `ours` must be at most (or at least, by `bound`), None if there is none.
    `ratio` says that the target is for ours as a part of stock's. A figure that misses its target
    says in `because` what the limit is, and who sets it.
    """

    name: str
    unit: str
    ours: float
    stock: float | None = None
    correct: float | None = None
    target: float | None = None
    bound: Literal["at most", "at least"] = "at most"
    ratio: bool = False
    because: str = ""

    @property
    def measured(self) -> float:
        """What is held against the target."""
        if not self.ratio:
            return self.ours
        assert self.stock, "a ratio needs a baseline"
        return self.ours / self.stock

    @property
    def is_met(self) -> bool:
        """Whether it is as good as its target; without a target, whatever it is."""
        if self.target is None:
            return True
        if self.bound == "at least":
            return self.measured >= self.target
        return self.measured <= self.target


@dataclass(frozen=True, slots=True)
class Table:
    """A table of its own; the first column is text, the others are numbers or text.

    `about` says in a sentence or two what it shows.
    """

    title: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a part."""

    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Measured":
        """As `dataclasses.asdict` wrote it."""
        return cls(
            [Figure(**each) for each in document["figures"]],
            [Table(**each) for each in document["tables"]],
        )
