"""The generated programs have every kind of part, and every kind took effect and was refused."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from accrue.domain.balance import Balance
from accrue.domain.decision import Considered, Part
from accrue.domain.posting import Posting
from accrue.domain.program.awards import Award, MatchedItems, Step, StepTable
from accrue.domain.program.bonuses import Add, Bonus, Effect, Multiply, Stacking
from accrue.domain.program.conditions import (
    Conditions,
    ItemSelector,
    Nth,
    Range,
    RuleConditions,
    SegmentsCondition,
    ValueCondition,
)
from accrue.domain.program.period import Period
from accrue.domain.program.program import Program, version_in_force
from accrue.domain.program.quests import Progress, Quest, Requirement
from accrue.domain.program.rules import Rule
from accrue.domain.program.segments import SegmentConditions
from accrue.domain.program.tiers import Tiers
from accrue.domain.program.times import Hours, Window
from accrue.services.apply_rules import RuleApplier
from tests.unit.activities import NOON, PROGRAM_ID
from tests.unit.fakes import FakeBook, FakeCatalog
from tests.unit.program_strategies import Case, case_of

EXAMPLES = 400

type Place = tuple[str, list[str]]
"""A place in a part that can fail, with the kinds of thing that stand there."""


@dataclass
class Tally:
    """How often each kind held or took effect, and how often it was what failed."""

    held: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def count(self, places: Iterable[Place], failed: str | None) -> None:
        """Count the places up to the one that failed."""
        for place, kinds in places:
            if place == failed:
                self.failed.update(kinds)
                return
            self.held.update(kinds)
        assert failed is None, failed


def names(model: type[BaseModel], *, but: Iterable[str] = ()) -> set[str]:
    """The fields of a model."""
    return set(model.model_fields) - set(but)


def kinds_of_condition(key: str, value: Any, program: Program) -> Iterator[str]:
    """What a condition asks, as `metadata.equals`."""
    match value:
        case Nth():
            yield f"nth.per.{value.per.value}"
            yield from _said("nth", value, but={"per"})
        case SegmentsCondition():
            yield from _said("segments", value)
            yield from _of_segments(value, program)
        case ItemSelector():
            yield f"line_items.{value.model_dump()['match']}"
            yield from _said("line_items", value, but={"match"})
        case BaseModel():
            yield from _said(key, value, but={"field", "trait"})


def _said(key: str, value: BaseModel, *, but: Iterable[str] = ()) -> Iterator[str]:
    for name in value.model_dump(exclude_defaults=True):
        if name not in but:
            yield f"{key}.{name}"


def _of_segments(value: SegmentsCondition, program: Program) -> Iterator[str]:
    # Only where one segment asks one thing it is clear what held or failed.
    asked = {*value.any_of, *value.none_of}
    if len(asked) == 1:
        said = list(_said("segment", program.segments_by_id[asked.pop()].when))
        if len(said) == 1:
            yield from said


def condition_places(owner: str, when: Conditions, program: Program) -> Iterator[Place]:
    """The conditions that something is under, in the order in which they are looked at."""
    for key in type(when).model_fields:
        value = getattr(when, key)
        if not value:
            continue
        if key in {"metadata", "traits"}:
            for number, each in enumerate(value):
                kinds = kinds_of_condition(key, each, program)
                yield f"{key}.{number}", [f"{owner}.{key}", *kinds]
        else:
            yield key, [f"{owner}.{key}", *kinds_of_condition(key, value, program)]


def award_kinds(award: Award) -> list[str]:
    """What is awarded, as `award.step_table.rate`."""
    match award:
        case MatchedItems():
            return list(_said("award.matched_items", award, but={"kind"}))
        case StepTable():
            said = {kind for step in award.steps for kind in _said("award.step_table", step)}
            return sorted(said - {"award.step_table.at_least"})
        case _:
            return [f"award.{award.kind}"]


def rule_places(rule: Rule, program: Program) -> Iterator[Place]:
    """All that a rule can fail by."""
    yield from condition_places("rule", rule.when, program)
    yield "award", award_kinds(rule.award)
    for number, limit in enumerate(rule.limits):
        kind = "points" if limit.times is None else "times"
        yield f"limits.{number}", [f"limit.{limit.per.value}.{kind}"]


def bonus_places(bonus: Bonus, program: Program) -> Iterator[Place]:
    """All that a bonus can fail by."""
    yield from condition_places("bonus", bonus.when, program)
    effect = bonus.effect
    how = effect.on if isinstance(effect, Multiply) else effect.per
    kinds = [f"effect.{effect.kind}.{how}", "bonus.some" if bonus.rule_ids else "bonus.all"]
    yield "effect", kinds
    yield "stacking", ["bonus.gave_way"] if program.bonus_stacking is Stacking.BEST_ONLY else []


def quest_places(
    quest: Quest, requirement: Requirement | None, program: Program
) -> Iterator[Place]:
    """All that a requirement of a quest can fail by."""
    yield from condition_places("quest", quest.when, program)
    yield "max_completions", ["quest.max_completions"]
    if requirement is None:
        return
    yield from condition_places("requirement", requirement.when, program)
    restricted = list(_said("restricted", requirement))
    yield "restricted_to", [kind for kind in restricted if "restricted_to" in kind]
    yield "ordered", ["quest.ordered"] if quest.ordered else []
    yield "progress", [f"progress.{requirement.progress_by.value}"]
    yield "threshold", [f"quest.{quest.overshoot}"]
    checks_in = requirement.check_in_interval_days is not None
    yield "check_in_interval_days", ["quest.check_in"] if checks_in else []


def places_of(considered: Considered, program: Program) -> Iterator[Place]:
    """All that what was considered can fail by, in order."""
    if considered.part is Part.RULE:
        return rule_places(program.rules[considered.position], program)
    if considered.part is Part.BONUS:
        return bonus_places(program.bonuses[considered.position], program)
    quest, number = program.quests[considered.position], considered.requirement
    return quest_places(quest, None if number is None else quest.requirements[number], program)


def effects_of(posting: Posting, program: Program) -> Iterator[str]:
    """What came of it, beyond that something took effect."""
    quests = {quest.quest_id: quest for quest in program.quests}
    for change in posting.quests:
        quest = quests[change.quest_id]
        if change.completions:
            yield f"completed.{quest.overshoot}"
            yield "completed.in_order" if quest.ordered else "completed.in_any_order"
            yield "completed.requirements" if len(quest.requirements) > 1 else "completed.one"
        if change.completions > 1:
            yield "completed.several"
    if any("cut to" in line.reason for line in posting.lines):
        yield "limit.cut"
    if len(posting.lines) > len({line.role for line in posting.lines}) > 1:
        yield "roles.two"
    on_one = Counter(line.rule_id for line in posting.lines if line.bonus_id)
    if program.bonus_stacking and max(on_one.values(), default=0) > 1:
        yield f"stacking.{program.bonus_stacking.value}"
    if posting.tier and program.tiers:
        order = [None, *(level.tier_id for level in program.levels)]
        rises = order.index(posting.tier.after) > order.index(posting.tier.before)
        yield f"tiers.{program.tiers.by.kind}.{'rises' if rises else 'falls'}"


def standing_of(balance: Balance, program: Program) -> Iterator[str]:
    """Whether a tier is kept by fewer points than it is entered with."""
    if program.tiers and program.tiers.by.kind == "rolling_points":
        points = sum(balance.state.earned_by_day.values())
        entered = {level.tier_id: level.enters_at for level in program.levels}
        if points < entered.get(balance.state.tier_id or "", 0):
            yield "tiers.stays"


def expected() -> tuple[set[str], set[str]]:
    """Every kind that a program can have: what must have held, and what must have failed."""
    conditions = {f"rule.{key}" for key in names(RuleConditions)}
    conditions |= {
        f"{owner}.{key}" for owner in ("bonus", "quest", "requirement") for key in names(Conditions)
    }
    conditions |= {f"window.{name}" for name in names(Window)}
    conditions |= {f"hours.{name}" for name in names(Hours)}
    conditions |= {f"amount.{name}" for name in names(Range)}
    conditions |= {f"line_items.{name}" for name in {*names(ItemSelector), "any", "all"}}
    conditions |= {f"{k}.{name}" for k in ("metadata", "traits") for name in names(ValueCondition)}
    conditions |= {f"segments.{name}" for name in names(SegmentsCondition)}
    conditions |= {f"segment.{name}" for name in names(SegmentConditions)}
    conditions |= {f"nth.{name}" for name in names(Nth, but={"per"})}
    conditions |= {f"nth.per.{per.value}" for per in Period}
    limits = {f"limit.{per.value}.{kind}" for per in Period for kind in ("points", "times")}
    refused_awards = {
        "award.flat",
        "award.matched_items.points_each",
        "award.step_table.points",
        "award.step_table.rate",
    }
    awards = {f"award.{each.model_fields['kind'].default}" for each in _members(Award)}
    awards -= {"award.matched_items", "award.step_table"}
    awards |= {f"award.matched_items.{name}" for name in names(MatchedItems, but={"kind"})}
    awards |= {f"award.step_table.{name}" for name in names(Step, but={"at_least"})}
    effects = {
        f"effect.{each.model_fields['kind'].default}.{how}"
        for each, name in ((Multiply, "on"), (Add, "per"))
        for how in get_args(each.model_fields[name].annotation)
    }
    assert {Multiply, Add} == set(_members(Effect))
    stacking = {"stacking.add", "stacking.multiply"}
    completed = {
        f"completed.{how}"
        for how in (
            *get_args(Quest.model_fields["overshoot"].annotation),
            "in_order",
            "in_any_order",
            "requirements",
            "one",
            "several",
        )
    }
    quests = {
        "quest.max_completions",
        "quest.ordered",
        "quest.check_in",
        "quest.dropped",
        "restricted.restricted_to_item_ids",
        "restricted.restricted_to_group_ids",
    }
    progress = {f"progress.{each.value}" for each in Progress}
    tiers = {
        f"tiers.{each.model_fields['kind'].default}.rises"
        for each in _members(Tiers.model_fields["by"].annotation)
    }
    tiers |= {"tiers.rolling_points.falls", "tiers.stays"}
    held = conditions | limits | awards | effects | stacking | completed | quests | progress
    held |= tiers | {"limit.cut", "roles.two", "bonus.some", "bonus.all", "quest.carries_over"}
    return held, conditions | limits | refused_awards | quests | progress | {"bonus.gave_way"}


def _members(union: Any) -> tuple[type[BaseModel], ...]:
    """The models of a union, whether it is annotated or not."""
    first, *_ = get_args(union)
    return get_args(first) or get_args(union)


def tally_of(case: Case, tally: Tally) -> None:
    """Apply the ledger as it was recorded, and count."""
    book = FakeBook()
    catalog = FakeCatalog({PROGRAM_ID: case.versions}, case.traits)
    for row in sorted(case.ledger, key=lambda row: row.recorded_at):
        assert RuleApplier(catalog, book, lambda: NOON).apply([row]) == []
    for posting in book.postings.values():
        due = book.rows.get(("demo", posting.activity_id))
        moment = posting.recorded_at if due is None else due.decided_as_of
        program = version_in_force(case.versions, moment).program
        for considered in posting.considered:
            tally.count(places_of(considered, program), considered.failed)
        tally.held.update(effects_of(posting, program))
    for balance in book.balances.values():
        tally.held.update(standing_of(balance, case.versions[-1].program))


# What nothing may ask for where order must not matter.
ORDERED = ("tiers", "benefits", "nth", "limit", "rolling", "check_in", "ordered", "in_order")


@pytest.mark.parametrize("in_any_order", [False, True])
def test_every_kind_of_part_took_effect_and_was_refused(*, in_any_order: bool) -> None:
    tally = Tally()

    for seed in range(EXAMPLES):
        tally_of(case_of(seed, in_any_order=in_any_order), tally)

    held, failed = expected()
    if in_any_order:
        held, failed = _without_order(held), _without_order(failed)
        assert _without_order(set(tally.failed)) == set(tally.failed)
    assert sorted(held - set(tally.held)) == []
    assert sorted(failed - set(tally.failed)) == []


def _without_order(kinds: set[str]) -> set[str]:
    """Those that a program whose order doesn't matter may have."""
    of_membership = {"points", "lifetime_points", "completed_quests"}
    return {
        kind
        for kind in kinds
        if not any(word in kind for word in ORDERED)
        and not (kind.startswith("segment.") and kind.partition(".")[2] in of_membership)
    } - {"quest.dropped"}
