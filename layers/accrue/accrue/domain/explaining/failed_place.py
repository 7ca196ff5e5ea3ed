"""What a sentence is made of, beside the part of the document that failed."""

from dataclasses import dataclass

from accrue.domain.explaining.wording import seen_text
from accrue.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class FailedPlace:
    """A place in a part of the program that did not hold (`traits.1` is `traits` and 1), and the
    value it met.
    """

    place: str
    index: int
    met: str
    program: Program

    @property
    def seen(self) -> str:
        """The value met, in words."""
        return seen_text(self.met)

    @property
    def words(self) -> tuple[str, ...]:
        """What was met, if it is several ids or numbers."""
        return tuple(self.seen.split(" "))

    @classmethod
    def at(cls, failed: str, met: str, program: Program) -> "FailedPlace":
        """The failure that a `Considered` names; ValueError for an index that is none."""
        place, _, index = failed.partition(".")
        return cls(place, int(index or 0), met, program)
