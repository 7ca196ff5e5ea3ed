"""What a preview of a replay says so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accrue.domain.activity import MembershipRef, Outcome
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.jobs.job import Attributes
from accrue.domain.jobs.replayed import Earned, Replayed, SkipReason

LARGEST = 10
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class MembershipTotal:
    """What a membership came to; `is_earning` if something was applied for it."""

    membership: MembershipRef
    points: Decimal = _NONE
    is_earning: bool = False

    def with_more(self, earned: Earned) -> "MembershipTotal":
        """With what one more activity came to."""
        return MembershipTotal(
            self.membership,
            EXACT.add(self.points, earned.points),
            self.is_earning or earned.outcome is Outcome.APPLIED,
        )

    def to_attributes(self) -> Attributes:
        """As plain attributes."""
        return {
            "program_id": self.membership.program_id,
            "program_membership_id": self.membership.program_membership_id,
            "points": self.points,
            "is_earning": self.is_earning,
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MembershipTotal":
        """Read back."""
        return cls(
            MembershipRef(attributes["program_id"], attributes["program_membership_id"]),
            attributes["points"],
            attributes["is_earning"],
        )


@dataclass(slots=True)
class PreviewReport:
    """Exact sums; of activities and memberships the largest, by their points whatever the sign.

    How many memberships there are, and which are the largest, is known at the end alone.
    """

    activities: int = 0
    points: Decimal = _NONE
    points_by_program: dict[str, Decimal] = field(default_factory=dict)
    memberships: int = 0
    memberships_by_program: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    largest_activities: list[Attributes] = field(default_factory=list)
    largest_memberships: list[Attributes] = field(default_factory=list)

    @property
    def counts(self) -> Mapping[str, int]:
        """The job's counts."""
        return {
            "activities": self.activities,
            "memberships": self.memberships,
            "skipped": sum(self.skipped.values()),
        }

    def add(self, replayed: Replayed) -> None:
        """Count an activity that would be replayed."""
        self.activities += 1
        self.points = EXACT.add(self.points, replayed.points)
        for earned in replayed.earned:
            program_id = earned.membership.program_id
            before = self.points_by_program.get(program_id, _NONE)
            self.points_by_program[program_id] = EXACT.add(before, earned.points)
        shown = {"activity_id": replayed.activity_id, "points": canonical_text(replayed.points)}
        self.largest_activities = _largest(
            [*self.largest_activities, shown], lambda each: str(each["activity_id"])
        )

    def skip(self, reason: SkipReason) -> None:
        """Count an activity that would not be replayed."""
        self.skipped[reason.value] = self.skipped.get(reason.value, 0) + 1

    def add_membership(self, total: MembershipTotal) -> None:
        """Count a membership, with all that it came to."""
        if not total.is_earning:
            return
        self.memberships += 1
        program_id = total.membership.program_id
        before = self.memberships_by_program.get(program_id, 0)
        self.memberships_by_program[program_id] = before + 1
        shown = {
            "program_id": program_id,
            "program_membership_id": total.membership.program_membership_id,
            "points": canonical_text(total.points),
        }
        self.largest_memberships = _largest(
            [*self.largest_memberships, shown], lambda each: str(each["program_membership_id"])
        )

    def to_attributes(self) -> Attributes:
        """As the job's report has it."""
        programs = {
            program_id: {
                "points": canonical_text(points),
                "memberships": self.memberships_by_program.get(program_id, 0),
            }
            for program_id, points in self.points_by_program.items()
        }
        return {
            "activities": self.activities,
            "memberships": self.memberships,
            "points": canonical_text(self.points),
            "programs": programs,
            "skipped": dict(self.skipped),
            "largest_activities": self.largest_activities,
            "largest_memberships": self.largest_memberships,
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "PreviewReport":
        """Read back; of a job that has not begun, all is nothing."""
        if not attributes:
            return cls()
        programs: Mapping[str, Mapping[str, Any]] = attributes["programs"]
        return cls(
            activities=int(attributes["activities"]),
            points=Decimal(attributes["points"]),
            points_by_program={key: Decimal(each["points"]) for key, each in programs.items()},
            memberships=int(attributes["memberships"]),
            memberships_by_program={
                key: int(each["memberships"]) for key, each in programs.items()
            },
            skipped={reason: int(count) for reason, count in attributes["skipped"].items()},
            largest_activities=list(attributes["largest_activities"]),
            largest_memberships=list(attributes["largest_memberships"]),
        )


def _largest(shown: list[Attributes], id_of: Callable[[Attributes], str]) -> list[Attributes]:
    def place(each: Attributes) -> tuple[Decimal, str]:
        return -abs(Decimal(each["points"])), id_of(each)

    return sorted(shown, key=place)[:LARGEST]
