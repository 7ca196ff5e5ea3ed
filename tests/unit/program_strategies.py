"""Whole programs and ledgers, made by chance.

What is chosen is written down in short lists, so that activities often meet the conditions and
often just fail them. Two families: programs in which nothing depends on the order of activities,
and programs of every kind.

The chance is Python's, from a seed that Hypothesis draws: of choices that it makes one by one,
Hypothesis tries so few combinations that in 300 examples a third of the parts never takes effect.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from accrue.domain.activity import Activity, FrontDoor, Outcome
from accrue.domain.errors import InvalidNetworkDocumentError
from accrue.domain.network_document import parse_network_document
from accrue.domain.program.program import Program, ProgramVersion
from tests.unit.activities import ANN, BEN, PROGRAM_ID, Json, activity, in_force, items

# A Friday; on the Sunday, clocks change in Berlin.
FIRST_DAY = datetime(2026, 3, 27, tzinfo=UTC)
CHANGE_OF_VERSION = FIRST_DAY + timedelta(days=3)
# Of the days before and after the change, the hours in which a case's activities are recorded.
HOURS = ((0, 144), (36, 108), (60, 84), (66, 76), (68, 74))
MOST_ACTIVITIES: Final = 12
MOST_ATTEMPTS: Final = 100
PERIODS = ("day", "week", "month", "lifetime")

ACTIVITY_TYPES = ("sale", "sale", "task")
ROLES: tuple[Mapping[str, Sequence[Any]], ...] = (
    {"buyer": [ANN]},
    {"buyer": [ANN], "seller": [BEN]},
    {"buyer": [ANN], "seller": [ANN]},
    {"seller": [ANN], "buyer": [BEN]},
    {"member": [ANN]},
    {"buyer": [], "seller": [ANN]},
)
AMOUNTS = ("10", "20", "25", "60", "33.33", "0.5", "0", "-10", "-33.33", "1000")
THINGS = (
    "",
    "tea@drinks:10 cake@food:15",
    "tea@drinks",
    "tea:4 tea:6",
    "cola@drinks:20 pie",
    "cake@food:5",
    "cake@food pie:2",
    "tea:-10",
)
METADATA: tuple[Json, ...] = (
    {},
    {"channel": "app", "cups": "2"},
    {"channel": "web", "cups": True},
    {"channel": "in the shop, at the second of the three tills on the left", "cups": "many"},
    {"channel": "app "},
    {"cups": "3.50"},
)
TRAITS: tuple[Mapping[str, str], ...] = (
    {},
    {"city": "Rome", "age": "17"},
    {"city": "Oslo", "age": "50"},
    {"city": "Rome"},
    {"age": "old"},
)
# Hours from when it occurred until it was recorded: at once, late, or by a clock that is ahead.
LAGS = (0, 0, 0, 1, 13, 30, 80, -2)

RANGES: tuple[Json, ...] = (
    {"at_least": "20"},
    {"more_than": "20"},
    {"at_most": "25"},
    {"less_than": "25"},
    {"more_than": "0", "at_most": "60"},
)
SELECTED: tuple[Json, ...] = (
    {"item_ids": ["tea"]},
    {"group_ids": ["drinks"]},
    {"item_ids": ["cake"], "group_ids": ["drinks"]},
    {"item_ids": ["tea", "cake"], "match": "all"},
    {"item_ids": ["cake"], "group_ids": ["food"], "match": "all"},
    {"group_ids": ["drinks", "food"], "match": "all"},
)


def _values(name: str, known: str, text: str, number: str) -> tuple[Json, ...]:
    """A condition of each kind on a text, and one on a number."""
    return (
        {name: text, "equals": known},
        {name: text, "one_of": [known, "till"]},
        {name: text, "none_of": [known, "till"]},
        {name: number, "in_range": {"at_least": "2", "less_than": "40"}},
        {name: text, "is_present": True},
        {name: number, "is_present": False},
    )


METADATA_CONDITIONS = _values("field", "app", "channel", "cups")
TRAIT_CONDITIONS = _values("trait", "Rome", "city", "age")

# Of each condition, the ways to say it; in a program whose order doesn't matter the last four
# are missing.
CONDITIONS: dict[str, Sequence[Any]] = {
    "window": (
        {"starts_at": "2026-03-29T00:00:00Z"},
        {"ends_at": "2026-03-30T12:00:00+02:00"},
        {"starts_at": "2026-03-28T00:00:00Z", "ends_at": "2026-03-31T00:00:00Z"},
    ),
    "weekdays": (["saturday", "sunday"], ["monday"], ["friday", "sunday", "tuesday"]),
    "hours": ({"starts": "08:00", "ends": "16:30"}, {"starts": "20:00", "ends": "06:00"}),
    "amount": RANGES,
    "line_items": SELECTED,
    "metadata": [
        *([each] for each in METADATA_CONDITIONS),
        [METADATA_CONDITIONS[0], METADATA_CONDITIONS[3]],
    ],
    "traits": [
        *([each] for each in TRAIT_CONDITIONS),
        [TRAIT_CONDITIONS[4], TRAIT_CONDITIONS[3]],
    ],
    "segments": ({"any_of": ["s0"]}, {"none_of": ["s0"]}, {"any_of": ["s0"], "none_of": ["s1"]}),
    "tiers": (["silver"], ["gold"], ["silver", "gold"]),
    "benefits": (["tea"], ["cake"]),
    "nth": [
        {**which, "per": per}
        for per in PERIODS
        for which in ({"exactly": [2]}, {"first": 1}, {"first": 2}, {"every": 2})
    ],
}
SEGMENT_CONDITIONS: dict[str, Sequence[Any]] = {
    "traits": CONDITIONS["traits"],
    "tiers": CONDITIONS["tiers"],
    "benefits": CONDITIONS["benefits"],
    "points": RANGES,
    "lifetime_points": RANGES,
    "completed_quests": (["q0"], ["q1"]),
}
OF_THE_MEMBERSHIP = frozenset({"tiers", "benefits", "nth"})
AWARDS: tuple[Json, ...] = (
    {"kind": "amount_times_rate", "rate": "1"},
    {"kind": "amount_times_rate", "rate": "0.125"},
    {"kind": "amount_times_rate", "rate": "-0.5"},
    {"kind": "flat", "points": "12"},
    {"kind": "flat", "points": "-3"},
    {"kind": "matched_items", "rate": "2"},
    {"kind": "matched_items", "points_each": "4"},
    {"kind": "step_table", "steps": [{"at_least": "20", "points": "5"}]},
    {
        "kind": "step_table",
        "steps": [{"at_least": "-20", "rate": "1"}, {"at_least": "25", "rate": "0.2"}],
    },
)
EFFECTS: tuple[Json, ...] = (
    {"kind": "multiply", "factor": "2"},
    {"kind": "multiply", "factor": "1.1"},
    {"kind": "multiply", "factor": "3", "on": "matched_items"},
    {"kind": "add", "points": "7"},
    {"kind": "add", "points": "2", "per": "matched_item"},
)
LIMITS = [
    {"per": per, kind: most}
    for per in PERIODS
    for kind, most in (("points", "6"), ("points", "25"), ("times", 1), ("times", 2))
]
STACKING = ("add", "multiply", "best_only")


def _is_on_items(award_or_effect: Json) -> bool:
    return "matched_item" in " ".join(map(str, award_or_effect.values()))


def _published(program: Json) -> Program:
    """The program, or InvalidNetworkDocumentError if a network may not publish it."""
    roles = ["buyer", "seller", "member"]
    document = {
        "network": {"network_id": "demo", "name": "Demo", "metadata_fields": ["channel", "cups"]},
        "activity_types": [
            {"activity_type_id": name, "kind": "sale", "roles": roles} for name in ("sale", "task")
        ],
        "programs": [program],
    }
    return parse_network_document(document).programs[0]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes parts of a program; `in_any_order` if none of them may depend on order."""

    chance: random.Random
    in_any_order: bool

    @property
    def keys(self) -> list[str]:
        """The conditions that every part may have."""
        excluded = OF_THE_MEMBERSHIP if self.in_any_order else {"nth"}
        return [key for key in CONDITIONS if key not in excluded]

    def program(self, before: Program | None = None) -> Program:
        """A program that may be published; the one that follows `before`, if there was one."""
        for _ in range(MOST_ATTEMPTS):
            parts = self.parts()
            if before and before.tiers and self.in_any_order:
                parts["quests"] = self.quests_of_the_next_version(before)
                parts["tiers"] = before.tiers.model_dump(mode="json", exclude_unset=True)
            with suppress(InvalidNetworkDocumentError):
                return _published(parts)
        raise AssertionError(f"{MOST_ATTEMPTS} programs in a row that may not be published")

    def parts(self) -> Json:
        """A program, perhaps one that contradicts itself."""
        pick = self.chance.choice
        bonuses = [self.bonus(number) for number in range(pick([0, 1, 2, 3]))]
        return {
            "program_id": PROGRAM_ID,
            "name": "Coffee club",
            "points": {
                "unit": "points",
                "scale": pick([0, 2]),
                "rounding": pick(["half_up", "half_even", "down", "up"]),
                # Refusals for want of points depend on order; test_purse_properties is about them.
                "may_go_below_zero": True,
            },
            "time_zone": pick(["UTC", "Europe/Berlin", "America/New_York"]),
            "segments": [self.segment(number) for number in range(2)],
            "tiers": self.tiers(),
            "rules": [self.rule(number) for number in range(pick([0, 2, 3, 4, 5]))],
            "bonuses": bonuses,
            "bonus_stacking": pick(STACKING) if len(bonuses) > 1 else None,
            "quests": [self.quest(number) for number in range(pick([0, 1, 2, 3]))],
        }

    def when(self, keys: Sequence[str], numbers: Sequence[int]) -> Json:
        """Conditions, one of these numbers of them."""
        chosen = self.chance.sample(keys, self.chance.choice(numbers))
        return {key: self.chance.choice(CONDITIONS[key]) for key in chosen}

    def segment(self, number: int) -> Json:
        """A segment that asks one thing, or two."""
        names = ["traits"] if self.in_any_order else list(SEGMENT_CONDITIONS)
        chosen = self.chance.sample(names, min(len(names), self.chance.choice([1, 1, 2])))
        when = {name: self.chance.choice(SEGMENT_CONDITIONS[name]) for name in chosen}
        return {"segment_id": f"s{number}", "when": when}

    def tiers(self) -> Json:
        """Tiers that are soon reached."""
        by: Json = {"kind": "lifetime_points"}
        if not self.in_any_order and self.chance.random() < 0.6:
            by = {"kind": "rolling_points", "days": self.chance.choice([1, 2, 3, 30])}
        has_stay = by["kind"] == "rolling_points" and self.chance.random() < 0.6
        enters = self.chance.choice([("0", "50"), ("10", "50"), ("20", "200")])
        silver = {"enters_at": enters[0], "stays_at": "0" if has_stay else None}
        gold = {"enters_at": enters[1], "stays_at": enters[0] if has_stay else None}
        return {
            "by": by,
            "levels": [
                {"tier_id": "silver", "name": "Silver", "benefits": ["tea"], **silver},
                {"tier_id": "gold", "name": "Gold", "benefits": ["tea", "cake"], **gold},
            ],
        }

    def rule(self, number: int) -> Json:
        """A rule on one of the types, for one of the roles."""
        pick = self.chance.choice
        award = pick(AWARDS)
        when = self.when(self.keys, [0, 0, 1, 1, 2])
        if not self.in_any_order and self.chance.random() < 0.2:
            when["nth"] = pick(CONDITIONS["nth"])
        if _is_on_items(award):
            when.setdefault("line_items", pick(SELECTED))
        limits = [] if self.in_any_order else self.limits()
        return {
            "rule_id": f"r{number}",
            "activity_type_id": pick(ACTIVITY_TYPES),
            "role": pick(["buyer", "buyer", "seller", "member"]),
            "award": award,
            "when": when,
            "limits": limits,
        }

    def limits(self) -> list[Json]:
        """Up to two, none of them twice the same."""
        chosen = self.chance.sample(LIMITS, self.chance.choice([0, 1, 1, 2]))
        return list({(each["per"], "times" in each): each for each in chosen}.values())

    def bonus(self, number: int) -> Json:
        """A bonus on all rules, or on one."""
        pick = self.chance.choice
        effect = pick(EFFECTS)
        when = self.when(self.keys, [0, 1])
        if _is_on_items(effect):
            when.setdefault("line_items", pick(SELECTED))
        aimed = pick([{}, {}, {"rule_ids": ["r0"]}])
        return {"bonus_id": f"b{number}", **aimed, "when": when, "effect": effect}

    def quest(self, number: int) -> Json:
        """A quest; where order must not matter, one that carries over or just counts."""
        pick = self.chance.choice
        requirements = [self.requirement(each) for each in range(pick([1, 1, 2, 3]))]
        overshoot, ordered = "carries_over", False
        if not self.in_any_order:
            ordered = pick([True, False])
            overshoot = "dropped" if ordered else pick(["dropped", "carries_over"])
        elif self.chance.random() < 0.4:
            del requirements[1:]
            requirements[0]["progress"] = "count"
            overshoot = pick(["dropped", "carries_over"])
        return {
            "quest_id": f"q{number}",
            "name": f"Quest {number}",
            "when": self.when(self.keys, [0, 0, 1]),
            "requirements": requirements,
            "ordered": ordered,
            "overshoot": overshoot,
            "max_completions": pick([1, 2, 2, 50]),
            "reward": {"points": pick(["5", "30"])},
        }

    def requirement(self, number: int) -> Json:
        """A requirement that few activities fulfil."""
        pick = self.chance.choice
        restricted: Json = pick(
            [
                {},
                {},
                {"restricted_to_item_ids": ["tea"]},
                {"restricted_to_group_ids": ["drinks", "food"]},
            ]
        )
        kinds = ["activity_value", "count", "count", None]
        progress = pick([*kinds, "matched_items"] if restricted else kinds)
        return {
            "requirement_id": f"q{number}",
            "activity_type_id": pick(ACTIVITY_TYPES),
            "role": pick(["buyer", "buyer", "seller", "member"]),
            "when": self.when(self.keys, [0, 0, 1]),
            "progress": progress,
            "threshold": pick(["1", "2", "3"] if progress == "count" else ["10", "25", "60"]),
            "check_in_interval_days": None if self.in_any_order else pick([None, None, 1, 2]),
            **restricted,
        }

    def reported(self, number: int, hours: tuple[int, int], *, in_time: bool) -> Activity:
        """An activity of one of two people, or of both."""
        pick = self.chance.choice
        recorded_at = FIRST_DAY + timedelta(hours=self.chance.randint(*hours))
        lag = timedelta(hours=0 if in_time else pick(LAGS))
        return activity(
            pick(AMOUNTS),
            activity_id=f"ik_{number}",
            activity_type_id=pick(ACTIVITY_TYPES),
            roles=pick(ROLES),
            front_door=pick(list(FrontDoor)),
            settled_outcome=pick([None] * 9 + [Outcome.HELD]),
            occurred_at=recorded_at - lag,
            recorded_at=recorded_at,
            line_items=items(pick(THINGS)),
            metadata=pick(METADATA),
        )

    def quests_of_the_next_version(self, before: Program) -> list[Json]:
        """Some of those that there were, and perhaps a new one."""
        kept = [
            quest.model_dump(mode="json", exclude_unset=True)
            for quest in before.quests
            if self._keeps()
        ]
        return kept + ([self.quest(7)] if self._keeps() else [])

    def _keeps(self) -> bool:
        return self.chance.random() < 0.6


@dataclass(frozen=True, slots=True)
class Case:
    """Versions of a program, what was reported, and what the catalog knows of the people."""

    versions: tuple[ProgramVersion, ...]
    ledger: tuple[Activity, ...]
    traits: Mapping[str, Mapping[str, str]]


def case_of(
    seed: int, *, in_any_order: bool, in_time: bool = False, may_change: bool = True
) -> Case:
    """A case of either family; the same for the same seed.

    With `in_time`, everything is recorded when it occurs. If the program may change, a second
    version takes effect in the middle; where order must not matter, that one keeps, drops or adds
    whole quests, and has the same tiers.
    """
    chance = random.Random(seed)  # noqa: S311 - a test's choices
    writer = _Writer(chance, in_any_order)
    versions = [in_force(writer.program())]
    if may_change and chance.random() < 0.5:
        after = writer.program(versions[0].program)
        versions.append(ProgramVersion(2, CHANGE_OF_VERSION, after))
    hours = chance.choice(HOURS)
    ledger = tuple(writer.reported(n, hours, in_time=in_time) for n in range(MOST_ACTIVITIES))
    traits = {user: chance.choice(TRAITS) for user in ("user-ann", "user-ben")}
    return Case(tuple(versions), ledger, traits)


@st.composite
def cases(
    draw: st.DrawFn, *, in_any_order: bool, in_time: bool = False, may_change: bool = True
) -> Case:
    """Cases (`case_of`), with up to so many activities."""
    case = case_of(
        draw(st.integers(0, 10**9)),
        in_any_order=in_any_order,
        in_time=in_time,
        may_change=may_change,
    )
    # Hypothesis simplifies towards the first: a failing case has as few as possible.
    number = draw(st.sampled_from([*range(1, MOST_ACTIVITIES), *[MOST_ACTIVITIES] * 20]))
    return replace(case, ledger=case.ledger[:number])
