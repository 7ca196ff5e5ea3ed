"""Users in CatalogTable: one item that says everything, and what activities need of it.

What the other items say follows from the first, and all are changed in one transaction with it: it
is written whenever one of them is, so that two changes of one user never pass each other by.
"""

from collections.abc import Mapping
from typing import Any

from accrue.domain.activity import MembershipRef
from accrue.domain.catalog import Membership, User
from accrue.domain.limits import MAX_ID_CHARS
from accrue.domain.pages import Page, PageRequest
from accrue.domain.user_standing import UserStanding
from accrue.domain.users import UserProfile
from accrue.storage.administration_table import AdministrationTable, ItemChange

type Items = dict[tuple[str, str], Mapping[str, Any]]


class UserTable:
    """Implements `services.administer_users.UserStore`."""

    def __init__(self, table: AdministrationTable) -> None:
        self._table = table

    def find_user(self, network_id: str, user_id: str) -> UserProfile | None:
        """The user as he is now, or None."""
        if not _may_be_id(user_id):
            return None
        attributes = self._table.read_item(f"{network_id}#USERS", user_id)
        return None if attributes is None else _profile(attributes)

    def find_user_id(self, network_id: str, pseudonym: str) -> str | None:
        """The id of the user whose email has this pseudonym, or None."""
        attributes = self._table.read_item(f"{network_id}#EMAIL#{pseudonym}", "USER")
        return None if attributes is None else attributes["user_id"]

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        """The membership of this id, or None."""
        if not _may_be_id(program_membership_id):
            return None
        partition = f"{network_id}#MEMBERSHIP#{program_membership_id}"
        attributes = self._table.read_item(partition, "MEMBERSHIP")
        return None if attributes is None else membership_from_attributes(attributes)

    def has_program(self, network_id: str, program_id: str) -> bool:
        """Whether the network has a program of this id."""
        if not _may_be_id(program_id):
            return False
        first = self._table.list_items(f"{network_id}#PROGRAM#{program_id}", PageRequest(1))
        return bool(first.things)

    def list_users(self, network_id: str, page: PageRequest) -> Page[UserProfile]:
        """The users by id."""
        found = self._table.list_items(f"{network_id}#USERS", page)
        return Page(tuple(map(_profile, found.things)), found.next_after)

    def save_user(self, network_id: str, present: UserProfile | None, wanted: UserProfile) -> None:
        """Write all that changes, if what is there is `present`. Raises CatalogMovedError."""
        before: Items = {} if present is None else _items(network_id, present)
        after = _items(network_id, wanted)
        self._table.change(
            *(
                ItemChange(
                    partition, sort, before.get((partition, sort)), after.get((partition, sort))
                )
                for partition, sort in before | after
                if before.get((partition, sort)) != after.get((partition, sort))
            )
        )


def _may_be_id(text: str) -> bool:
    # It comes from a URL or body, and DynamoDB refuses longer keys. No id of ours is as long.
    return len(text) <= MAX_ID_CHARS


def _items(network_id: str, profile: UserProfile) -> Items:
    """All items of a user, by partition and sort key."""
    user_id, standing = profile.user_id, profile.standing.value
    memberships = [
        {"program_id": m.program_id, "program_membership_id": m.program_membership_id}
        for m in profile.memberships
    ]
    whole = {
        "user_id": user_id,
        "email": profile.email,
        "pseudonym": profile.pseudonym,
        "standing": standing,
        "suspended_reason": profile.suspended_reason,
        "traits": dict(profile.traits) or None,
        "memberships": memberships,
    }
    items: Items = {
        (f"{network_id}#USERS", user_id): {n: v for n, v in whole.items() if v is not None}
    }
    if profile.pseudonym is not None:
        items[f"{network_id}#EMAIL#{profile.pseudonym}", "USER"] = {
            "user_id": user_id,
            "memberships": memberships,
            "standing": standing,
        }
    if profile.traits:
        traits = {"user_id": user_id, "traits": dict(profile.traits)}
        items[f"{network_id}#TRAITS#{user_id}", "TRAITS"] = traits
    for membership in memberships:
        partition = f"{network_id}#MEMBERSHIP#{membership['program_membership_id']}"
        items[partition, "MEMBERSHIP"] = {**membership, "user_id": user_id, "standing": standing}
    return items


def _profile(attributes: Mapping[str, Any]) -> UserProfile:
    return UserProfile(
        user_id=attributes["user_id"],
        email=attributes.get("email"),
        pseudonym=attributes.get("pseudonym"),
        traits=attributes.get("traits", {}),
        standing=UserStanding(attributes["standing"]),
        suspended_reason=attributes.get("suspended_reason"),
        memberships=_refs(attributes["memberships"]),
    )


def user_from_attributes(attributes: Mapping[str, Any]) -> User:
    """Read the item under an email's pseudonym, or what a user's own has of the same."""
    return User(
        user_id=attributes["user_id"],
        memberships=_refs(attributes["memberships"]),
        standing=UserStanding(attributes["standing"]),
    )


def traits_from_attributes(attributes: Mapping[str, Any]) -> Mapping[str, str]:
    """Read the item with a user's traits."""
    traits: Mapping[str, str] = attributes["traits"]
    return traits


def membership_from_attributes(attributes: Mapping[str, Any]) -> Membership:
    """Read a membership's item."""
    return Membership(
        program_membership_id=attributes["program_membership_id"],
        program_id=attributes["program_id"],
        user_id=attributes["user_id"],
        standing=UserStanding(attributes["standing"]),
    )


def _refs(memberships: list[Mapping[str, str]]) -> tuple[MembershipRef, ...]:
    return tuple(MembershipRef(m["program_id"], m["program_membership_id"]) for m in memberships)
