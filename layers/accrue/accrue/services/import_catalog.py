"""Make a network be as a document says. Running it twice changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.api_keys import SECRET_BYTES, key_text, secret_sha256
from accrue.domain.catalog import ActivityType, ApiKey, Membership, Network, User
from accrue.domain.changes import Change
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.network_document import refusal
from accrue.domain.network_parts import (
    ApiKeyPart,
    MembershipPart,
    NetworkDocument,
    NetworkPart,
    UserPart,
)
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.program.stored import kept_counts

# A program's first version also decides whatever was recorded before it was written.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Of what a membership may have to remember, over all versions of a program: it is never cleared,
# since an activity that an old version decides may still come. With the longest ids and numbers
# each takes up to 250 bytes, and a DynamoDB item has at most 400 KB.
MAX_KEPT_COUNTS = 1000


type Enrolments = Mapping[str, list[MembershipRef]]


class CatalogWriter(Protocol):
    """Reads the catalog past every cache, and writes to it.

    Saving a user adds memberships and takes none away.
    """

    def find_network(self, network_id: str) -> Network | None: ...
    def find_user(self, network_id: str, pseudonym: str) -> User | None: ...
    def find_pseudonym(self, network_id: str, user_id: str) -> str | None: ...
    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None: ...
    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None: ...
    def list_program_versions(
        self, network_id: str, program_id: str
    ) -> Sequence[ProgramVersion]: ...
    def save_network(self, network: Network, expected: Network | None) -> Change: ...
    def save_activity_type(self, network_id: str, activity_type: ActivityType) -> Change: ...
    def add_program_version(self, network_id: str, version: ProgramVersion) -> None: ...
    def save_user(self, network_id: str, user: User, email: str, pseudonym: str) -> Change: ...
    def save_traits(self, network_id: str, user_id: str, traits: Mapping[str, str]) -> Change: ...
    def save_membership(self, network_id: str, membership: Membership) -> Change: ...
    def save_api_key(self, key: ApiKey) -> Change: ...


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A key minted by this import; its text is shown now and never again."""

    key_id: str
    role: str
    api_key: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many things were created, updated and found as they should be."""

    network_id: str
    changes: Counter[Change]
    minted: tuple[MintedKey, ...]


@dataclass(frozen=True, slots=True)
class CatalogImporter:
    """Imports documents. `cache_lifetime` is how long a function may believe what it has read."""

    catalog: CatalogWriter
    # Asked when it is needed: an import may take longer than a cache lives.
    now: Callable[[], datetime]
    cache_lifetime: timedelta
    random_bytes: Callable[[int], bytes]

    def import_catalog(self, document: NetworkDocument) -> ImportReport:
        """Make the catalog be as the document says.

        Raises InvalidNetworkDocumentError, before anything is written, if it contradicts what is
        there. An import that was interrupted is completed by running it again.
        """
        present = self.catalog.find_network(document.network.network_id)
        network = self._network(document.network, present)
        if faults := list(self._contradictions(document, network)):
            raise refusal(faults)
        minted: list[MintedKey] = []
        changes = Counter((self.catalog.save_network(network, present),))
        changes.update(self._save(document, network, minted))
        return ImportReport(network.network_id, changes, tuple(minted))

    def _network(self, part: NetworkPart, present: Network | None) -> Network:
        if present is None:
            secret = self.random_bytes(SECRET_BYTES)
            present = Network(part.network_id, part.name, secret)
        return replace(present, name=part.name, **_said(part))

    def _contradictions(self, document: NetworkDocument, network: Network) -> Iterator[Fault]:
        for index, user in enumerate(document.users):
            yield from self._user_contradictions(index, user, network)
        for index, part in enumerate(document.memberships):
            yield from self._membership_contradictions(index, part, network)
        for index, program in enumerate(document.programs):
            yield from self._program_contradictions(index, program, network)

    def _program_contradictions(
        self, index: int, program: Program, network: Network
    ) -> Iterator[Fault]:
        for field in sorted(program.metadata_asked - set(network.metadata_fields)):
            yield Fault(
                pointer("network", "metadata_fields"),
                f"lacks {field}, which {program.program_id} asks for: name all that is to be kept",
            )
        versions = self.catalog.list_program_versions(network.network_id, program.program_id)
        programs = (program, *(version.program for version in versions))
        counted = frozenset[str]().union(*map(kept_counts, programs))
        if len(counted) > MAX_KEPT_COUNTS:
            yield Fault(
                pointer("programs", index),
                f"has had {len(counted):,} requirements, check-ins, limits and nth in all its "
                f"versions, and members keep the state of each: {MAX_KEPT_COUNTS:,} is the most. "
                "Start a new program",
            )

    def _membership_contradictions(
        self, index: int, part: MembershipPart, network: Network
    ) -> Iterator[Fault]:
        present = self.catalog.find_membership(network.network_id, part.program_membership_id)
        if present and (present.program_id, present.user_id) != (part.program_id, part.user_id):
            where = pointer("memberships", index)
            yield Fault(where, "is another user's or program's already: choose another id")
        pseudonym = self.catalog.find_pseudonym(network.network_id, part.user_id)
        user = self.catalog.find_user(network.network_id, pseudonym) if pseudonym else None
        for enrolled in user.memberships if user else ():
            if (
                enrolled.program_id == part.program_id
                and enrolled.program_membership_id != part.program_membership_id
            ):
                where = pointer("memberships", index, "user_id")
                yield Fault(where, "has another membership of this program already")

    def _user_contradictions(self, index: int, part: UserPart, network: Network) -> Iterator[Fault]:
        pseudonym = network.pseudonym(part.email)
        known_as = self.catalog.find_pseudonym(network.network_id, part.user_id)
        if known_as not in (None, pseudonym):
            yield Fault(
                pointer("users", index, "email"),
                "differs from this user_id's email, which can't be changed: add another user",
            )
        holder = self.catalog.find_user(network.network_id, pseudonym)
        if holder is not None and holder.user_id != part.user_id:
            yield Fault(pointer("users", index, "email"), "is another user's already")

    def _save(
        self, document: NetworkDocument, network: Network, minted: list[MintedKey]
    ) -> Iterator[Change]:
        """In an order in which everything exists before it is referred to."""
        network_id = network.network_id
        for part in document.activity_types:
            activity_type = ActivityType(
                part.activity_type_id, part.kind, part.roles, part.allows_negative
            )
            yield self.catalog.save_activity_type(network_id, activity_type)
        for program in document.programs:
            yield self._save_program(network_id, program)
        for membership in document.memberships:
            yield self.catalog.save_membership(
                network_id,
                Membership(
                    membership.program_membership_id, membership.program_id, membership.user_id
                ),
            )
        enrolments = _enrolments(document)
        for user in document.users:
            yield self._save_user(network, user, enrolments)
        for key in document.api_keys:
            yield self._save_api_key(network_id, key, minted)

    def _save_program(self, network_id: str, program: Program) -> Change:
        versions = self.catalog.list_program_versions(network_id, program.program_id)
        if not versions:
            first = ProgramVersion(1, BEGINNING, program)
            self.catalog.add_program_version(network_id, first)
            return Change.CREATED
        latest = versions[-1]
        if latest.program == program:
            return Change.UNCHANGED
        # Later than any function can still be unaware of it, so that all decide alike.
        effective_at = max(self.now() + 2 * self.cache_lifetime, latest.effective_at)
        following = ProgramVersion(latest.version + 1, effective_at, program)
        self.catalog.add_program_version(network_id, following)
        return Change.UPDATED

    def _save_user(self, network: Network, part: UserPart, enrolments: Enrolments) -> Change:
        pseudonym = network.pseudonym(part.email)
        user = User(part.user_id, tuple(enrolments.get(part.user_id, ())))
        known = None
        if part.traits is not None:
            # First, so that they are there for the first activity after the enrolment.
            known = self.catalog.save_traits(network.network_id, part.user_id, part.traits)
        saved = self.catalog.save_user(network.network_id, user, part.email, pseudonym)
        return saved if known in (None, saved) else Change.UPDATED

    def _save_api_key(self, network_id: str, part: ApiKeyPart, minted: list[MintedKey]) -> Change:
        present = self.catalog.find_api_key(network_id, part.key_id)
        if present is not None:
            key = ApiKey(part.key_id, network_id, part.role, present.secret_sha256)
            return self.catalog.save_api_key(key)
        secret = self.random_bytes(SECRET_BYTES)
        change = self.catalog.save_api_key(
            ApiKey(part.key_id, network_id, part.role, secret_sha256(secret))
        )
        text = key_text(network_id, part.key_id, secret)
        minted.append(MintedKey(part.key_id, part.role.value, text))
        return change


def _said(part: NetworkPart) -> dict[str, Any]:
    """What the document says of the network; what it leaves out stays as it is."""
    optional = {
        "logs_undefined_types": part.logs_undefined_types,
        "metadata_fields": part.metadata_fields,
    }
    return {name: value for name, value in optional.items() if value is not None}


def _enrolments(document: NetworkDocument) -> Enrolments:
    """The document's memberships by user id."""
    enrolments: dict[str, list[MembershipRef]] = defaultdict(list)
    for part in document.memberships:
        enrolments[part.user_id].append(MembershipRef(part.program_id, part.program_membership_id))
    return enrolments
