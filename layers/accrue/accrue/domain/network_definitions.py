"""All that a network defines, as one document: what can be carried to another stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue.domain.catalog import ActivityType, Network
from accrue.domain.network_parts import NetworkDocument
from accrue.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class NetworkDefinitions:
    """The network itself, its types and the latest versions of its programs, each by id.

    Users, memberships and keys are no definitions: they are its own in each stack.
    """

    network: Network
    activity_types: tuple[ActivityType, ...]
    programs: tuple[Program, ...]

    def after(self, document: NetworkDocument) -> "NetworkDefinitions":
        """The definitions once the document is imported; what it leaves out stays."""
        types = {each.activity_type_id: each for each in self.activity_types}
        types |= {part.activity_type_id: part.activity_type() for part in document.activity_types}
        programs = {each.program_id: each for each in self.programs}
        programs |= {each.program_id: each for each in document.programs}
        return NetworkDefinitions(
            document.network.said_of(self.network), _by_id(types), _by_id(programs)
        )

    def to_document(self) -> Mapping[str, Any]:
        """The definitions as they can be imported."""
        return {
            "network": self.network.to_document(),
            "activity_types": [each.to_document() for each in self.activity_types],
            "programs": [each.to_document() for each in self.programs],
        }


def _by_id[T](parts: Mapping[str, T]) -> tuple[T, ...]:
    return tuple(parts[part_id] for part_id in sorted(parts))
