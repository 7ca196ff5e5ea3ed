"""The users and memberships of a network document."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accrue.domain.activity import MembershipRef
from accrue.domain.administration_errors import ConflictError
from accrue.domain.catalog import Network
from accrue.domain.changes import Change, PartChange
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.network_parts import MembershipPart, NetworkDocument, UserPart
from accrue.domain.preconditions import AS_IMPORTED
from accrue.domain.users import MAX_MEMBERSHIPS, UserProfile
from accrue.services.administer_users import (
    UserAdministrator,
    ensure_email,
    ensure_not_forgotten,
    new_user,
)
from accrue.services.enrol import (
    RESERVED,
    TAKEN,
    is_reserved,
    is_somebody_elses,
    other_membership,
)

type Enrolments = Mapping[str, list[tuple[int, MembershipPart]]]


@dataclass(frozen=True, slots=True)
class UserImporter:
    """Imports users, each with its memberships at once."""

    users: UserAdministrator

    def contradictions(self, document: NetworkDocument, network: Network) -> Iterator[Fault]:
        """What in the document contradicts the users that there are."""
        enrolments = _enrolments(document)
        for index, part in enumerate(document.users):
            present = self.users.store.find_user(network.network_id, part.user_id)
            try:
                if present is not None:
                    ensure_not_forgotten(present, "/user_id")
                ensure_email(network, part, present, self.users.store)
            except ConflictError as conflict:
                for fault in conflict.faults:
                    yield Fault(pointer("users", index) + fault.pointer, fault.message)
            profile = present or new_user(network, part)
            yield from self._membership_contradictions(network, profile, enrolments[part.user_id])

    def _membership_contradictions(
        self, network: Network, profile: UserProfile, parts: list[tuple[int, MembershipPart]]
    ) -> Iterator[Fault]:
        for index, part in parts:
            ref = _ref(part)
            if is_reserved(profile, ref, network.network_id):
                where = pointer("memberships", index, "program_membership_id")
                yield Fault(where, RESERVED)
            if is_somebody_elses(profile, ref, network.network_id, self.users.store):
                yield Fault(pointer("memberships", index), TAKEN)
            if other_membership(profile, ref):
                where = pointer("memberships", index, "user_id")
                yield Fault(where, "has another membership of this program already")
        has = {ref.program_id for ref in profile.memberships}
        wanted = has | {part.program_id for _, part in parts}
        if parts and len(wanted) > MAX_MEMBERSHIPS:
            yield Fault(
                pointer("memberships", parts[-1][0], "user_id"),
                f"would be in {len(wanted)} programs: a user is in {MAX_MEMBERSHIPS} at most",
            )

    def save(self, document: NetworkDocument, network: Network) -> Iterator[PartChange]:
        """Make the users be as the document says; a change for each part of it."""
        enrolments = _enrolments(document)
        for part in document.users:
            yield from self._save(part, [ref for _, ref in enrolments[part.user_id]], network)

    def _save(
        self, part: UserPart, parts: list[MembershipPart], network: Network
    ) -> Iterator[PartChange]:
        before = self.users.store.find_user(network.network_id, part.user_id)
        refs = [_ref(each) for each in parts]
        saved = self.users.put_enrolled(network, part, refs, AS_IMPORTED)
        yield PartChange(pointer("users", part.user_id), saved.change)
        had = before.memberships if before else ()
        for ref in refs:
            where = pointer("memberships", ref.program_membership_id)
            yield PartChange(where, Change.UNCHANGED if ref in had else Change.CREATED)


def _ref(part: MembershipPart) -> MembershipRef:
    return MembershipRef(part.program_id, part.program_membership_id)


def _enrolments(document: NetworkDocument) -> Enrolments:
    """The document's memberships by user id, with their places."""
    enrolments: dict[str, list[tuple[int, MembershipPart]]] = defaultdict(list)
    for index, part in enumerate(document.memberships):
        enrolments[part.user_id].append((index, part))
    return enrolments
