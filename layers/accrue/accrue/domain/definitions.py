"""One definition as an administrator sends it, or every fault of it at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from accrue.domain.administration_errors import InvalidDefinitionError
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.kept_metadata import KNOWN_METADATA_FIELDS
from accrue.domain.network_parts import ActivityTypePart, NetworkPart
from accrue.domain.program.contradictions.surroundings import Contradiction, repeated
from accrue.domain.program.parts import Document
from accrue.domain.readable_part import Reading, read_document
from accrue.domain.sent_document import malformed


def read_definition[D: Document](
    sent: Mapping[str, Any],
    model: type[D],
    contradictions: Callable[[D], Iterator[Contradiction]] | None = None,
    *,
    in_path: str | None = None,
) -> D:
    """The definition. Raises InvalidDefinitionError with a pointer to every fault.

    `contradictions` are looked for in what can be read. The id that the path gave, the field
    `in_path`, is pointed at there.
    """
    try:
        return read_in_surroundings(
            sent,
            model,
            lambda readable, _: contradictions(readable) if contradictions else iter(()),
        )
    except InvalidDefinitionError as refusal:
        raise InvalidDefinitionError.of(
            replace(fault, pointer=f"path:{in_path}") if fault.pointer == f"/{in_path}" else fault
            for fault in refusal.faults
        ) from None


def read_in_surroundings[D: Document](
    sent: Mapping[str, Any],
    model: type[D],
    contradictions: Callable[[D, Reading[D]], Iterator[Contradiction]],
) -> D:
    """The same, where contradictions can be told only by how it was read."""
    if unreadable := dict(malformed(sent)):
        raise _refusal(unreadable)
    reading = read_document(sent, model)
    faults = dict(reading.faults)
    if reading.readable is not None:
        for found in contradictions(reading.readable, reading):
            if not reading.is_unsure(found.place):
                faults[reading.edits.original(found.place)] = told(found, reading)
    if faults or reading.readable is None:
        raise _refusal(faults)
    return reading.readable


def named_in_path(sent: Mapping[str, Any], name: str, value: str) -> dict[str, Any]:
    """What was sent, with the path's id. Raises InvalidDefinitionError if it has another."""
    if name in sent and sent[name] != value:
        remedy = "differs from the id in the URL: send the same, or leave it out"
        raise InvalidDefinitionError.of([Fault(pointer(name), remedy)])
    return {**sent, name: value}


def contradictions_in_network(part: NetworkPart) -> Iterator[Contradiction]:
    """What in a network's own fields contradicts the rest of it, or the API."""
    metadata_fields = part.metadata_fields or ()
    yield from repeated(metadata_fields, "metadata_fields")
    for index, name in enumerate(metadata_fields):
        if name in KNOWN_METADATA_FIELDS:
            yield Contradiction(
                ("metadata_fields", index),
                "has a meaning of its own in the activity API and is kept by that: remove it",
            )
    yield from repeated(part.automatic_programs or (), "automatic_programs")


def contradictions_in_activity_type(part: ActivityTypePart) -> Iterator[Contradiction]:
    """What in an activity type contradicts the rest of it."""
    yield from repeated(part.roles, "roles")


def told[D: Document](found: Contradiction, reading: Reading[D]) -> str:
    """The remedy, in which places are those of what was sent."""
    if found.other is None:
        return found.remedy
    return found.remedy.replace("{other}", pointer(*reading.edits.original(found.other)))


def _refusal(faults: Mapping[tuple[str | int, ...], str]) -> InvalidDefinitionError:
    return InvalidDefinitionError.of(
        Fault(pointer(*place), remedy) for place, remedy in faults.items()
    )
