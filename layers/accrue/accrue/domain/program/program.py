"""A program: a loyalty program of a network, as a document with immutable versions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from accrue.domain.errors import NoVersionInForceError
from accrue.domain.program.bonuses import Bonus, Stacking
from accrue.domain.program.conditions import Conditions, TraitCondition
from accrue.domain.program.parts import CatalogId, Document
from accrue.domain.program.points_unit import PointsUnit
from accrue.domain.program.quests import Quest, Requirement
from accrue.domain.program.rules import Rule
from accrue.domain.program.segments import Segment
from accrue.domain.program.tiers import Level, Tiers
from accrue.domain.program.what_is_said import what_is_said
from accrue.domain.timestamps import to_text


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError('is not a time zone: write one such as "Europe/Berlin"') from None
    return name


TimeZoneName = Annotated[str, Field(max_length=64), AfterValidator(_known_time_zone)]


class Program(Document):
    """A loyalty program: what its points are, and what earns them."""

    program_id: CatalogId
    name: str = Field(min_length=1, max_length=128)
    points: PointsUnit
    time_zone: TimeZoneName = "UTC"
    segments: tuple[Segment, ...] = Field(default=(), max_length=50)
    tiers: Tiers | None = None
    rules: tuple[Rule, ...] = Field(default=(), max_length=100)
    bonuses: tuple[Bonus, ...] = Field(default=(), max_length=50)
    bonus_stacking: Stacking | None = None
    quests: tuple[Quest, ...] = Field(default=(), max_length=50)

    def to_document(self) -> Mapping[str, Any]:
        """The program as its author may send it again."""
        said: Mapping[str, Any] = what_is_said(self.model_dump(mode="json", exclude_none=True))
        return said

    @cached_property
    def zone(self) -> ZoneInfo:
        """Days, weeks and months are this zone's."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The tiers, lowest first; none if the program has none."""
        return self.tiers.levels if self.tiers else ()

    def level(self, tier_id: str | None) -> Level | None:
        """The tier of this id."""
        return next((level for level in self.levels if level.tier_id == tier_id), None)

    @cached_property
    def segments_by_id(self) -> dict[str, Segment]:
        """The segments by their ids."""
        return {segment.segment_id: segment for segment in self.segments}

    @cached_property
    def rules_by_id(self) -> dict[str, Rule]:
        """The rules by their ids."""
        return {rule.rule_id: rule for rule in self.rules}

    @cached_property
    def trait_conditions(self) -> tuple[TraitCondition, ...]:
        """Every question about a person that the program asks, each once, in a fixed order.

        Postings keep the positions of those that held, so the order is part of a format.
        """
        segments = (trait for segment in self.segments for trait in segment.when.traits)
        others = (trait for when in self._all_conditions() for trait in when.traits)
        return tuple(dict.fromkeys((*segments, *others)))

    @cached_property
    def metadata_asked(self) -> frozenset[str]:
        """The metadata fields that conditions are on."""
        return frozenset(each.field for when in self._all_conditions() for each in when.metadata)

    def roles_named_of(self, activity_type_id: str) -> frozenset[str]:
        """The roles of an activity type that rules and requirements are on."""
        parts: list[Rule | Requirement] = [*self.rules]
        for quest in self.quests:
            parts += quest.requirements
        return frozenset(p.role for p in parts if p.activity_type_id == activity_type_id)

    def rules_on(self, activity_type_id: str, role: str) -> tuple[tuple[int, Rule], ...]:
        """The rules on an activity type for a role, with their positions."""
        return self._rules.get((activity_type_id, role), ())

    def quests_on(self, activity_type_id: str) -> tuple[tuple[int, Quest], ...]:
        """The quests with a requirement on an activity type, with their positions."""
        return self._quests.get(activity_type_id, ())

    @cached_property
    def _rules(self) -> dict[tuple[str, str], tuple[tuple[int, Rule], ...]]:
        found: dict[tuple[str, str], tuple[tuple[int, Rule], ...]] = {}
        for position, rule in enumerate(self.rules):
            on = (rule.activity_type_id, rule.role)
            found[on] = (*found.get(on, ()), (position, rule))
        return found

    @cached_property
    def _quests(self) -> dict[str, tuple[tuple[int, Quest], ...]]:
        found: dict[str, tuple[tuple[int, Quest], ...]] = {}
        for position, quest in enumerate(self.quests):
            for type_id in dict.fromkeys(r.activity_type_id for r in quest.requirements):
                found[type_id] = (*found.get(type_id, ()), (position, quest))
        return found

    def _all_conditions(self) -> Iterator[Conditions]:
        for rule in self.rules:
            yield rule.when
        for bonus in self.bonuses:
            yield bonus.when
        for quest in self.quests:
            yield quest.when
            yield from (requirement.when for requirement in quest.requirements)


@dataclass(frozen=True, slots=True)
class ProgramVersion:
    """An immutable version of a program, in force from `effective_at` until a later one is."""

    version: int
    effective_at: datetime
    program: Program

    def to_document(self) -> Mapping[str, Any]:
        """The version as it is shown."""
        return {
            "program_id": self.program.program_id,
            "version": self.version,
            "effective_at": to_text(self.effective_at),
            "program": self.program.to_document(),
        }


@dataclass(frozen=True, slots=True)
class ProgramSummary:
    """A program in a list: which it is, and its latest version."""

    program_id: str
    name: str
    version: int
    effective_at: datetime

    @classmethod
    def of(cls, latest: ProgramVersion) -> Self:
        """That of a program with this latest version."""
        program = latest.program
        return cls(program.program_id, program.name, latest.version, latest.effective_at)

    def to_document(self) -> Mapping[str, Any]:
        """The summary as it is shown."""
        return {
            "program_id": self.program_id,
            "name": self.name,
            "version": self.version,
            "effective_at": to_text(self.effective_at),
        }


def find_version_in_force(
    versions: Sequence[ProgramVersion], moment: datetime
) -> ProgramVersion | None:
    """Of these, oldest first, the latest that has come into force by then; None if none has.

    The latest by its number: one that was scheduled further ahead is withdrawn by a later version
    that comes into force before it.
    """
    return next((v for v in reversed(versions) if v.effective_at <= moment), None)


def version_in_force(versions: Sequence[ProgramVersion], moment: datetime) -> ProgramVersion:
    """The version that decides an activity recorded at `moment`; `versions` are all, oldest first.

    A redelivery asks with the same moment and so gets the same version. Raises
    NoVersionInForceError.
    """
    found = find_version_in_force(versions, moment)
    if found is None:
        raise NoVersionInForceError(f"none of {len(versions)} versions is in force at {moment}")
    return found


def versions_deciding_from(
    newest_first: Iterable[ProgramVersion], moment: datetime
) -> Iterator[ProgramVersion]:
    """The version in force at `moment` and those that will be one day, newest first.

    Takes no more versions than it needs.
    """
    overtaken_from: datetime | None = None
    for version in newest_first:
        if overtaken_from is None or version.effective_at < overtaken_from:
            yield version
            overtaken_from = version.effective_at
        if version.effective_at <= moment:
            return
