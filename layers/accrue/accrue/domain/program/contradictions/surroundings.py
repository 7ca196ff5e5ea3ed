"""What a program is held against: the network around it, and the ids that stand in it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from accrue.domain.near_miss import nearest_name
from accrue.domain.program.places import Place

_MOST_LISTED = 8
_SECOND_TIME = "stands at {other} already: remove or rename one of the two"


class Contradiction(NamedTuple):
    """Where the document contradicts itself, and how to mend it.

    "{other}" in the remedy stands for another place that it speaks of.
    """

    place: Place
    remedy: str
    other: Place | None = None

    def inside(self, *outer: str | int) -> "Contradiction":
        """The same, in the part that stands at `outer`."""
        other = None if self.other is None else (*outer, *self.other)
        return Contradiction((*outer, *self.place), self.remedy, other)


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

    def each_once(self) -> "Names":
        """The same, where it is no mistake that one stands there twice."""
        return Names(self.known and tuple(dict.fromkeys(self.known)))

    def lack(self, name: str) -> bool:
        """Whether it is certain that nothing has this name.

        Of two with the same name, one may have been meant to have another.
        """
        if self.known is None or len(set(self.known)) < len(self.known):
            return False
        return name not in self.known

    def other_than(self, name: str) -> str:
        """What there is to choose from, as far as it is short enough to help."""
        known = self.known or ("there are none",)
        if len(known) <= _MOST_LISTED:
            return ", ".join(known)
        near = nearest_name(name, known)
        return f'did you mean "{near}"?' if near else ", ".join(known[:_MOST_LISTED]) + ", ..."


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
    activity_types: Names
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
                yield Contradiction(where, f"is not among {what}: {names.other_than(name)}")

    def _position(self, place: Place, name: str) -> int:
        # Models leave repetitions out, so their own positions may be others.
        value: Any = self.read
        for part in place:
            value = value[part]
        return list(value).index(name)


def repeated(
    ids: Iterable[str], list_name: str, *id_name: str, remedy: str = _SECOND_TIME
) -> Iterator[Contradiction]:
    """Those ids of a list's elements that stood in an earlier one."""
    seen: dict[str, Place] = {}
    for index, value in enumerate(ids):
        place: Place = (list_name, index, *id_name)
        first = seen.setdefault(value, place)
        if first != place:
            yield Contradiction(place, remedy, first)
