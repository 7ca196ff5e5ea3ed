"""The users' store as a dry run has it: it notes who would be enrolled in what."""

from dataclasses import dataclass, field

from accrue.domain.catalog import Membership
from accrue.domain.users import UserProfile
from accrue.services.enrol import EnrolmentStore


@dataclass(frozen=True, slots=True)
class DryEnrolments:
    """An `EnrolmentStore` that notes which memberships would be made."""

    store: EnrolmentStore
    made: list[Membership] = field(default_factory=list)

    def find_user(self, network_id: str, user_id: str) -> UserProfile | None:
        """The user as he is."""
        return self.store.find_user(network_id, user_id)

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        """The membership as it is."""
        return self.store.find_membership(network_id, program_membership_id)

    def save_user(
        self,
        network_id: str,  # noqa: ARG002 - nothing is written
        present: UserProfile | None,
        wanted: UserProfile,
    ) -> None:
        """Note the memberships that the user lacks."""
        has = present.memberships if present else ()
        self.made.extend(
            Membership(ref.program_membership_id, ref.program_id, wanted.user_id, wanted.standing)
            for ref in wanted.memberships
            if ref not in has
        )
