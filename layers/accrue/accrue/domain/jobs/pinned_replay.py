"""A replay as it was pinned when its preview was started: it stays what it was, however long it
takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accrue.domain.activity import Activity, Kind, Outcome
from accrue.domain.jobs.job import Attributes
from accrue.domain.timestamps import from_text, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedReplay:
    """Which activities, and by which version of each program; None is any.

    A program without a version here is no part of it.
    """

    outcomes: frozenset[Outcome]
    program_versions: Mapping[str, int]
    recorded_from: datetime
    recorded_until: datetime
    occurred_from: datetime | None = None
    occurred_until: datetime | None = None
    activity_type_ids: frozenset[str] | None = None
    user_id: str | None = None

    def may_be_about(self, row: Activity) -> bool:
        """Whether the row is one of them, as far as it tells itself: what has results may have
        come to nothing, which they tell.
        """
        return (
            row.kind is Kind.ACTIVITY
            and (row.settled_outcome or Outcome.NO_RULE) in self.outcomes
            and (self.activity_type_ids is None or row.activity_type_id in self.activity_type_ids)
            and (self.occurred_from is None or self.occurred_from <= row.occurred_at)
            and (self.occurred_until is None or row.occurred_at < self.occurred_until)
            and (self.user_id is None or any(p.user_id == self.user_id for p in row.participants))
        )

    def to_attributes(self) -> Attributes:
        """As plain attributes, which whoever started it is shown."""
        times = {
            "recorded_from": self.recorded_from,
            "recorded_until": self.recorded_until,
            "occurred_from": self.occurred_from,
            "occurred_until": self.occurred_until,
        }
        said = {
            "outcomes": sorted(self.outcomes),
            "activity_type_ids": self.activity_type_ids and sorted(self.activity_type_ids),
            **{name: moment and to_text(moment) for name, moment in times.items()},
            "user_id": self.user_id,
            "program_versions": dict(self.program_versions),
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "PinnedReplay":
        """Read back."""
        types = attributes.get("activity_type_ids")
        occurred_from = attributes.get("occurred_from")
        occurred_until = attributes.get("occurred_until")
        return cls(
            outcomes=frozenset(map(Outcome, attributes["outcomes"])),
            program_versions=versions_from_attributes(attributes),
            recorded_from=from_text(attributes["recorded_from"]),
            recorded_until=from_text(attributes["recorded_until"]),
            occurred_from=from_text(occurred_from) if occurred_from else None,
            occurred_until=from_text(occurred_until) if occurred_until else None,
            activity_type_ids=None if types is None else frozenset(types),
            user_id=attributes.get("user_id"),
        )


def versions_from_attributes(attributes: Attributes) -> Mapping[str, int]:
    """The versions that a definition pins."""
    return {
        program_id: int(version) for program_id, version in attributes["program_versions"].items()
    }
