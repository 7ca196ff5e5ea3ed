"""How far a file was sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

FIRST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows."""

    recorded: int = 0
    replayed: int = 0
    duplicates: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.recorded + self.replayed + self.duplicates + self.refused

    def with_results(self, results: Iterable[Mapping[str, Any]]) -> Self:
        """The counts with some rows more."""
        more = Counter(map(_count_of, results))
        return replace(self, **{name: getattr(self, name) + more[name] for name in more})


def _count_of(result: Mapping[str, Any]) -> str:
    if result["status"] >= FIRST_REFUSAL:
        return "refused"
    if result.get("replayed"):
        return "replayed"
    return "duplicates" if result.get("duplicate_of") else "recorded"


@dataclass(frozen=True, slots=True)
class Position:
    """Behind a row whose result, as those of all before it, is in the results file.

    `fingerprint` is the hash of the file up to `offset`, and `results_bytes` how long the results
    file is: whatever is in it beyond that is of a batch that was interrupted.
    """

    offset: int
    line: int
    fingerprint: bytes
    results_bytes: int = 0
    counts: Counts = Counts()
