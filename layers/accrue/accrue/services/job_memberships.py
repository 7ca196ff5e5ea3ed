"""The memberships that a job is about, one after the other, from where it was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from accrue.domain.activity import MembershipRef
from accrue.domain.catalog import User
from accrue.domain.jobs.job import Attributes
from accrue.domain.pages import Page, PageRequest

_USERS_AT_ONCE = 50


class UserLister(Protocol):
    """Lists a network's users by id."""

    def list_users(self, network_id: str, page: PageRequest) -> Page[User]: ...


@dataclass(frozen=True, slots=True)
class MembershipPlace:
    """Behind which membership of a network a job is.

    `after` is the user before the one that it is at, whose memberships up to this one are done.
    """

    after: str | None = None
    user_id: str = ""
    program_membership_id: str = ""

    def to_attributes(self) -> dict[str, Any]:
        """As plain attributes."""
        return {
            "after": self.after,
            "user_id": self.user_id,
            "program_membership_id": self.program_membership_id,
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MembershipPlace":
        """Read back; the beginning if there is nothing."""
        return cls(
            attributes.get("after"),
            attributes.get("user_id", ""),
            attributes.get("program_membership_id", ""),
        )


@dataclass(frozen=True, slots=True)
class MembershipLister:
    """Lists memberships as the catalog has them: who enrols meanwhile may be left out."""

    users: UserLister

    def named(
        self, memberships: list[Mapping[str, str]], place: MembershipPlace
    ) -> Iterator[tuple[MembershipPlace, MembershipRef]]:
        """These, in the order of their ids, with the place behind each."""
        refs = (
            MembershipRef(each["program_id"], each["program_membership_id"]) for each in memberships
        )
        for ref in sorted(refs, key=lambda each: each.program_membership_id):
            if ref.program_membership_id > place.program_membership_id:
                yield MembershipPlace(None, "", ref.program_membership_id), ref

    def of_network(
        self, network_id: str, program_id: str | None, place: MembershipPlace
    ) -> Iterator[tuple[MembershipPlace, MembershipRef]]:
        """All, or those of a program, likewise."""
        before = place.after
        for user in self._users(network_id, place.after):
            done = place.program_membership_id if user.user_id == place.user_id else ""
            refs = (m for m in user.memberships if program_id in (None, m.program_id))
            for ref in sorted(refs, key=lambda each: each.program_membership_id):
                if ref.program_membership_id > done:
                    yield MembershipPlace(before, user.user_id, ref.program_membership_id), ref
            before = user.user_id

    def _users(self, network_id: str, after: str | None) -> Iterator[User]:
        while True:
            page = self.users.list_users(network_id, PageRequest(_USERS_AT_ONCE, after))
            yield from page.things
            if page.next_after is None:
                return
            after = page.next_after
