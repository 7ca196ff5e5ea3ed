"""What is remembered of a membership between activities.

Everything here is bounded by the documents of the program, not by the membership's history: a
counter keeps two periods, a rolling sum as many days as the window has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from accrue.domain.purse import Purse
from accrue.domain.stored_purse import purse_from_attributes, purse_to_attributes

# What a state has that says nothing of its purse.
_POINTS_ALONE = Purse()

type Counts = Mapping[str, Decimal]
"""How often or how much, by the key of the period (`domain.deciding.periods`)."""


@dataclass(frozen=True, slots=True)
class QuestState:
    """How far a membership is in a quest.

    `progress` is by requirement and counts towards the next completion; `checked_in` has the day
    of the last activity that counted, for requirements with a check-in interval. `awarded` are the
    points that its completions were worth, and `taken` is what they took of the progress, by
    requirement, each as the version said that completed it; those that were revoked left out.
    `rewarded_on` is the latest day on which a reward counted in the rolling window.
    """

    progress: Mapping[str, Decimal] = field(default_factory=dict)
    completions: int = 0
    checked_in: Mapping[str, date] = field(default_factory=dict)
    awarded: Decimal = Decimal(0)
    taken: Mapping[str, Decimal] = field(default_factory=dict)
    rewarded_on: date | None = None


@dataclass(frozen=True, slots=True)
class MembershipState:
    """A membership before or after an activity.

    `lifetime_points` counts only what was awarded, in positive lines. `counters` are of rules'
    limits and occurrences, named by `domain.program.counters.counter_name`. `earned_by_day` is what
    was awarded for what occurred on each day of the rolling window of `window_days` that ends with
    `as_of`; they are empty unless the program's tiers are by rolling points. `tier_by` is the
    activity that raised the tier to the present one, from `tier_from`; empty once it has fallen,
    or if no activity did. `program_version` is
    the newest that decided an activity of the membership. `points` is the sum of `purse`, in which
    they are by when they can be spent; without one, that is at any time.
    """

    points: Decimal = Decimal(0)
    lifetime_points: Decimal = Decimal(0)
    tier_id: str | None = None
    tier_by: str = ""
    tier_from: str | None = None
    quests: Mapping[str, QuestState] = field(default_factory=dict)
    counters: Mapping[str, Counts] = field(default_factory=dict)
    earned_by_day: Mapping[date, Decimal] = field(default_factory=dict)
    as_of: date | None = None
    window_days: int = 0
    program_version: int = 0
    purse: Purse = _POINTS_ALONE

    def __post_init__(self) -> None:
        # Not any that is empty: points that are in no lot are a bug, and must show.
        if self.purse is _POINTS_ALONE:
            object.__setattr__(self, "purse", Purse.of(self.points))

    def to_attributes(self) -> dict[str, Any]:
        """The state as plain attributes; what is empty is left out."""
        attributes: dict[str, Any] = {
            "points": self.points,
            "lifetime_points": self.lifetime_points,
            "tier_id": self.tier_id,
            "tier_by": self.tier_by or None,
            "tier_from": self.tier_from,
            "quests": {name: _quest_attributes(quest) for name, quest in self.quests.items()},
            "counters": {name: dict(counts) for name, counts in self.counters.items()},
            "earned_by_day": {d.isoformat(): points for d, points in self.earned_by_day.items()},
            "as_of": self.as_of and self.as_of.isoformat(),
            "window_days": self.window_days or None,
            "program_version": self.program_version or None,
            **purse_to_attributes(self.purse),
        }
        return {name: value for name, value in attributes.items() if value not in (None, {})}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "MembershipState":
        """Read a state back; KeyError, TypeError or ValueError for another shape."""
        as_of = attributes.get("as_of")
        return cls(
            points=attributes["points"],
            lifetime_points=attributes["lifetime_points"],
            tier_id=attributes.get("tier_id"),
            tier_by=attributes.get("tier_by", ""),
            tier_from=attributes.get("tier_from"),
            quests={n: _quest_state(q) for n, q in attributes.get("quests", {}).items()},
            counters=attributes.get("counters", {}),
            earned_by_day={
                date.fromisoformat(d): points
                for d, points in attributes.get("earned_by_day", {}).items()
            },
            as_of=date.fromisoformat(as_of) if as_of else None,
            window_days=int(attributes.get("window_days", 0)),
            program_version=int(attributes.get("program_version", 0)),
            purse=purse_from_attributes(attributes),
        )


def _quest_attributes(quest: QuestState) -> dict[str, Any]:
    attributes = {
        "progress": dict(quest.progress),
        "completions": quest.completions,
        "checked_in": {name: day.isoformat() for name, day in quest.checked_in.items()},
        "awarded": quest.awarded,
        "taken": dict(quest.taken),
        "rewarded_on": quest.rewarded_on and quest.rewarded_on.isoformat(),
    }
    return {name: value for name, value in attributes.items() if value}


def _quest_state(attributes: Mapping[str, Any]) -> QuestState:
    rewarded_on = attributes.get("rewarded_on")
    return QuestState(
        progress=attributes.get("progress", {}),
        completions=int(attributes.get("completions", 0)),
        checked_in={
            name: date.fromisoformat(day) for name, day in attributes.get("checked_in", {}).items()
        },
        awarded=attributes.get("awarded", Decimal(0)),
        taken=attributes.get("taken", {}),
        rewarded_on=date.fromisoformat(rewarded_on) if rewarded_on else None,
    )
