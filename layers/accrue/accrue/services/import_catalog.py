"""Make a network be as a document says. Running it twice changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol, Self

from accrue.domain.administration_errors import (
    InvalidDefinitionError,
    PreconditionFailedError,
)
from accrue.domain.catalog import Network
from accrue.domain.changes import Change, PartChange
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.network_document import overtaken, refusal
from accrue.domain.network_parts import NetworkDocument, NetworkPart
from accrue.domain.preconditions import AS_IMPORTED, Precondition
from accrue.domain.program.program import Program
from accrue.domain.program_publication import (
    earliest_effective_at,
    points_over_already,
    too_much_kept,
)
from accrue.services.administer_activity_types import (
    ActivityTypeAdministrator,
    ActivityTypeStore,
    LatestPrograms,
)
from accrue.services.administer_api_keys import (
    MAX_LIVE_KEYS,
    ApiKeyAdministrator,
    ApiKeyStore,
    IssuedKey,
)
from accrue.services.administer_networks import (
    NetworkAdministrator,
    NetworkStore,
    ProgramsOfNetwork,
)
from accrue.services.administer_programs import ProgramAdministrator, ProgramStore
from accrue.services.administer_users import UserAdministrator, UserStore
from accrue.services.import_report import ImportReport
from accrue.services.import_users import UserImporter
from accrue.services.ports import NetworkClock


class ProgramsStore(ProgramStore, ProgramsOfNetwork, LatestPrograms, Protocol):
    """Keeps programs, for all who ask about them."""


class CatalogStores(Protocol):
    """Where each kind of part is kept."""

    @property
    def networks(self) -> NetworkStore: ...
    @property
    def activity_types(self) -> ActivityTypeStore: ...
    @property
    def programs(self) -> ProgramsStore: ...
    @property
    def users(self) -> UserStore: ...
    @property
    def api_keys(self) -> ApiKeyStore: ...


@dataclass(frozen=True, slots=True)
class CatalogImporter:
    """Imports documents, by what administers each kind of part."""

    networks: NetworkAdministrator
    activity_types: ActivityTypeAdministrator
    programs: ProgramAdministrator
    users: UserImporter
    api_keys: ApiKeyAdministrator

    @classmethod
    def over(
        cls,
        stores: CatalogStores,
        *,
        clock: NetworkClock,
        real_now: Callable[[], datetime],
        cache_lifetime: timedelta,
        random_bytes: Callable[[int], bytes],
    ) -> Self:
        """An importer into these; `cache_lifetime` is how long functions believe what they read.

        Keys open real doors, and are dated in real time.
        """
        networks, types, programs = stores.networks, stores.activity_types, stores.programs
        return cls(
            NetworkAdministrator(networks, programs, clock, random_bytes),
            ActivityTypeAdministrator(types, programs),
            ProgramAdministrator(programs, networks, types, clock, cache_lifetime),
            UserImporter(UserAdministrator(networks, stores.users)),
            ApiKeyAdministrator(stores.api_keys, networks, real_now, random_bytes),
        )

    def import_catalog(self, document: NetworkDocument) -> ImportReport:
        """Make the catalog be as the document says.

        Raises InvalidNetworkDocumentError, before anything is written, if it contradicts what is
        there; and after some parts are, if it does by then, since somebody else has changed that.
        An import that was interrupted is completed by running it again.
        """
        present = self.networks.store.find_network(document.network.network_id)
        network = _wanted(document.network, present)
        if faults := list(self.contradictions(document, network, present)):
            raise refusal(faults)
        at_first = self._without_coming_programs(document.network, network)
        change = self._create(at_first) if present is None else self._change(at_first)
        if change is None:
            # Somebody else has made it meanwhile, with users that have not been looked at.
            return self.import_catalog(document)
        minted: list[IssuedKey] = []
        parts = tuple(self._save(document, change, minted))
        return ImportReport(network.network_id, parts, tuple(minted))

    def _create(self, part: NetworkPart) -> Change | None:
        """Make a network that was not there; None if it is by now."""
        try:
            made = self.networks.put(part, Precondition(must_be_new=True), may_create=True)
        except PreconditionFailedError:
            return None
        return made.change if made.change is Change.CREATED else None

    def _change(self, part: NetworkPart) -> Change:
        return self.networks.put(part, AS_IMPORTED, may_create=False).change

    def contradictions(
        self, document: NetworkDocument, network: Network, present: Network | None
    ) -> Iterator[Fault]:
        """What in the document contradicts what is there; the network will be as given."""
        yield from self._network_contradictions(document, network, present)
        yield from self._type_contradictions(document)
        for index, program in enumerate(document.programs):
            yield from self._program_contradictions(index, program, network)
        yield from self.users.contradictions(document, network)
        yield from self._key_contradictions(document)

    def _network_contradictions(
        self, document: NetworkDocument, network: Network, present: Network | None
    ) -> Iterator[Fault]:
        coming = _program_ids(document)
        for index, program_id in self.networks.unknown_automatic_programs(network):
            if program_id not in coming:
                yield Fault(
                    pointer("network", "automatic_programs", index),
                    "is no program of this network: define it first, or in this document",
                )
        if present is not None:
            for fault in chain(
                self.networks.changed_kind(present, network),
                self.networks.lost_metadata(present, network),
            ):
                yield Fault(pointer("network") + fault.pointer, fault.message)

    def _type_contradictions(self, document: NetworkDocument) -> Iterator[Fault]:
        network_id = document.network.network_id
        listed = self.activity_types.store.all_activity_types(network_id)
        there = {each.activity_type_id: each for each in listed}
        for index, part in enumerate(document.activity_types):
            present = there.get(part.activity_type_id)
            for fault in self.activity_types.lost_roles(
                network_id, present, part.activity_type(), _program_ids(document)
            ):
                yield Fault(pointer("activity_types", index) + fault.pointer, fault.message)

    def _program_contradictions(
        self, index: int, program: Program, network: Network
    ) -> Iterator[Fault]:
        for field in sorted(program.metadata_asked - set(network.metadata_fields)):
            yield Fault(
                pointer("network", "metadata_fields"),
                f"lacks {field}, which {program.program_id} asks for: name all that is to be kept",
            )
        store = self.programs.store
        latest = store.find_latest_version(network.network_id, program.program_id)
        if remedy := too_much_kept(program, store.find_kept(network.network_id, latest)):
            yield Fault(pointer("programs", index), remedy)
        if latest is None or latest.program != program:
            now = self.programs.clock.now(network.network_id)
            starts_at = earliest_effective_at(now, self.programs.cache_lifetime)
            for found in points_over_already(program, starts_at):
                yield Fault(pointer("programs", index, *found.place), found.remedy)

    def _key_contradictions(self, document: NetworkDocument) -> Iterator[Fault]:
        network_id = document.network.network_id
        live = self.api_keys.store.count_keys(network_id).live
        for index, part in enumerate(document.api_keys):
            present = self.api_keys.store.find_api_key(network_id, part.key_id)
            if present is None:
                live += 1
                if live > MAX_LIVE_KEYS:
                    remedy = f"is one more than the {MAX_LIVE_KEYS} that a network can have"
                    yield Fault(pointer("api_keys", index), f"{remedy}: revoke one first")
            elif present.revoked_at is not None:
                remedy = "is the id of a revoked key, and an id names one key for ever"
                where = pointer("api_keys", index, "key_id")
                yield Fault(where, f"{remedy}: leave it out, or choose another")

    def _without_coming_programs(self, part: NetworkPart, network: Network) -> NetworkPart:
        """The network before its programs are there: nobody can be enrolled in those yet."""
        if part.automatic_programs is None:
            return part
        unknown = {index for index, _ in self.networks.unknown_automatic_programs(network)}
        known = (p for index, p in enumerate(part.automatic_programs) if index not in unknown)
        return part.model_copy(update={"automatic_programs": tuple(known)})

    def _save(
        self, document: NetworkDocument, change: Change, minted: list[IssuedKey]
    ) -> Iterator[PartChange]:
        """In an order in which everything exists before it is referred to."""
        network_id = document.network.network_id
        for part in document.activity_types:
            saved_type = self.activity_types.put(
                network_id, part, AS_IMPORTED, _program_ids(document)
            )
            yield PartChange(pointer("activity_types", part.activity_type_id), saved_type.change)
        for index, program in enumerate(document.programs):
            published = self._publish(network_id, index, program)
            yield PartChange(pointer("programs", program.program_id), published)
        saved = self.networks.put(document.network, AS_IMPORTED, may_create=False)
        yield PartChange(pointer("network"), saved.change if change is Change.UNCHANGED else change)
        yield from self.users.save(document, saved.thing)
        for key in document.api_keys:
            issued = self.api_keys.have(network_id, key)
            if issued.thing.text:
                minted.append(issued.thing)
            yield PartChange(pointer("api_keys", key.key_id), issued.change)

    def _publish(self, network_id: str, index: int, program: Program) -> Change:
        try:
            return self.programs.publish_imported(network_id, program).change
        except InvalidDefinitionError as refused:
            # What it refers to was there when the document was looked at.
            raise overtaken(
                Fault(
                    pointer("programs", index) + fault.pointer.removeprefix(pointer("program")),
                    fault.message,
                )
                for fault in refused.faults
            ) from refused


def _wanted(part: NetworkPart, present: Network | None) -> Network:
    """The network as it will be; of a new one, whose secret is minted when it is made, nothing that
    depends on the secret can be there yet.
    """
    return part.said_of(present or Network(part.network_id, part.name, b""))


def _program_ids(document: NetworkDocument) -> frozenset[str]:
    return frozenset(program.program_id for program in document.programs)
