"""What can be read of a document that has faults, so that its other faults can be told as well."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from accrue.domain.document_faults import place_and_remedy
from accrue.domain.program.parts import Document
from accrue.domain.program.places import Place
from accrue.domain.sent_document import empty_conditions, without_nulls

# Each takes away something of every fault that is left, from the inside outwards.
MAX_PASSES = 24
_UNREADABLE = "unreadable"
# Takes the place of what is required but faulty, by the fields that lead to it, so that the part
# around it can be looked at. What is only required by something in this table needs no entry.
_STAND_INS: Mapping[str, Any] = {
    # Of an activity type that is a document of its own.
    "kind": "action",
    # Of a network that is one.
    "name": _UNREADABLE,
    "network": {"network_id": _UNREADABLE, "name": _UNREADABLE},
    "network.network_id": _UNREADABLE,
    "network.name": _UNREADABLE,
    "activity_types.kind": "action",
    "programs.program_id": _UNREADABLE,
    "programs.name": _UNREADABLE,
    "programs.points": {"unit": _UNREADABLE},
    "programs.points.unit": _UNREADABLE,
    "programs.tiers.by": {"kind": "rolling_points", "days": 1},
    "programs.tiers.levels.tier_id": _UNREADABLE,
    "programs.tiers.levels.name": _UNREADABLE,
    "programs.rules.rule_id": _UNREADABLE,
    "programs.rules.activity_type_id": _UNREADABLE,
    "programs.rules.role": _UNREADABLE,
    "programs.rules.award": {"kind": "flat", "points": 1},
    "programs.bonuses.bonus_id": _UNREADABLE,
    "programs.bonuses.effect": {"kind": "add", "points": 1},
    "programs.quests.quest_id": _UNREADABLE,
    "programs.quests.name": _UNREADABLE,
    "programs.quests.reward": {"points": 1},
    "programs.quests.requirements.requirement_id": _UNREADABLE,
    "programs.quests.requirements.activity_type_id": _UNREADABLE,
    "programs.quests.requirements.role": _UNREADABLE,
    "programs.quests.requirements.threshold": 1,
}
# A program that is published by itself stands in a field of that name.
_PUBLISHED = "program."


@dataclass(slots=True)
class Edits:
    """What is left out of a document, or stood in for; places are those of the original."""

    removed: set[Place] = field(default_factory=set)
    stand_ins: dict[Place, dict[str, Any]] = field(default_factory=dict)
    # By list, for each element that is left out, how many that are not stand before it; made when
    # it is asked for, since counting anew for each place would take the square of a list's length.
    _kept_before: dict[Place, list[int]] | None = None

    def original(self, place: Place) -> Place:
        """Where that which stands at `place` after the edits stood before."""
        if self._kept_before is None:
            self._kept_before = _kept_before(self.removed)
        found: Place = ()
        for part in place:
            if isinstance(part, int):
                left_out = bisect_right(self._kept_before.get(found, ()), part)
                found = (*found, part + left_out)
            else:
                found = (*found, part)
        return found

    def mend(self, place: Place, *, is_missing: bool) -> None:
        """Leave out what is faulty; if it must not be missing, stand in for it, or leave out what
        it is in.
        """
        self._kept_before = None
        if not is_missing and place not in self.removed:
            self.removed.add(place)
            return
        *outer, name = place or ("",)
        path = ".".join(_names(place))
        if path.startswith(_PUBLISHED):
            path = "programs." + path.removeprefix(_PUBLISHED)
        stand_in = _STAND_INS.get(path)
        named = self.stand_ins.setdefault(tuple(outer), {})
        if stand_in is not None and isinstance(name, str) and name not in named:
            named[name] = stand_in
        else:
            self.removed.add(tuple(outer))

    def applied(self, value: object, place: Place = ()) -> Any:  # noqa: ANN401 - as what was sent
        """The document with the edits."""
        match value:
            case Mapping():
                kept = {
                    name: self.applied(inner, (*place, name))
                    for name, inner in value.items()
                    if (*place, name) not in self.removed
                }
                return kept | self.stand_ins.get(place, {})
            case list():
                return [
                    self.applied(inner, (*place, number))
                    for number, inner in enumerate(value)
                    if (*place, number) not in self.removed
                ]
        return value


def _kept_before(removed: Iterable[Place]) -> dict[Place, list[int]]:
    numbers: dict[Place, list[int]] = {}
    for *outer, last in filter(None, removed):
        if isinstance(last, int):
            numbers.setdefault(tuple(outer), []).append(last)
    return {
        outer: [number - rank for rank, number in enumerate(sorted(within))]
        for outer, within in numbers.items()
    }


class Faulty:
    """The places of faults."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = frozenset(places)
        self._above = {place[:end] for place in self._places for end in range(len(place) + 1)}

    def touches(self, place: Place) -> bool:
        """Whether there is a fault at the place, in what is there, or in what it is in as a whole.

        What is said of such a place may be nothing but a consequence of the fault.
        """
        return place in self._above or any(
            place[:end] in self._places for end in range(len(place) + 1)
        )

    def hide_some(self, inside: Place, path: tuple[str, ...]) -> bool:
        """Whether something at the path through lists, or one of these, can't be read."""
        return any(
            path[: len(names)] == names
            for place in self._places
            if place[: len(inside)] == inside and (names := _names(place[len(inside) :]))
        )


def _names(place: Place) -> tuple[str, ...]:
    return tuple(part for part in place if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Reading[D: Document]:
    """A document as far as it could be read: `readable`, made of `rest`. None: not at all.

    `faults` are by their places in what was sent.
    """

    sent: Mapping[str, Any]
    readable: D | None
    rest: Mapping[str, Any]
    faults: Mapping[Place, str]
    faulty: Faulty
    edits: Edits

    def is_unsure(self, place: Place) -> bool:
        """Whether what stands at `place` of the readable part may have been mended."""
        return self.faulty.touches(self.edits.original(place))


def read_document[D: Document](sent: Mapping[str, Any], root: type[D]) -> Reading[D]:
    """The document, or what can be read of it and where in what was sent the faults are."""
    sent = without_nulls(sent, [root])
    faults: dict[Place, str] = {}
    edits = Edits()
    rest = sent
    readable = None
    for passed in range(MAX_PASSES):
        try:
            readable = root.model_validate(rest)
            break
        except ValidationError as error:
            found = [(e["type"], *place_and_remedy(e, root)) for e in error.errors()]
        if not passed:
            faults = dict(_told(found))
        mended = [(edits.original(place), kind == "missing") for kind, place, _ in found]
        for place, is_missing in mended:
            edits.mend(place, is_missing=is_missing)
        if () in edits.removed:
            break
        rest = edits.applied(sent)
    faulty = Faulty(faults)
    for place, remedy in empty_conditions(sent, [root]):
        # What it is in may be told to say nothing at all.
        if place in faults or not faulty.touches(place):
            faults[place] = remedy
    return Reading(sent, readable, rest, faults, Faulty(faults), edits)


def _told(found: Iterable[tuple[str, Place, str]]) -> Iterator[tuple[Place, str]]:
    """The places and remedies, without lists that are short only for the faults in them."""
    listed = list(found)
    for kind, place, remedy in listed:
        inner = (other for _, other, _ in listed if len(other) > len(place))
        if kind != "too_short" or not any(other[: len(place)] == place for other in inner):
            yield place, remedy
