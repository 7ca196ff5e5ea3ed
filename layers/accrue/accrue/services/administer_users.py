"""Make users, change them, show them; suspend, reinstate and forget them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.administration_errors import (
    EmailFixedError,
    EmailTakenError,
    UserForgottenError,
    UserNotFoundError,
)
from accrue.domain.catalog import Network
from accrue.domain.errors import Fault, NetworkNotFoundError
from accrue.domain.network_parts import UserPart
from accrue.domain.pages import Page, PageRequest
from accrue.domain.preconditions import Precondition
from accrue.domain.user_standing import UserStanding
from accrue.domain.users import UserProfile
from accrue.services.enrol import (
    WHATEVER_IS_THERE,
    EnrolmentStore,
    enrolled,
    enrolled_automatically,
)
from accrue.services.put_conditionally import Saved, put_conditionally


class NetworkFinder(Protocol):
    """Reads networks past every cache."""

    def find_network(self, network_id: str) -> Network | None: ...


class UserStore(EnrolmentStore, Protocol):
    """Reads and writes users, by email and in lists too."""

    def find_user_id(self, network_id: str, pseudonym: str) -> str | None: ...
    def list_users(self, network_id: str, page: PageRequest) -> Page[UserProfile]: ...


@dataclass(frozen=True, slots=True)
class UserAdministrator:
    """What administrators do with users."""

    networks: NetworkFinder
    store: UserStore

    def put(
        self, network_id: str, part: UserPart, precondition: Precondition
    ) -> Saved[UserProfile]:
        """Make the user be as the definition says.

        Raises NetworkNotFoundError, EmailTakenError, EmailFixedError, UserForgottenError.
        """
        network = self.networks.find_network(network_id)
        if network is None:
            raise NetworkNotFoundError
        return self.put_enrolled(network, part, (), precondition)

    def put_enrolled(
        self,
        network: Network,
        part: UserPart,
        refs: Sequence[MembershipRef],
        precondition: Precondition,
    ) -> Saved[UserProfile]:
        """Make the user be as the definition says, with these memberships among others.

        A new one is enrolled in the network's automatic programs at once. Raises
        MembershipTakenError and TooManyMembershipsError too.
        """
        network_id = network.network_id

        def make(present: UserProfile | None) -> UserProfile:
            profile = self._defined(network, part, present)
            profile = enrolled(profile, refs, network_id, self.store)
            if present is None:
                profile = enrolled_automatically(network, profile, self.store)
            return profile

        return put_conditionally(
            find=lambda: self.store.find_user(network_id, part.user_id),
            make=make,
            save=lambda present, made: self.store.save_user(network_id, present, made),
            precondition=precondition,
        )

    def _defined(
        self, network: Network, part: UserPart, present: UserProfile | None
    ) -> UserProfile:
        profile = present or new_user(network, part)
        ensure_not_forgotten(profile, "path:user_id")
        ensure_email(network, part, present, self.store)
        traits = profile.traits if part.traits is None else part.traits
        return replace(profile, email=part.email, traits=traits)

    def get(self, network_id: str, user_id: str) -> UserProfile:
        """The user; raises UserNotFoundError."""
        found = self.store.find_user(network_id, user_id)
        if found is None:
            raise UserNotFoundError
        return found

    def list(self, network_id: str, page: PageRequest) -> Page[UserProfile]:
        """The network's users by id, forgotten ones too."""
        return self.store.list_users(network_id, page)

    def suspend(self, network_id: str, user_id: str, reason: str | None) -> UserProfile:
        """Let the user earn nothing. Raises UserNotFoundError or UserForgottenError."""
        return self._order(network_id, user_id, lambda found: _remembered(found).suspended(reason))

    def reinstate(self, network_id: str, user_id: str) -> UserProfile:
        """Let the user earn again. Raises UserNotFoundError or UserForgottenError."""
        return self._order(network_id, user_id, lambda found: _remembered(found).reinstated())

    def forget(self, network_id: str, user_id: str) -> UserProfile:
        """Delete whatever tells who the user is, for ever. Raises UserNotFoundError."""
        return self._order(network_id, user_id, UserProfile.forgotten)

    def _order(
        self, network_id: str, user_id: str, change: Callable[[UserProfile], UserProfile]
    ) -> UserProfile:
        def make(present: UserProfile | None) -> UserProfile:
            if present is None:
                raise UserNotFoundError
            return change(present)

        return put_conditionally(
            find=lambda: self.store.find_user(network_id, user_id),
            make=make,
            save=lambda present, made: self.store.save_user(network_id, present, made),
            precondition=WHATEVER_IS_THERE,
        ).thing


def new_user(network: Network, part: UserPart) -> UserProfile:
    """A user who has nothing yet."""
    return UserProfile(
        user_id=part.user_id, email=part.email, pseudonym=network.pseudonym(part.email)
    )


def ensure_not_forgotten(profile: UserProfile, where: str) -> None:
    """Raise UserForgottenError for a forgotten user, who is named at `where`."""
    if profile.standing is UserStanding.FORGOTTEN:
        raise UserForgottenError(
            "The user was forgotten, which can't be undone.",
            [Fault(where, "was forgotten: create a user with another id")],
        )


def ensure_email(
    network: Network, part: UserPart, present: UserProfile | None, store: UserStore
) -> None:
    """Raise EmailFixedError or EmailTakenError unless the user has the email, or may get it."""
    pseudonym = network.pseudonym(part.email)
    if present is not None and present.pseudonym == pseudonym:
        return
    if present is not None:
        raise EmailFixedError(
            "The email of a user can't be changed: earlier requests are recognised by it.",
            [
                Fault(
                    "/email",
                    "differs from this user_id's email, which can't be changed: add another user",
                )
            ],
        )
    if store.find_user_id(network.network_id, pseudonym) not in (None, part.user_id):
        raise EmailTakenError(
            "Another user has this email.",
            [Fault("/email", "is another user's already: send another, or that user's user_id")],
        )


def _remembered(profile: UserProfile) -> UserProfile:
    ensure_not_forgotten(profile, "path:user_id")
    return profile
