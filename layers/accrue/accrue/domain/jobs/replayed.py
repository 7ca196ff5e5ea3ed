"""What replaying an activity comes to, or why it is not replayed."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from accrue.domain.activity import MembershipRef, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import total
from accrue.domain.jobs.job import Attributes
from accrue.domain.posting import Posting


class SkipReason(StrEnum):
    """Why an activity is not replayed."""

    UNDEFINED_TYPE = "undefined_type"
    ARCHIVED_TYPE = "archived_type"
    UNKNOWN_ROLE = "unknown_role"
    NEGATIVE_VALUE = "negative_value"
    HELD = "held"
    NOBODY_ENROLLED = "nobody_enrolled"
    ALREADY_REPLAYED = "already_replayed"
    PARTLY_REPLAYED = "partly_replayed"
    REVERSED = "reversed"
    COUNTED = "counted"
    NO_RULE = "no_rule"
    REJECTED = "rejected"
    UNREADABLE = "unreadable"

    @property
    def is_failure(self) -> bool:
        """Whether somebody may want to mend something: it goes into the findings."""
        return self not in _AS_IT_SHOULD_BE


_AS_IT_SHOULD_BE = frozenset(
    {SkipReason.ALREADY_REPLAYED, SkipReason.REVERSED, SkipReason.COUNTED, SkipReason.NO_RULE}
)


@dataclass(frozen=True, slots=True)
class Skip:
    """Why one activity is not replayed, in words too."""

    activity_id: str
    reason: SkipReason
    message: str

    def to_finding(self) -> Attributes:
        """As a finding of a job."""
        return {
            "finding": "skipped",
            "activity_id": self.activity_id,
            "reason": self.reason.value,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Earned:
    """What a replay comes to for one membership."""

    membership: MembershipRef
    outcome: Outcome
    points: Decimal

    def to_attributes(self) -> dict[str, Any]:
        """As plain attributes."""
        return {
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "outcome": self.outcome.value,
            "points": self.points,
        }

    def to_document(self) -> dict[str, Any]:
        """As it is shown."""
        return {**self.to_attributes(), "points": canonical_text(self.points)}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay of an activity comes to for all memberships that it concerns, in a fixed
    order: two are the same if they come to the same.
    """

    activity_id: str
    earned: tuple[Earned, ...]

    @classmethod
    def of(cls, activity_id: str, postings: Iterable[Posting]) -> "Replayed":
        """What the postings of an activity's replay say."""
        earned = (Earned(p.membership, p.outcome, p.points) for p in postings)
        return cls(activity_id, tuple(sorted(earned, key=_place)))

    @property
    def points(self) -> Decimal:
        """All of it."""
        return total(each.points for each in self.earned)

    def to_attributes(self) -> Attributes:
        """As the record of a job."""
        return {
            "activity_id": self.activity_id,
            "earned": [each.to_attributes() for each in self.earned],
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Replayed":
        """Read back."""
        earned = (
            Earned(
                MembershipRef(each["program_id"], each["program_membership_id"]),
                Outcome(each["outcome"]),
                each["points"],
            )
            for each in attributes["earned"]
        )
        return cls(attributes["activity_id"], tuple(earned))


def _place(earned: Earned) -> tuple[str, str]:
    return earned.membership.program_id, earned.membership.program_membership_id
