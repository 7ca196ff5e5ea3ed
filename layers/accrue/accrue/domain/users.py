"""A user as administrators see him, and what may become of him. All else follows from this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from accrue.domain.activity import MembershipRef
from accrue.domain.catalog import Membership, User
from accrue.domain.user_standing import UserStanding

# A user is changed with an item for each membership in one transaction of 100, where DynamoDB
# ends; besides these there are the user, the email and the traits.
MAX_MEMBERSHIPS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProfile:
    """Everything that a network knows of a person.

    `email` is as it was sent, and `pseudonym` what the network makes of it; a forgotten user has
    neither, nor traits, nor a reason. `memberships` has at most one of each program.
    """

    user_id: str
    email: str | None
    pseudonym: str | None
    traits: Mapping[str, str] = field(default_factory=dict)
    standing: UserStanding = UserStanding.ACTIVE
    suspended_reason: str | None = None
    memberships: tuple[MembershipRef, ...] = ()

    @property
    def user(self) -> User:
        """The user as an activity meets him."""
        return User(self.user_id, self.memberships, self.standing)

    def membership_in(self, program_id: str) -> Membership | None:
        """The user's membership of a program, or None."""
        return next(
            (
                Membership(ref.program_membership_id, program_id, self.user_id, self.standing)
                for ref in self.memberships
                if ref.program_id == program_id
            ),
            None,
        )

    def enrolled(self, refs: Iterable[MembershipRef]) -> "UserProfile":
        """The user with further memberships."""
        return replace(self, memberships=(*self.memberships, *refs))

    def suspended(self, reason: str | None) -> "UserProfile":
        """The user suspended; an earlier reason stays if there is no new one."""
        return replace(
            self,
            standing=UserStanding.SUSPENDED,
            suspended_reason=self.suspended_reason if reason is None else reason,
        )

    def reinstated(self) -> "UserProfile":
        """The user active."""
        return replace(self, standing=UserStanding.ACTIVE, suspended_reason=None)

    def forgotten(self) -> "UserProfile":
        """What remains of the user: ids that tell nobody who it was."""
        return UserProfile(
            user_id=self.user_id,
            email=None,
            pseudonym=None,
            standing=UserStanding.FORGOTTEN,
            memberships=self.memberships,
        )

    def to_document(self) -> Mapping[str, Any]:
        """The user as it is shown."""
        return {
            "user_id": self.user_id,
            "email": self.email,
            "traits": dict(self.traits),
            "standing": self.standing.value,
            "suspended_reason": self.suspended_reason,
            "memberships": [
                {"program_id": m.program_id, "program_membership_id": m.program_membership_id}
                for m in self.memberships
            ],
        }
