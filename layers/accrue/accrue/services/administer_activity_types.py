"""Define, change, archive and show a network's activity types."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from accrue.domain.administration_errors import ActivityTypeNotFoundError, DefinitionInUseError
from accrue.domain.catalog import ActivityType
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.network_parts import ActivityTypePart
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import Precondition
from accrue.domain.program.program import Program
from accrue.services.put_conditionally import Saved, put_conditionally


class ActivityTypeStore(Protocol):
    """Reads activity types past every cache, and writes them.

    `save_activity_type` raises CatalogMovedError if what is there is not `present` any more, or the
    revision of the network's definitions, if one is given, is another.
    """

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None: ...
    def list_activity_types(self, network_id: str, page: PageRequest) -> Page[ActivityType]: ...
    def all_activity_types(self, network_id: str) -> Iterator[ActivityType]: ...
    def find_revision(self, network_id: str) -> int: ...
    def save_activity_type(
        self,
        network_id: str,
        present: ActivityType | None,
        wanted: ActivityType,
        revision: int | None,
    ) -> None: ...


class LatestPrograms(Protocol):
    """The programs of a network, each as it was published last."""

    def latest_programs(self, network_id: str) -> Iterator[Program]: ...


@dataclass(frozen=True, slots=True)
class ActivityTypeAdministrator:
    """What administrators do with activity types."""

    store: ActivityTypeStore
    programs: LatestPrograms

    def put(
        self,
        network_id: str,
        part: ActivityTypePart,
        precondition: Precondition,
        replaced_programs: Collection[str] = (),
    ) -> Saved[ActivityType]:
        """Make the type be as the definition says.

        Raises DefinitionInUseError if a program names a role that the type would lose; those that
        are replaced together with the type are not asked.
        """
        wanted = part.activity_type()
        revision: int | None = None

        def make(present: ActivityType | None) -> ActivityType:
            nonlocal revision
            revision = None
            if _loses_roles(present, wanted):
                # Before the programs that it covers.
                revision = self.store.find_revision(network_id)
                if faults := list(self.lost_roles(network_id, present, wanted, replaced_programs)):
                    raise DefinitionInUseError("Programs name a role that would go.", faults)
            return wanted

        def save(present: ActivityType | None, made: ActivityType) -> None:
            self.store.save_activity_type(network_id, present, made, revision)

        return put_conditionally(
            find=lambda: self.store.find_activity_type(network_id, wanted.activity_type_id),
            make=make,
            save=save,
            precondition=precondition,
        )

    def lost_roles(
        self,
        network_id: str,
        present: ActivityType | None,
        wanted: ActivityType,
        replaced_programs: Collection[str] = (),
    ) -> Iterator[Fault]:
        """Roles that the type would lose and that a program names."""
        if not _loses_roles(present, wanted):
            return
        for program in self.programs.latest_programs(network_id):
            if program.program_id not in replaced_programs:
                named = program.roles_named_of(wanted.activity_type_id)
                for role in sorted(named - set(wanted.roles)):
                    yield Fault(
                        pointer("roles"),
                        f"lacks {role}, which rules or requirements of {program.program_id} name:"
                        " publish that without them first",
                    )

    def get(self, network_id: str, activity_type_id: str) -> ActivityType:
        """The type; raises ActivityTypeNotFoundError."""
        found = self.store.find_activity_type(network_id, activity_type_id)
        if found is None:
            raise ActivityTypeNotFoundError
        return found

    def list(self, network_id: str, page: PageRequest) -> Page[ActivityType]:
        """The network's types by id, archived ones too."""
        return self.store.list_activity_types(network_id, page)


def _loses_roles(present: ActivityType | None, wanted: ActivityType) -> bool:
    return present is not None and not set(present.roles) <= set(wanted.roles)
