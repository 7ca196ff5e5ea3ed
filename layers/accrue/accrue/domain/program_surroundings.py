"""What a program is held against, wherever in a document it stands."""

from collections.abc import Mapping
from typing import Any

from accrue.domain.program.contradictions.surroundings import Names, Surroundings
from accrue.domain.program.parts import Document
from accrue.domain.program.places import Place
from accrue.domain.readable_part import Reading

# By activity type; None for one whose roles can't be read.
type Roles = Mapping[str, tuple[str, ...] | None]


def surroundings_of[D: Document](
    reading: Reading[D],
    place: Place,
    *,
    roles: Roles | None,
    activity_types: Names,
    metadata_fields: Names,
) -> Surroundings:
    """The surroundings of the program at `place` of the readable part."""
    original = reading.edits.original(place)
    read: Any = reading.rest
    for step in place:
        read = read[step]

    def names(*path: str) -> Names:
        return names_in(reading, *path, inside=original)

    return Surroundings(
        roles=roles,
        activity_types=activity_types,
        metadata_fields=metadata_fields,
        rules=names("rules", "rule_id"),
        quests=names("quests", "quest_id"),
        segments=names("segments", "segment_id"),
        tiers=names("tiers", "levels", "tier_id"),
        benefits=names("tiers", "levels", "benefits").each_once(),
        read=read,
        is_unsure=lambda inner: reading.is_unsure((*place, *inner)),
    )


def names_in[D: Document](reading: Reading[D], *path: str, inside: Place = ()) -> Names:
    """The texts that were sent at a path through lists, unless some can't be read."""
    if reading.faulty.hide_some(inside, path):
        return Names(None)
    part: Any = reading.sent
    for step in inside:
        part = part[step]
    return Names.standing_in(part, *path)
