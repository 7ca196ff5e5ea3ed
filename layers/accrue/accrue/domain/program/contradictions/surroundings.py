"""What a program is held against: the network around it, and the ids that stand in it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from accrue.domain.program.places import Place


class Contradiction(NamedTuple):
    """Where the document contradicts itself, and how to mend it."""

    place: Place
    remedy: str

    def inside(self, *outer: str | int) -> "Contradiction":
        """The same, in the part that stands at `outer`."""
        return Contradiction((*outer, *self.place), self.remedy)


@dataclass(frozen=True, slots=True)
class Names:
    """Ids that may be referred to. None: the list of them can't be read, so any may be meant."""

    known: tuple[str, ...] | None

    @classmethod
    def standing_in(cls, part: object, *path: str) -> Self:
        """The texts that stand in a part of a document, at a path through its lists."""
        found = [part]
        for name in path:
            inner = [each.get(name) for each in found if isinstance(each, Mapping)]
            found = [element for each in inner for element in _elements(each)]
        return cls(tuple(text for text in found if isinstance(text, str)))

    def lack(self, name: str) -> bool:
        """Whether it is certain that nothing has this name."""
        return self.known is not None and name not in self.known


def _elements(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program is held against.

    Names are known if they stand in what was sent, even in a part that has faults of its own, so
    that nothing is said to be missing only because it has another fault.
    """

    # By activity type; None for a type that is there but can't be read.
    roles: Mapping[str, Sequence[str] | None] | None
    metadata_fields: Names
    rules: Names
    quests: Names
    segments: Names
    tiers: Names
    benefits: Names
    # The program as it was read, for the positions in its lists.
    read: Mapping[str, Any]
    # Whether the place has a fault already, so that it can't be relied on.
    is_unsure: Callable[[Place], bool]

    def unknown(
        self, names: Names, said: Collection[str], place: Place, what: str
    ) -> Iterator[Contradiction]:
        """Those of the names said at `place` that are not among `names`."""
        for name in said:
            if names.lack(name):
                where = (*place, self._position(place, name))
                yield Contradiction(where, f"is not among {what}: {listed(names.known or ())}")

    def _position(self, place: Place, name: str) -> int:
        # Models leave repetitions out, so their own positions may be others.
        value: Any = self.read
        for part in place:
            value = value[part]
        return list(value).index(name)


def listed(names: Sequence[str]) -> str:
    """What there is to choose from, as far as it is short enough to help."""
    if not names:
        return "there are none"
    most = 8
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def repeated(ids: Iterable[str], list_name: str, *id_name: str) -> Iterator[Contradiction]:
    """Those ids of a list's elements that stood in an earlier one."""
    seen: set[str] = set()
    for index, value in enumerate(ids):
        if value in seen:
            yield Contradiction((list_name, index, *id_name), _SECOND_TIME)
        seen.add(value)


_SECOND_TIME = "stands here a second time: remove or rename one of the two"
