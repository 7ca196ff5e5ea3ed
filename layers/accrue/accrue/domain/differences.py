"""What distinguishes two documents, told by pointers in which parts are named by their ids.

`/rules/buy-coffee/award/rate` stays the same rate when rules are added before it, which
`/rules/3/award/rate` would not. A list whose parts have no ids is compared whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from accrue.domain.canonical import canonical_json
from accrue.domain.json_values import pointer

# By the name of a list, what its parts are known by.
ID_NAMES: Mapping[str, str] = {
    "activity_types": "activity_type_id",
    "programs": "program_id",
    "segments": "segment_id",
    "levels": "tier_id",
    "rules": "rule_id",
    "bonuses": "bonus_id",
    "quests": "quest_id",
    "requirements": "requirement_id",
}

type Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands at a place before and after; None is nothing.

    Of a list whose parts stand in another order, `before` and `after` are their ids.
    """

    pointer: str
    before: Any
    after: Any

    def to_document(self) -> Mapping[str, Any]:
        """The difference as it is shown."""
        return {"pointer": self.pointer, "before": self.before, "after": self.after}


def find_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Every difference between two documents, none of which has null anywhere.

    There is none if, and only if, they are equal.
    """
    return tuple(_between(before, after, ()))


def _between(before: Any, after: Any, place: Place) -> Iterator[Difference]:  # noqa: ANN401 - JSON
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys(chain(before, after)):
            yield from _between(before.get(name), after.get(name), (*place, name))
        return
    earlier, later = _by_id(before, place), _by_id(after, place)
    if earlier is not None and later is not None and (earlier or later):
        yield from _between_lists(earlier, later, place)
    elif not _is_same(before, after):
        yield Difference(pointer(*place), before, after)


def _between_lists(
    before: Mapping[str, Any], after: Mapping[str, Any], place: Place
) -> Iterator[Difference]:
    for part_id in dict.fromkeys(chain(before, after)):
        yield from _between(before.get(part_id), after.get(part_id), (*place, part_id))
    stayed = [part_id for part_id in before if part_id in after]
    if stayed != [part_id for part_id in after if part_id in before]:
        yield Difference(pointer(*place), list(before), list(after))


def _by_id(value: object, place: Place) -> Mapping[str, Any] | None:
    """The parts of a list by their ids; None if it is no such list.

    A list that is not there has none: each part of the other is told by itself.
    """
    id_name = ID_NAMES.get(place[-1]) if place else None
    if id_name is None:
        return None
    if value is None:
        return {}
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    ids = [part.get(id_name) if isinstance(part, Mapping) else None for part in value]
    are_distinct = len(set(map(str, ids))) == len(ids)
    if not are_distinct or not all(isinstance(part_id, str) for part_id in ids):
        return None
    return dict(zip(map(str, ids), value, strict=True))


def _is_same(before: Any, after: Any) -> bool:  # noqa: ANN401 - JSON
    # Not by ==, to which true and 1 are the same.
    return canonical_json(before) == canonical_json(after)
