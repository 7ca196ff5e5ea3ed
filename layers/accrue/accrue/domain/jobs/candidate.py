"""A candidate: the program that a back-test puts in the place of what was in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accrue.domain.activity import Activity
from accrue.domain.deciding.traits import traits_held
from accrue.domain.posting import Posting
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program, ProgramVersion


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `until`."""

    start: datetime
    until: datetime

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is in it."""
        return self.start <= moment < self.until


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version, as if it had been in force in the period.

    Its number is not below that of the version which was in force at the end of the period:
    what an older version decides comes late, and may not lower a tier.
    """

    version: ProgramVersion
    period: Period

    def decides(self, row: Activity, decided_by: ProgramVersion, in_force: ProgramVersion) -> bool:
        """Whether it takes the place of the version that decided the row: not where that was not
        the one of its time, but one that the row names.
        """
        is_of_its_time = decided_by.version == in_force.version
        return is_of_its_time and self.period.contains(row.decided_as_of)

    def traits_held(
        self, posting: Posting, decided_by: Program, answered_now: frozenset[TraitCondition]
    ) -> frozenset[TraitCondition]:
        """The questions that are answered with yes: those that were asked then, as they were then,
        the others as they are now.
        """
        asked_then = decided_by.trait_conditions
        held_then = {asked_then[each] for each in posting.traits_held if each < len(asked_then)}
        asked = self.version.program.trait_conditions
        return frozenset(
            each for each in asked if each in (held_then if each in asked_then else answered_now)
        )

    def answers(self, traits: Mapping[str, str]) -> frozenset[TraitCondition]:
        """The questions that are answered with yes by these traits."""
        return traits_held(self.version.program, traits)
