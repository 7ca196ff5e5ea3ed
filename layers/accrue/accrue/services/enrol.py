"""Enrol users in programs: asked for by somebody, or because a network wants all of them in."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.administration_errors import (
    ConflictError,
    MembershipTakenError,
    TooManyMembershipsError,
)
from accrue.domain.catalog import Membership, Network, User
from accrue.domain.errors import Fault
from accrue.domain.ids import id_of_membership, is_of_somebody_else
from accrue.domain.preconditions import Precondition
from accrue.domain.user_standing import UserStanding
from accrue.domain.users import MAX_MEMBERSHIPS, UserProfile
from accrue.services.put_conditionally import put_conditionally

TAKEN = "is another user's or program's already: choose another id"
RESERVED = "begins as the ids do that memberships get here: choose another"
# An order is for whatever state it finds.
WHATEVER_IS_THERE = Precondition(accepts_any=True)


class EnrolmentStore(Protocol):
    """Reads users past every cache, and writes all about one at once.

    `save_user` raises CatalogMovedError if what is there is not `present` any more, or if the email
    or a membership that the user would get is somebody's.
    """

    def find_user(self, network_id: str, user_id: str) -> UserProfile | None: ...
    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None: ...
    def save_user(
        self, network_id: str, present: UserProfile | None, wanted: UserProfile
    ) -> None: ...


class UserCache(Protocol):
    """What a function remembers of users."""

    def drop_user(self, network_id: str, pseudonym: str) -> None: ...


def missing_automatic(network: Network, user: User) -> tuple[MembershipRef, ...]:
    """The memberships that the network wants the user to have, and which the user lacks."""
    enrolled_in = {ref.program_id for ref in user.memberships}
    return tuple(
        MembershipRef(program_id, id_of_membership(network.network_id, program_id, user.user_id))
        for program_id in network.automatic_programs
        if program_id not in enrolled_in
    )


def enrolled(
    profile: UserProfile, refs: Iterable[MembershipRef], network_id: str, store: EnrolmentStore
) -> UserProfile:
    """The user with these memberships too; those that the user has already stay.

    Raises MembershipTakenError, or TooManyMembershipsError.
    """
    new = tuple(ref for ref in refs if ref not in profile.memberships)
    for ref in new:
        if other := other_membership(profile, ref):
            raise _taken(f"differs from {other}, which the user has: send that, or leave it out")
        if is_reserved(profile, ref, network_id):
            raise _taken(f"{RESERVED}, or leave it out")
        if is_somebody_elses(profile, ref, network_id, store):
            raise _taken(TAKEN)
    wanted = profile.enrolled(new)
    if len(wanted.memberships) > MAX_MEMBERSHIPS:
        raise TooManyMembershipsError(
            "The user has too many memberships.",
            [
                Fault(
                    "/program_id",
                    f"would be more than {MAX_MEMBERSHIPS} programs: a user has at most as many",
                )
            ],
        )
    return wanted


def enrolled_automatically(
    network: Network, profile: UserProfile, store: EnrolmentStore
) -> UserProfile:
    """The user with all automatic memberships that he can have.

    One whose id somebody else has chosen, or which would be too many, is left out: it must keep
    nobody from being made, and no activity from being recorded.
    """
    for ref in missing_automatic(network, profile.user):
        with suppress(ConflictError):
            profile = enrolled(profile, [ref], network.network_id, store)
    return profile


def is_reserved(profile: UserProfile, ref: MembershipRef, network_id: str) -> bool:
    """Whether the user would get an id that is kept for other memberships.

    Those are known to everybody who can reckon, and whoever had one would keep its user out.
    """
    return ref not in profile.memberships and is_of_somebody_else(
        ref.program_membership_id, network_id, ref.program_id, profile.user_id
    )


def is_somebody_elses(
    profile: UserProfile, ref: MembershipRef, network_id: str, store: EnrolmentStore
) -> bool:
    """Whether the membership is another user's, or one of another program."""
    holder = store.find_membership(network_id, ref.program_membership_id)
    return holder is not None and (holder.user_id, holder.ref) != (profile.user_id, ref)


def other_membership(profile: UserProfile, ref: MembershipRef) -> str | None:
    """The id of another membership that the user has in the program."""
    has = profile.membership_in(ref.program_id)
    if has is None or has.ref == ref:
        return None
    return has.program_membership_id


def _taken(remedy: str) -> MembershipTakenError:
    return MembershipTakenError(
        "The user can't have this membership.", [Fault("/program_membership_id", remedy)]
    )


@dataclass(frozen=True, slots=True)
class AutomaticEnroller:
    """Sees to it that whoever takes part in an activity is in the network's automatic programs."""

    store: EnrolmentStore
    cache: UserCache

    def with_automatic(self, network: Network, pseudonym: str, user: User) -> User:
        """The user, enrolled in what was missing. If nothing was, nothing is read or written."""
        if not missing_automatic(network, user):
            return user
        # Whatever comes of it, the next activity must not find the user as he was.
        self.cache.drop_user(network.network_id, pseudonym)
        return put_conditionally(
            find=lambda: self.store.find_user(network.network_id, user.user_id),
            make=lambda present: self._enrolled(network, present),
            save=lambda present, made: self.store.save_user(network.network_id, present, made),
            precondition=WHATEVER_IS_THERE,
        ).thing.user

    def _enrolled(self, network: Network, present: UserProfile | None) -> UserProfile:
        # Of users, nothing but what is personal is ever deleted.
        assert present is not None
        if present.standing is UserStanding.FORGOTTEN:
            return present
        return enrolled_automatically(network, present, self.store)
