"""A network document from what was sent, or every fault of it at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accrue.domain.emails import normalize_email
from accrue.domain.errors import Fault, InvalidNetworkDocumentError
from accrue.domain.json_values import pointer
from accrue.domain.network_parts import (
    ActivityTypePart,
    ApiKeyPart,
    MembershipPart,
    NetworkDocument,
    UserPart,
)
from accrue.domain.program.contradictions.program import find_contradictions
from accrue.domain.program.contradictions.surroundings import (
    Contradiction,
    Names,
    Surroundings,
    repeated,
)
from accrue.domain.program.places import Place
from accrue.domain.readable_part import Reading, read_document

type Roles = Mapping[str, tuple[str, ...] | None]


def parse_network_document(sent: Mapping[str, Any]) -> NetworkDocument:
    """The document, or InvalidNetworkDocumentError with a pointer to every fault.

    A fault does not hide those of other parts, and what only follows from it is not reported.
    """
    reading = read_document(sent, NetworkDocument)
    faults = dict(reading.faults)
    if reading.readable is not None:
        for place, remedy in _contradictions(reading.readable, reading):
            if not reading.is_unsure(place):
                faults[reading.edits.original(place)] = remedy
    if faults or reading.readable is None:
        raise refusal(Fault(pointer(*place), remedy) for place, remedy in faults.items())
    return reading.readable


def refusal(faults: Iterable[Fault]) -> InvalidNetworkDocumentError:
    """The refusal of a document with these faults."""
    listed = tuple(faults)
    return InvalidNetworkDocumentError(
        f"The network document has {len(listed)} fault(s); nothing was written.", listed
    )


def _contradictions(
    document: NetworkDocument, reading: Reading[NetworkDocument]
) -> Iterator[Contradiction]:
    for found in repeated(document.network.metadata_fields, "metadata_fields"):
        yield found.inside("network")
    yield from _in_activity_types(document.activity_types)
    yield from repeated((p.program_id for p in document.programs), "programs", "program_id")
    roles = _roles(document, reading)
    for index, program in enumerate(document.programs):
        for found in find_contradictions(program, _surroundings(index, roles, reading)):
            yield found.inside("programs", index)
    yield from _in_users(document.users)
    yield from _in_memberships(document.memberships, reading)
    yield from _in_api_keys(document.api_keys)


def _in_activity_types(parts: Iterable[ActivityTypePart]) -> Iterator[Contradiction]:
    listed = list(parts)
    ids = (part.activity_type_id for part in listed)
    yield from repeated(ids, "activity_types", "activity_type_id")
    for index, part in enumerate(listed):
        for found in repeated(part.roles, "roles"):
            yield found.inside("activity_types", index)


def _in_users(parts: Iterable[UserPart]) -> Iterator[Contradiction]:
    listed = list(parts)
    yield from repeated((user.user_id for user in listed), "users", "user_id")
    yield from repeated((normalize_email(user.email) for user in listed), "users", "email")


def _in_memberships(
    parts: Iterable[MembershipPart], reading: Reading[NetworkDocument]
) -> Iterator[Contradiction]:
    listed = list(parts)
    ids = (part.program_membership_id for part in listed)
    yield from repeated(ids, "memberships", "program_membership_id")
    enrolments = (f"{part.program_id} {part.user_id}" for part in listed)
    yield from repeated(enrolments, "memberships", "user_id")
    programs = _names(reading, "programs", "program_id")
    users = _names(reading, "users", "user_id")
    for index, part in enumerate(listed):
        if programs.lack(part.program_id):
            yield Contradiction(("memberships", index, "program_id"), "is not among the programs")
        if users.lack(part.user_id):
            yield Contradiction(("memberships", index, "user_id"), "is not among the users")


def _in_api_keys(parts: Iterable[ApiKeyPart]) -> Iterator[Contradiction]:
    yield from repeated((part.key_id for part in parts), "api_keys", "key_id")


def _surroundings(
    index: int, roles: Roles | None, reading: Reading[NetworkDocument]
) -> Surroundings:
    place = reading.edits.original(("programs", index))

    def names(*path: str) -> Names:
        return _names(reading, *path, inside=place)

    return Surroundings(
        roles=roles,
        metadata_fields=_names(reading, "network", "metadata_fields"),
        rules=names("rules", "rule_id"),
        quests=names("quests", "quest_id"),
        segments=names("segments", "segment_id"),
        tiers=names("tiers", "levels", "tier_id"),
        benefits=names("tiers", "levels", "benefits"),
        read=reading.rest["programs"][index],
        is_unsure=lambda inner: reading.is_unsure(("programs", index, *inner)),
    )


def _roles(document: NetworkDocument, reading: Reading[NetworkDocument]) -> Roles | None:
    """The roles of each activity type, None where they can't be read."""
    known = _names(reading, "activity_types", "activity_type_id").known
    if known is None:
        return None
    roles: dict[str, tuple[str, ...] | None] = dict.fromkeys(known)
    for index, part in enumerate(document.activity_types):
        is_unsure = reading.is_unsure(("activity_types", index, "roles"))
        roles[part.activity_type_id] = None if is_unsure else part.roles
    return roles


def _names(reading: Reading[NetworkDocument], *path: str, inside: Place = ()) -> Names:
    """The texts that were sent at a path through lists, unless some can't be read."""
    if reading.faulty.hide_some(inside, path):
        return Names(None)
    part: Any = reading.sent
    for step in inside:
        part = part[step]
    return Names.standing_in(part, *path)
