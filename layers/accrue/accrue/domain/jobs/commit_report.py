"""What the commit of a replay says so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.jobs.job import Attributes
from accrue.domain.jobs.replayed import Replayed, SkipReason

_NONE = Decimal(0)


@dataclass(slots=True)
class CommitReport:
    """How many of the activities that were shown are applied, and what they came to."""

    applied: int = 0
    changed: int = 0
    points: Decimal = _NONE
    points_by_program: dict[str, Decimal] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[str, int]:
        """The job's counts, which come to all that were looked at."""
        already = self.skipped.get(SkipReason.ALREADY_REPLAYED.value, 0)
        return {
            "applied": self.applied,
            "changed": self.changed,
            "already_replayed": already,
            "skipped": sum(self.skipped.values()) - already,
        }

    def add(self, replayed: Replayed) -> None:
        """Count an activity that is applied."""
        self.applied += 1
        self.points = EXACT.add(self.points, replayed.points)
        for earned in replayed.earned:
            program_id = earned.membership.program_id
            before = self.points_by_program.get(program_id, _NONE)
            self.points_by_program[program_id] = EXACT.add(before, earned.points)

    def skip(self, reason: SkipReason) -> None:
        """Count an activity that is left out."""
        self.skipped[reason.value] = self.skipped.get(reason.value, 0) + 1

    def to_attributes(self) -> Attributes:
        """As the job's report has it."""
        return {
            "applied": self.applied,
            "changed": self.changed,
            "points": canonical_text(self.points),
            "programs": {
                program_id: {"points": canonical_text(points)}
                for program_id, points in self.points_by_program.items()
            },
            "skipped": dict(self.skipped),
        }

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "CommitReport":
        """Read back; of a job that has not begun, all is nothing."""
        if not attributes:
            return cls()
        return cls(
            applied=int(attributes["applied"]),
            changed=int(attributes["changed"]),
            points=Decimal(attributes["points"]),
            points_by_program={
                program_id: Decimal(each["points"])
                for program_id, each in attributes["programs"].items()
            },
            skipped={reason: int(count) for reason, count in attributes["skipped"].items()},
        )
