"""Publish versions of programs, show and compare them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from accrue.domain.administration_errors import (
    InvalidDefinitionError,
    ProgramNotFoundError,
    ProgramVersionNotFoundError,
)
from accrue.domain.catalog import ActivityType, Network
from accrue.domain.changes import Change
from accrue.domain.differences import Difference, find_differences
from accrue.domain.errors import Fault, NetworkNotFoundError
from accrue.domain.json_values import pointer
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import AS_IMPORTED, Precondition
from accrue.domain.program.program import Program, ProgramSummary, ProgramVersion
from accrue.domain.program.stored import kept_digests
from accrue.domain.program_publication import (
    ProgramPublication,
    PublicationBasis,
    earliest_effective_at,
    following_version,
    read_publication,
    too_much_kept,
)
from accrue.services.ports import NetworkClock
from accrue.services.put_conditionally import Saved, put_conditionally


class ProgramStore(Protocol):
    """Reads programs past every cache, and adds versions.

    `add_version` raises CatalogMovedError if `latest` is not the latest any more, or the revision
    of the network's definitions another.
    """

    def find_latest_version(self, network_id: str, program_id: str) -> ProgramVersion | None: ...
    def find_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None: ...
    def deciding_versions(
        self, network_id: str, program_id: str, moment: datetime
    ) -> Iterator[ProgramVersion]: ...
    def list_versions(
        self, network_id: str, program_id: str, page: PageRequest
    ) -> Page[ProgramVersion]: ...
    def find_kept(self, network_id: str, latest: ProgramVersion | None) -> frozenset[str]: ...
    def list_programs(self, network_id: str, page: PageRequest) -> Page[ProgramSummary]: ...
    def find_revision(self, network_id: str) -> int: ...
    def add_version(
        self,
        network_id: str,
        latest: ProgramVersion | None,
        wanted: ProgramVersion,
        basis: PublicationBasis,
    ) -> None: ...


class NetworkDefinitions(Protocol):
    """What programs refer to, read past every cache."""

    def find_network(self, network_id: str) -> Network | None: ...


class ActivityTypeDefinitions(Protocol):
    """What programs refer to, read past every cache."""

    def all_activity_types(self, network_id: str) -> Iterator[ActivityType]: ...


@dataclass(frozen=True, slots=True)
class ShownProgram:
    """A program's latest version, and the number of the one that is in force."""

    latest: ProgramVersion
    version_in_force: int


@dataclass(frozen=True, slots=True)
class ProgramComparison:
    """What distinguishes two versions of a program."""

    program_id: str
    earlier: int
    later: int
    differences: tuple[Difference, ...]

    def to_document(self) -> Mapping[str, Any]:
        """The comparison as it is shown."""
        return {
            "program_id": self.program_id,
            "from": self.earlier,
            "to": self.later,
            "differences": [each.to_document() for each in self.differences],
        }


@dataclass(frozen=True, slots=True)
class ProgramAdministrator:
    """What administrators do with programs. `cache_lifetime` is how long a function may believe
    what it has read.
    """

    store: ProgramStore
    networks: NetworkDefinitions
    activity_types: ActivityTypeDefinitions
    clock: NetworkClock
    cache_lifetime: timedelta

    def publish(
        self, network_id: str, program_id: str, sent: Mapping[str, Any], precondition: Precondition
    ) -> Saved[ProgramVersion]:
        """Make the program sent the latest version. Raises InvalidDefinitionError."""
        revision = 0
        kept = frozenset[str]()

        def find() -> ProgramVersion | None:
            nonlocal revision
            # Before all that it covers.
            revision = self.store.find_revision(network_id)
            return self.store.find_latest_version(network_id, program_id)

        def make(latest: ProgramVersion | None) -> ProgramVersion:
            nonlocal kept
            publication = self._read(sent, network_id, program_id)
            kept = self._kept_with(network_id, publication.program, latest)
            # Asked behind all reading, which may take longer than a cache lives.
            now = self.clock.now(network_id)
            earliest = earliest_effective_at(now, self.cache_lifetime)
            return following_version(publication, latest, earliest)

        def save(latest: ProgramVersion | None, made: ProgramVersion) -> None:
            self.store.add_version(network_id, latest, made, PublicationBasis(revision, kept))

        return put_conditionally(find=find, make=make, save=save, precondition=precondition)

    def publish_imported(self, network_id: str, program: Program) -> Saved[ProgramVersion]:
        """The same with a program of a document that was held against it already.

        Against what is there it is held again: somebody may have changed that meanwhile.
        """
        latest = self.store.find_latest_version(network_id, program.program_id)
        if latest is not None and latest.program == program:
            # Of a large document, most is as it was: nothing more has to be read for that.
            return Saved(latest, Change.UNCHANGED)
        sent = {"program": program.to_document()}
        return self.publish(network_id, program.program_id, sent, AS_IMPORTED)

    def _read(
        self, sent: Mapping[str, Any], network_id: str, program_id: str
    ) -> ProgramPublication:
        network = self.networks.find_network(network_id)
        if network is None:
            raise NetworkNotFoundError
        activity_types = self.activity_types.all_activity_types(network_id)
        return read_publication(sent, program_id, network, activity_types)

    def _kept_with(
        self, network_id: str, program: Program, latest: ProgramVersion | None
    ) -> frozenset[str]:
        """What members keep for the program and all its versions. Raises InvalidDefinitionError."""
        earlier = self.store.find_kept(network_id, latest)
        if remedy := too_much_kept(program, earlier):
            raise InvalidDefinitionError.of([Fault(pointer("program"), remedy)])
        return earlier | kept_digests(program)

    def get(self, network_id: str, program_id: str) -> ShownProgram:
        """The program; raises ProgramNotFoundError."""
        now = self.clock.now(network_id)
        deciding = list(self.store.deciding_versions(network_id, program_id, now))
        if not deciding:
            raise ProgramNotFoundError
        return ShownProgram(deciding[0], deciding[-1].version)

    def list(self, network_id: str, page: PageRequest) -> Page[ProgramSummary]:
        """The network's programs by id."""
        return self.store.list_programs(network_id, page)

    def list_versions(
        self, network_id: str, program_id: str, page: PageRequest
    ) -> Page[ProgramSummary]:
        """The program's versions, newest first; raises ProgramNotFoundError."""
        found = self.store.list_versions(network_id, program_id, page)
        if not found.things:
            self._latest(network_id, program_id)
        return Page(tuple(map(ProgramSummary.of, found.things)), found.next_after)

    def get_version(self, network_id: str, program_id: str, version: int) -> ProgramVersion:
        """A version; raises ProgramNotFoundError or ProgramVersionNotFoundError."""
        return self._version(network_id, program_id, version, "path:version")

    def compare(
        self, network_id: str, program_id: str, earlier: int | None, later: int | None
    ) -> ProgramComparison:
        """What changed from a version to another: by default to the latest, from the one before.

        Raises ProgramNotFoundError or ProgramVersionNotFoundError.
        """
        after = (
            self._latest(network_id, program_id)
            if later is None
            else self._version(network_id, program_id, later, "query:to")
        )
        if earlier is None:
            # The first has none before it, and nothing has changed since itself.
            earlier = max(1, after.version - 1)
        before = self._version(network_id, program_id, earlier, "query:from")
        differences = find_differences(before.program.to_document(), after.program.to_document())
        return ProgramComparison(program_id, before.version, after.version, differences)

    def _latest(self, network_id: str, program_id: str) -> ProgramVersion:
        latest = self.store.find_latest_version(network_id, program_id)
        if latest is None:
            raise ProgramNotFoundError
        return latest

    def _version(
        self, network_id: str, program_id: str, version: int, where: str
    ) -> ProgramVersion:
        found = self.store.find_version(network_id, program_id, version)
        if found is None:
            self._latest(network_id, program_id)
            raise ProgramVersionNotFoundError(where)
        return found
