"""Make networks, change and show them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accrue.domain.administration_errors import DefinitionInUseError, InvalidDefinitionError
from accrue.domain.api_keys import SECRET_BYTES
from accrue.domain.catalog import Network
from accrue.domain.errors import Fault, NetworkNotFoundError
from accrue.domain.json_values import pointer
from accrue.domain.network_parts import NetworkPart
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import Precondition
from accrue.domain.program.program import ProgramVersion
from accrue.domain.sandbox_errors import SandboxFixedError
from accrue.services.ports import NetworkClock
from accrue.services.put_conditionally import Saved, put_conditionally


class NetworkStore(Protocol):
    """Reads networks past every cache, and writes them.

    `save_network` raises CatalogMovedError if what is there is not `present` any more, or the
    revision of the network's definitions, if one is given, is another.
    """

    def find_network(self, network_id: str) -> Network | None: ...
    def list_networks(self, page: PageRequest) -> Page[Network]: ...
    def find_revision(self, network_id: str) -> int: ...
    def save_network(
        self, present: Network | None, wanted: Network, revision: int | None
    ) -> None: ...


class ProgramsOfNetwork(Protocol):
    """What a network's programs ask for and are."""

    def find_latest_version(self, network_id: str, program_id: str) -> ProgramVersion | None: ...
    def versions_that_decide(
        self, network_id: str, moment: datetime
    ) -> Iterator[ProgramVersion]: ...


@dataclass(frozen=True, slots=True)
class NetworkAdministrator:
    """What the operator and administrators do with networks."""

    store: NetworkStore
    programs: ProgramsOfNetwork
    clock: NetworkClock
    random_bytes: Callable[[int], bytes]

    def put(
        self, part: NetworkPart, precondition: Precondition, *, may_create: bool
    ) -> Saved[Network]:
        """Make the network be as the part says.

        Raises NetworkNotFoundError if there is none and it may not be created,
        SandboxFixedError, and InvalidDefinitionError or DefinitionInUseError for what contradicts
        its programs.
        """
        network_id = part.network_id
        revision: int | None = None

        def make(present: Network | None) -> Network:
            nonlocal revision
            revision = None
            if present is None and not may_create:
                raise NetworkNotFoundError
            wanted = self.wanted(part, present)
            for fault in self.changed_kind(present, wanted):
                raise SandboxFixedError(fault)
            self._ensure_known_programs(wanted)
            if present is not None and _lost_fields(present, wanted):
                # Before the programs that it covers.
                revision = self.store.find_revision(network_id)
                self._ensure_nothing_lost(present, wanted)
            return wanted

        return put_conditionally(
            find=lambda: self.store.find_network(network_id),
            make=make,
            save=lambda present, wanted: self.store.save_network(present, wanted, revision),
            precondition=precondition,
        )

    def wanted(self, part: NetworkPart, present: Network | None) -> Network:
        """The network that the part makes of what is there; a new one has a secret of its own."""
        if present is None:
            secret = self.random_bytes(SECRET_BYTES)
            present = Network(part.network_id, part.name, secret)
        return part.said_of(present)

    def get(self, network_id: str) -> Network:
        """The network; raises NetworkNotFoundError."""
        found = self.store.find_network(network_id)
        if found is None:
            raise NetworkNotFoundError
        return found

    def list(self, page: PageRequest) -> Page[Network]:
        """All networks by id."""
        return self.store.list_networks(page)

    def unknown_automatic_programs(self, wanted: Network) -> Iterator[tuple[int, str]]:
        """Those automatic programs that there are not, with their positions."""
        for index, program_id in enumerate(wanted.automatic_programs):
            if self.programs.find_latest_version(wanted.network_id, program_id) is None:
                yield index, program_id

    def lost_metadata(self, present: Network, wanted: Network) -> Iterator[Fault]:
        """Metadata that would not be kept any more and that a program decides by."""
        lost = _lost_fields(present, wanted)
        if not lost:
            return
        now = self.clock.now(wanted.network_id)
        told = set[tuple[str, str]]()
        for version in self.programs.versions_that_decide(wanted.network_id, now):
            program_id = version.program.program_id
            for field in sorted(version.program.metadata_asked & lost):
                if (program_id, field) not in told:
                    told.add((program_id, field))
                    yield Fault(
                        pointer("metadata_fields"),
                        f"lacks {field}, which version {version.version} of {program_id} asks for:"
                        " publish one without it first, and wait until that is in force",
                    )

    def changed_kind(self, present: Network | None, wanted: Network) -> Iterator[Fault]:
        """That a network would become a sandbox, or cease to be one."""
        if present is not None and present.is_sandbox != wanted.is_sandbox:
            is_one = "is" if present.is_sandbox else "is not"
            yield Fault(
                pointer("is_sandbox"),
                f"can't change, and this network {is_one} a sandbox: leave it out, or make another"
                " network",
            )

    def _ensure_known_programs(self, wanted: Network) -> None:
        remedy = "is no program of this network: define it first"
        faults = [
            Fault(pointer("automatic_programs", index), remedy)
            for index, _ in self.unknown_automatic_programs(wanted)
        ]
        if faults:
            raise InvalidDefinitionError.of(faults)

    def _ensure_nothing_lost(self, present: Network, wanted: Network) -> None:
        if faults := list(self.lost_metadata(present, wanted)):
            raise DefinitionInUseError("Programs ask for metadata that would be lost.", faults)


def _lost_fields(present: Network, wanted: Network) -> frozenset[str]:
    return frozenset(present.metadata_fields) - frozenset(wanted.metadata_fields)
