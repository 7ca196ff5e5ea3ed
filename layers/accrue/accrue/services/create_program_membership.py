"""Enrol a user in a program once, or tell the membership that the user has."""

from dataclasses import dataclass
from typing import Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership, Network
from accrue.domain.changes import Change
from accrue.domain.errors import (
    CatalogRefusalError,
    Fault,
    NetworkNotFoundError,
    UnknownProgramError,
    UnknownUserError,
)
from accrue.domain.ids import id_of_membership
from accrue.domain.program_membership_request import ProgramMembershipRequest
from accrue.domain.users import UserProfile
from accrue.services.administer_users import NetworkFinder, UserStore, ensure_not_forgotten
from accrue.services.enrol import WHATEVER_IS_THERE, enrolled
from accrue.services.put_conditionally import put_conditionally
from accrue.services.record_activity import noted


class ProgramFinder(Protocol):
    """Knows which programs there are, past every cache."""

    def has_program(self, network_id: str, program_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class CreatedMembership:
    """The membership that the user has now, and whether this request made it."""

    membership: Membership
    is_new: bool


@dataclass(frozen=True, slots=True)
class MembershipCreator:
    """The ports that enrolling a user needs."""

    networks: NetworkFinder
    users: UserStore
    programs: ProgramFinder

    def create(self, request: ProgramMembershipRequest, caller: Caller) -> CreatedMembership:
        """The user's membership in the program, made if there is none.

        Raises NetworkNotFoundError; UnknownUserError and UnknownProgramError, together if it is
        both; UserForgottenError; MembershipTakenError, TooManyMembershipsError.
        """
        network = self.networks.find_network(caller.network_id)
        if network is None:
            raise NetworkNotFoundError
        user_id = self._user_id(request, network)
        saved = put_conditionally(
            find=lambda: self._find(network, user_id),
            make=lambda present: self._enrolled(present, request, network),
            save=lambda present, made: self.users.save_user(network.network_id, present, made),
            precondition=WHATEVER_IS_THERE,
        )
        membership = saved.thing.membership_in(request.program_id)
        assert membership is not None
        return CreatedMembership(membership, saved.change is not Change.UNCHANGED)

    def _user_id(self, request: ProgramMembershipRequest, network: Network) -> str | None:
        if request.email is None:
            return request.user_id
        return self.users.find_user_id(network.network_id, network.pseudonym(request.email))

    def _find(self, network: Network, user_id: str | None) -> UserProfile | None:
        return None if user_id is None else self.users.find_user(network.network_id, user_id)

    def _enrolled(
        self, present: UserProfile | None, request: ProgramMembershipRequest, network: Network
    ) -> UserProfile:
        has = present and present.membership_in(request.program_id)
        if present and has and request.program_membership_id in (None, has.program_membership_id):
            return present
        user = self._enrollable(present, request, network)
        membership_id = request.program_membership_id or id_of_membership(
            network.network_id, request.program_id, user.user_id
        )
        ref = MembershipRef(request.program_id, membership_id)
        return enrolled(user, [ref], network.network_id, self.users)

    def _enrollable(
        self, present: UserProfile | None, request: ProgramMembershipRequest, network: Network
    ) -> UserProfile:
        refusals: list[CatalogRefusalError] = []
        with noted(refusals):
            _ensure_known(present, request)
        with noted(refusals):
            self._ensure_program(request, network)
        if refusals:
            raise CatalogRefusalError.together(refusals)
        assert present is not None
        ensure_not_forgotten(present, request.user_pointer)
        return present

    def _ensure_program(self, request: ProgramMembershipRequest, network: Network) -> None:
        if not self.programs.has_program(network.network_id, request.program_id):
            raise UnknownProgramError(
                "The network has no such program.",
                [Fault("/program_id", "is no program of this network: define it, or check the id")],
            )


def _ensure_known(present: UserProfile | None, request: ProgramMembershipRequest) -> None:
    if present is None:
        noun = "user_id" if request.email is None else "email"
        raise UnknownUserError(
            "The network does not know the user.",
            [
                Fault(
                    request.user_pointer,
                    f"is the {noun} of no user of this network: create the user",
                )
            ],
        )
