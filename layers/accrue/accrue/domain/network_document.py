"""A network document from what was sent, or every fault of it at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accrue.domain.definitions import (
    contradictions_in_activity_type,
    contradictions_in_network,
    told,
)
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
from accrue.domain.program_surroundings import Roles, names_in, surroundings_of
from accrue.domain.readable_part import Reading, read_document
from accrue.domain.sent_document import malformed

# Nobody reads more at once.
MAX_TOLD_FAULTS = 100
_MUST_STAND_HERE = "what a document refers to must stand in it, also if it was imported before"
_ENROLLED = "is enrolled in the program at {other} already: remove one of the two"


def parse_network_document(sent: Mapping[str, Any]) -> NetworkDocument:
    """The document, or InvalidNetworkDocumentError with a pointer to every fault.

    A fault does not hide those of other parts, and what only follows from it is not reported.
    """
    if unreadable := dict(malformed(sent)):
        raise refusal(Fault(pointer(*place), remedy) for place, remedy in unreadable.items())
    reading = read_document(sent, NetworkDocument)
    faults = dict(reading.faults)
    if reading.readable is not None:
        for found in _contradictions(reading.readable, reading):
            if not reading.is_unsure(found.place):
                faults[reading.edits.original(found.place)] = told(found, reading)
    if faults or reading.readable is None:
        raise refusal(Fault(pointer(*place), remedy) for place, remedy in faults.items())
    return reading.readable


def refusal(faults: Iterable[Fault]) -> InvalidNetworkDocumentError:
    """The refusal of a document with these faults, of which it tells the first."""
    listed = tuple(faults)
    told = listed[:MAX_TOLD_FAULTS]
    if more := len(listed) - len(told):
        told = (*told, Fault("", f"has {more:,} more faults: mend these first"))
    return InvalidNetworkDocumentError(
        f"The network document has {len(listed)} fault(s); nothing was written.", told
    )


def overtaken(faults: Iterable[Fault]) -> InvalidNetworkDocumentError:
    """The refusal of the rest of a document, which somebody else's change has made faulty."""
    return InvalidNetworkDocumentError(
        "Somebody else changed the network during the import; only the parts before this one are"
        " written. Look at the change and send the whole document again.",
        tuple(faults),
    )


def _contradictions(
    document: NetworkDocument, reading: Reading[NetworkDocument]
) -> Iterator[Contradiction]:
    for found in contradictions_in_network(document.network):
        yield found.inside("network")
    yield from _left_out(document, reading)
    yield from _in_activity_types(document.activity_types)
    yield from repeated((p.program_id for p in document.programs), "programs", "program_id")
    roles = _roles(document, reading)
    for index, program in enumerate(document.programs):
        for found in find_contradictions(program, _surroundings(index, roles, reading)):
            yield found.inside("programs", index)
    yield from _in_users(document.users)
    yield from _in_memberships(document.memberships, reading)
    yield from _in_api_keys(document.api_keys)


def _left_out(
    document: NetworkDocument, reading: Reading[NetworkDocument]
) -> Iterator[Contradiction]:
    """Lists without anything in them, to which other parts refer."""
    has_parts = any(program.rules or program.quests for program in document.programs)
    asked = [("activity_types", "activity_type_id", "rules and requirements", has_parts)]
    asked += [
        (name, f"{name[:-1]}_id", "memberships", bool(document.memberships))
        for name in ("programs", "users")
    ]
    for name, id_name, who, is_asked in asked:
        if is_asked and names_in(reading, name, id_name).known == ():
            yield Contradiction((name,), f"is empty, and {who} refer to it: {_MUST_STAND_HERE}")


def _in_activity_types(parts: Iterable[ActivityTypePart]) -> Iterator[Contradiction]:
    listed = list(parts)
    ids = (part.activity_type_id for part in listed)
    yield from repeated(ids, "activity_types", "activity_type_id")
    for index, part in enumerate(listed):
        for found in contradictions_in_activity_type(part):
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
    yield from repeated(enrolments, "memberships", "user_id", remedy=_ENROLLED)
    for name, id_name in (("programs", "program_id"), ("users", "user_id")):
        names = names_in(reading, name, id_name)
        for index, part in enumerate(listed):
            said = getattr(part, id_name)
            if names.known and names.lack(said):
                others = names.other_than(said)
                yield Contradiction(
                    ("memberships", index, id_name),
                    f"is not among the {name}: {others} ({_MUST_STAND_HERE})",
                )


def _in_api_keys(parts: Iterable[ApiKeyPart]) -> Iterator[Contradiction]:
    yield from repeated((part.key_id for part in parts), "api_keys", "key_id")


def _surroundings(
    index: int, roles: Roles | None, reading: Reading[NetworkDocument]
) -> Surroundings:
    return surroundings_of(
        reading,
        ("programs", index),
        roles=roles,
        activity_types=names_in(reading, "activity_types", "activity_type_id"),
        metadata_fields=_metadata_fields(reading),
    )


def _metadata_fields(reading: Reading[NetworkDocument]) -> Names:
    """Left out, those stay that the network has, which the document does not say."""
    if reading.rest["network"].get("metadata_fields") is None:
        return Names(None)
    return names_in(reading, "network", "metadata_fields").each_once()


def _roles(document: NetworkDocument, reading: Reading[NetworkDocument]) -> Roles | None:
    """The roles of each activity type, None where they can't be read."""
    known = names_in(reading, "activity_types", "activity_type_id").known
    if not known:
        return None
    roles: dict[str, tuple[str, ...] | None] = dict.fromkeys(known)
    for index, part in enumerate(document.activity_types):
        is_unsure = reading.is_unsure(("activity_types", index, "roles"))
        roles[part.activity_type_id] = None if is_unsure else part.roles
    return roles
