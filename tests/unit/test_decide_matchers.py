"""When a rule matches, and what is said when it does not: a table for each condition."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import MetadataValue, Outcome
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.conditions import TraitCondition
from accrue.services.apply_rules import RuleApplier
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    Json,
    Story,
    activity,
    at,
    earn,
    failures,
    flat,
    in_force,
    lifetime_tiers,
    lines_of,
    why,
    written,
)
from tests.unit.fakes import FakeBook, FakeCatalog


def rule_when(**when: Any) -> Json:
    """A rule that awards the amount under conditions."""
    return earn(when=when)


@pytest.mark.parametrize(
    ("amount", "condition", "expected"),
    [
        ("9.99", {"at_least": "10"}, "r0 amount 9.99"),
        ("10", {"at_least": "10"}, "r0"),
        ("10.01", {"at_least": "10"}, "r0"),
        ("10", {"more_than": "10"}, "r0 amount 10"),
        ("10.000000001", {"more_than": "10"}, "r0"),
        ("10", {"at_most": "10"}, "r0"),
        ("10.01", {"at_most": "10"}, "r0 amount 10.01"),
        ("9.999999999", {"less_than": "10"}, "r0"),
        ("10", {"less_than": "10"}, "r0 amount 10"),
        ("4", {"at_least": "5", "at_most": "10"}, "r0 amount 4"),
        ("5", {"at_least": "5", "at_most": "10"}, "r0"),
        ("11", {"at_least": "5", "at_most": "10"}, "r0 amount 11"),
        ("-5", {"less_than": "0"}, "r0"),
        ("-5", {"at_least": "0"}, "r0 amount -5"),
        ("0", {"at_least": "0"}, "r0"),
        ("10.50", {"less_than": "10"}, "r0 amount 10.5"),
    ],
)
def test_amount(amount: str, condition: Json, expected: str) -> None:
    document = written(rules=[rule_when(amount=condition)])

    assert why(Story(document).report(amount)) == [expected]


@pytest.mark.parametrize(
    ("occurred", "window", "matches"),
    [
        ("2026-03-31T23:59:59.999999", {"starts_at": "2026-04-01T00:00:00Z"}, False),
        ("2026-04-01T00:00:00", {"starts_at": "2026-04-01T00:00:00Z"}, True),
        ("2026-04-30T23:59:59.999999", {"ends_at": "2026-05-01T00:00:00Z"}, True),
        ("2026-05-01T00:00:00", {"ends_at": "2026-05-01T00:00:00Z"}, False),
        # Written in Berlin's summer time: two hours earlier in UTC.
        ("2026-03-31T21:59:59", {"starts_at": "2026-04-01T00:00:00+02:00"}, False),
        ("2026-03-31T22:00:00", {"starts_at": "2026-04-01T00:00:00+02:00"}, True),
    ],
)
def test_window(occurred: str, window: Json, *, matches: bool) -> None:
    document = written(rules=[rule_when(window=window)])

    assert failures(Story(document).report(when=occurred)) == [None if matches else "window"]


@pytest.mark.parametrize(
    ("occurred", "matches"),
    [("2026-03-31T12:00", False), ("2026-04-01T12:00", True), ("2026-05-01T12:00", False)],
)
def test_a_window_is_by_when_it_occurred_not_by_when_it_was_recorded(
    occurred: str, *, matches: bool
) -> None:
    april = {"starts_at": "2026-04-01T00:00:00Z", "ends_at": "2026-05-01T00:00:00Z"}
    document = written(rules=[rule_when(window=april)])

    for recorded in ("2026-04-15", "2026-06-15"):
        decided = Story(document).report(when=occurred, recorded=recorded)
        assert bool(decided.lines) is matches


@pytest.mark.parametrize(
    ("zone", "occurred", "weekdays", "matches"),
    [
        ("UTC", "2026-03-01T23:59:59", ["sunday"], True),
        ("UTC", "2026-03-02T00:00", ["sunday"], False),
        ("UTC", "2026-03-02T00:00", ["monday"], True),
        ("UTC", "2026-03-03T00:00", ["monday", "tuesday"], True),
        ("UTC", "2026-03-04T00:00", ["monday", "tuesday"], False),
        ("UTC", "2026-03-07T00:00", ["saturday"], True),
        # In Berlin, Sunday ends an hour earlier than in UTC, and two in summer.
        ("Europe/Berlin", "2026-03-01T22:59:59", ["monday"], False),
        ("Europe/Berlin", "2026-03-01T23:30", ["monday"], True),
        ("Europe/Berlin", "2026-03-29T21:59:59", ["monday"], False),
        ("Europe/Berlin", "2026-03-29T22:00", ["monday"], True),
        ("America/New_York", "2026-03-02T04:59:59", ["sunday"], True),
        ("America/New_York", "2026-03-02T05:00", ["sunday"], False),
    ],
)
def test_weekdays(zone: str, occurred: str, weekdays: list[str], *, matches: bool) -> None:
    document = written(time_zone=zone, rules=[rule_when(weekdays=weekdays)])

    assert failures(Story(document).report(when=occurred)) == [None if matches else "weekdays"]


@pytest.mark.parametrize(
    ("zone", "occurred", "hours", "matches"),
    [
        ("UTC", "2026-03-02T08:29:59.999999", ("08:30", "10:00"), False),
        ("UTC", "2026-03-02T08:30", ("08:30", "10:00"), True),
        ("UTC", "2026-03-02T09:59:59.999999", ("08:30", "10:00"), True),
        ("UTC", "2026-03-02T10:00", ("08:30", "10:00"), False),
        ("UTC", "2026-03-02T21:59", ("22:00", "02:00"), False),
        ("UTC", "2026-03-02T22:00", ("22:00", "02:00"), True),
        ("UTC", "2026-03-03T00:00", ("22:00", "02:00"), True),
        ("UTC", "2026-03-03T01:59", ("22:00", "02:00"), True),
        ("UTC", "2026-03-03T02:00", ("22:00", "02:00"), False),
        ("UTC", "2026-03-03T00:00", ("00:00", "00:01"), True),
        ("UTC", "2026-03-02T23:59:59", ("22:00", "00:00"), True),
        ("UTC", "2026-03-03T00:00", ("22:00", "00:00"), False),
        ("Europe/Berlin", "2026-03-02T07:30", ("08:30", "10:00"), True),
        ("Europe/Berlin", "2026-03-02T09:00", ("08:30", "10:00"), False),
        # Clocks go from 02:00 to 03:00: an hour that does not exist.
        ("Europe/Berlin", "2026-03-29T00:59:59", ("02:00", "03:00"), False),
        ("Europe/Berlin", "2026-03-29T01:00", ("02:00", "03:00"), False),
        ("Europe/Berlin", "2026-03-29T01:00", ("03:00", "04:00"), True),
        # Clocks go from 03:00 to 02:00: an hour that exists twice.
        ("Europe/Berlin", "2026-10-24T23:59:59", ("02:00", "03:00"), False),
        ("Europe/Berlin", "2026-10-25T00:30", ("02:00", "03:00"), True),
        ("Europe/Berlin", "2026-10-25T01:30", ("02:00", "03:00"), True),
        ("Europe/Berlin", "2026-10-25T02:00", ("02:00", "03:00"), False),
    ],
)
def test_hours(zone: str, occurred: str, hours: tuple[str, str], *, matches: bool) -> None:
    starts, ends = hours
    document = written(time_zone=zone, rules=[rule_when(hours={"starts": starts, "ends": ends})])

    assert failures(Story(document).report(when=occurred)) == [None if matches else "hours"]


@pytest.mark.parametrize(
    ("condition", "seen"),
    [
        ({"window": {"ends_at": "2026-01-01T00:00:00Z"}}, ["2026-03-02", "00:30"]),
        ({"weekdays": ["sunday"]}, ["monday"]),
        ({"hours": {"starts": "12:00", "ends": "13:00"}}, ["00:30"]),
    ],
)
def test_what_is_seen_of_a_time_is_the_local_one(condition: Json, seen: list[str]) -> None:
    document = written(time_zone="Europe/Berlin", rules=[rule_when(**condition)])

    (considered,) = Story(document).report(when="2026-03-01T23:30").considered

    assert all(text in considered.seen for text in seen)


@pytest.mark.parametrize(
    ("things", "condition", "matches"),
    [
        ("tea", {"item_ids": ["tea"]}, True),
        ("cake", {"item_ids": ["tea"]}, False),
        ("Tea", {"item_ids": ["tea"]}, False),
        ("", {"item_ids": ["tea"]}, False),
        ("cake tea", {"item_ids": ["tea"]}, True),
        ("cake", {"item_ids": ["tea", "cake"]}, True),
        ("tea@drinks", {"group_ids": ["drinks"]}, True),
        ("tea", {"group_ids": ["drinks"]}, False),
        ("drinks", {"group_ids": ["drinks"]}, False),
        ("tea@drinks", {"item_ids": ["drinks"]}, False),
        ("tea@drinks", {"item_ids": ["cake"], "group_ids": ["drinks"]}, True),
        ("cake", {"item_ids": ["cake"], "group_ids": ["drinks"]}, True),
        ("tea", {"item_ids": ["tea", "cake"], "match": "all"}, False),
        ("tea cake", {"item_ids": ["tea", "cake"], "match": "all"}, True),
        ("pie tea cake", {"item_ids": ["tea", "cake"], "match": "all"}, True),
        ("tea tea", {"item_ids": ["tea", "cake"], "match": "all"}, False),
        ("tea@drinks", {"group_ids": ["drinks", "food"], "match": "all"}, False),
        ("tea@drinks pie@food", {"group_ids": ["drinks", "food"], "match": "all"}, True),
        ("cake@food", {"item_ids": ["cake"], "group_ids": ["food"], "match": "all"}, True),
        ("cake", {"item_ids": ["cake"], "group_ids": ["food"], "match": "all"}, False),
        ("pie@food", {"item_ids": ["cake"], "group_ids": ["food"], "match": "all"}, False),
        ("", {"item_ids": ["cake"], "match": "all"}, False),
    ],
)
def test_line_items(things: str, condition: Json, *, matches: bool) -> None:
    document = written(rules=[rule_when(line_items=condition)])

    decided = Story(document).report(things=things)

    assert failures(decided) == [None if matches else "line_items"]


def test_the_items_that_there_were_are_seen() -> None:
    document = written(rules=[rule_when(line_items={"item_ids": ["tea"]})])

    (considered,) = Story(document).report(things="cake:3 pie").considered

    assert "cake" in considered.seen
    assert "pie" in considered.seen


VALUES: list[tuple[MetadataValue | None, Json, bool]] = [
    ("app", {"equals": "app"}, True),
    ("App", {"equals": "app"}, False),
    ("", {"equals": ""}, True),
    (None, {"equals": "app"}, False),
    (None, {"equals": ""}, False),
    (Decimal(5), {"equals": "5"}, True),
    (Decimal(5), {"equals": 5}, True),
    (Decimal("5.0"), {"equals": 5}, True),
    ("5", {"equals": 5}, True),
    (Decimal("5.1"), {"equals": 5}, False),
    (True, {"equals": True}, True),
    (True, {"equals": "true"}, True),
    ("true", {"equals": True}, True),
    (True, {"equals": 1}, False),
    (False, {"equals": False}, True),
    (False, {"equals": True}, False),
    ("app", {"one_of": ["web", "app"]}, True),
    ("till", {"one_of": ["web", "app"]}, False),
    (Decimal("2.0"), {"one_of": [1, 2]}, True),
    (None, {"one_of": ["web", "app"]}, False),
    ("till", {"none_of": ["web", "app"]}, True),
    ("app", {"none_of": ["web", "app"]}, False),
    (None, {"none_of": ["web", "app"]}, True),
    (Decimal(9), {"in_range": {"at_least": "10"}}, False),
    (Decimal(10), {"in_range": {"at_least": "10"}}, True),
    ("10", {"in_range": {"at_least": "10"}}, True),
    ("10.00", {"in_range": {"at_least": "10", "at_most": "10"}}, True),
    ("-11", {"in_range": {"less_than": "-10"}}, True),
    ("ten", {"in_range": {"at_least": "0"}}, False),
    ("", {"in_range": {"at_most": "0"}}, False),
    ("NaN", {"in_range": {"at_most": "0"}}, False),
    ("Infinity", {"in_range": {"at_least": "0"}}, False),
    (True, {"in_range": {"at_least": "0"}}, False),
    (None, {"in_range": {"at_least": "0"}}, False),
    ("app", {"is_present": True}, True),
    ("", {"is_present": True}, True),
    (False, {"is_present": True}, True),
    (None, {"is_present": True}, False),
    ("app", {"is_present": False}, False),
    (None, {"is_present": False}, True),
]


@pytest.mark.parametrize(("value", "condition", "matches"), VALUES)
def test_metadata(value: MetadataValue | None, condition: Json, *, matches: bool) -> None:
    document = written(rules=[rule_when(metadata=[{"field": "channel", **condition}])])
    metadata = {"other": "app"} if value is None else {"channel": value, "other": "app"}

    decided = Story(document).report(metadata=metadata)

    assert failures(decided) == [None if matches else "metadata.0"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"channel": "app", "cups": Decimal("2.0")}, "r0"),
        ({"channel": "web", "cups": Decimal(2)}, "r0 metadata.0 web"),
        ({"channel": "app", "cups": Decimal("3.50")}, "r0 metadata.1 3.5"),
        ({"channel": "app", "cups": True}, "r0 metadata.1 true"),
        ({"channel": "app"}, "r0 metadata.1"),
        ({}, "r0 metadata.0"),
    ],
)
def test_all_that_is_said_of_metadata_must_hold(
    metadata: dict[str, MetadataValue], expected: str
) -> None:
    conditions = [{"field": "channel", "equals": "app"}, {"field": "cups", "equals": 2}]
    document = written(rules=[rule_when(metadata=conditions)])

    assert why(Story(document).report(metadata=metadata)) == [expected]


@pytest.mark.parametrize(
    ("value", "condition", "matches"),
    # A catalog keeps traits as the text that they are compared as.
    [row for row in VALUES if row[0] is None or isinstance(row[0], str)],
)
def test_traits(value: str | None, condition: Json, *, matches: bool) -> None:
    document = written(rules=[rule_when(traits=[{"trait": "home", **condition}])])
    traits = {"other": "app"} if value is None else {"home": value, "other": "app"}
    catalog = FakeCatalog({ANN.program_id: [in_force(document)]}, {"user-ann": traits})
    book = FakeBook()

    assert RuleApplier(catalog, book, lambda: NOON).apply([activity("10")]) == []

    (posting,) = book.postings.values()
    assert [each.packed() for each in posting.considered] == ["r0" if matches else "r0 traits.0"]
    assert posting.traits_held == ((0,) if matches else ())
    assert bool(posting.lines) is matches


def test_traits_are_those_of_the_person_who_has_the_membership() -> None:
    document = written(
        rules=[
            earn(rule_id=role, role=role, when={"traits": [{"trait": "city", "equals": "Rome"}]})
            for role in ("buyer", "seller")
        ]
    )
    catalog = FakeCatalog(
        {ANN.program_id: [in_force(document)]},
        {"user-ann": {"city": "Rome"}, "user-ben": {"city": "Oslo"}},
    )
    book = FakeBook()

    RuleApplier(catalog, book, lambda: NOON).apply(
        [activity(roles={"buyer": [BEN], "seller": [ANN]})]
    )

    ann, ben = (book.postings[("demo", member), "ik_1"] for member in (ANN, BEN))
    assert [line.rule_id for line in ann.lines] == ["seller"]
    assert (ben.outcome, ben.lines) == (Outcome.NO_RULE, ())


def test_nobody_is_asked_about_unless_the_program_asks() -> None:
    catalog = FakeCatalog({ANN.program_id: [in_force(written(rules=[earn()]))]})

    assert RuleApplier(catalog, FakeBook(), lambda: NOON).apply([activity()]) == []

    assert catalog.asked_about == []


def test_each_question_about_a_person_is_asked_once() -> None:
    city, age = {"trait": "city", "equals": "Rome"}, {"trait": "age", "equals": "9"}
    rules = [rule_when(traits=[city]), earn(rule_id="both", when={"traits": [city, age]})]

    assert written(rules=rules).trait_conditions == (
        TraitCondition(trait="city", equals="Rome"),
        TraitCondition(trait="age", equals="9"),
    )


def test_a_posting_never_says_what_is_personal() -> None:
    """Of a trait, only whether the program's question about it was answered with yes."""
    document = written(
        segments=[
            {"segment_id": "near", "when": {"traits": [{"trait": "zip", "in_range": RANGE}]}}
        ],
        rules=[
            earn(rule_id="0", when={"traits": [{"trait": "city", "equals": "Oslo"}]}),
            earn(rule_id="1", when={"traits": [{"trait": "city", "is_present": True}]}),
            earn(rule_id="2", when={"segments": {"any_of": ["near"]}}),
            earn(rule_id="3", when={"segments": {"none_of": ["near"]}}),
        ],
    )
    catalog = FakeCatalog(
        {ANN.program_id: [in_force(document)]}, {"user-ann": {"city": "Vigata", "zip": "77553"}}
    )
    book = FakeBook()

    assert RuleApplier(catalog, book, lambda: NOON).apply([activity()]) == []

    (posting,) = book.postings.values()
    assert [each.failed for each in posting.considered] == ["traits.0", None, None, "segments"]
    assert len(posting.traits_held) == 2
    said = repr(posting) + repr(posting.to_attributes())
    assert "Vigata" not in said
    assert "77553" not in said


RANGE = {"at_least": "77000", "at_most": "78000"}


TIERS = {
    "by": {"kind": "lifetime_points"},
    "levels": [
        {"tier_id": "silver", "name": "Silver", "enters_at": "100", "benefits": ["tea"]},
        {"tier_id": "gold", "name": "Gold", "enters_at": "500", "benefits": ["tea", "cake"]},
    ],
}


@pytest.mark.parametrize(
    ("lifetime", "condition", "expected"),
    [
        ("99", {"tiers": ["silver"]}, "r0 tiers"),
        ("100", {"tiers": ["silver"]}, "r0"),
        ("499", {"tiers": ["silver"]}, "r0"),
        ("500", {"tiers": ["silver"]}, "r0 tiers gold"),
        ("500", {"tiers": ["silver", "gold"]}, "r0"),
        ("499", {"tiers": ["gold"]}, "r0 tiers silver"),
        ("99", {"benefits": ["tea"]}, "r0 benefits"),
        ("100", {"benefits": ["tea"]}, "r0"),
        ("500", {"benefits": ["tea"]}, "r0"),
        ("499", {"benefits": ["cake"]}, "r0 benefits silver"),
        ("500", {"benefits": ["cake"]}, "r0"),
        ("100", {"benefits": ["cake", "tea"]}, "r0"),
    ],
)
def test_tiers_and_their_benefits(lifetime: str, condition: Json, expected: str) -> None:
    document = written(tiers=TIERS, rules=[rule_when(**condition)])
    tier = {"99": None, "100": "silver", "499": "silver", "500": "gold"}[lifetime]
    before = MembershipState(lifetime_points=Decimal(lifetime), tier_id=tier)

    assert why(Story(document, before).report("0")) == [expected]


@pytest.mark.parametrize(
    ("nth", "matching"),
    [
        ({"exactly": [1]}, [1]),
        ({"exactly": [3]}, [3]),
        ({"exactly": [2, 5]}, [2, 5]),
        ({"first": 1}, [1]),
        ({"first": 3}, [1, 2, 3]),
        ({"every": 2}, [2, 4, 6]),
        ({"every": 3}, [3, 6]),
    ],
)
def test_nth_occurrence(nth: Json, matching: list[int]) -> None:
    story = Story(written(rules=[rule_when(nth=nth)]))

    seen = [why(story.report()) for _ in range(6)]

    assert seen == [["r0" if n in matching else f"r0 nth {n}"] for n in range(1, 7)]


def test_only_what_fulfils_the_other_conditions_is_an_occurrence() -> None:
    """Whether there was anything to award, or a limit left anything, does not matter."""
    document = written(
        rules=[
            earn(
                when={"amount": {"more_than": "-10"}, "nth": {"exactly": [3]}},
                award=flat("7"),
                limits=[{"per": "lifetime", "times": 1}],
            )
        ]
    )
    story = Story(document)

    seen = [why(story.report(amount)) for amount in ("5", "-10", "-5", "5", "5")]

    assert seen == [["r0 nth 1"], ["r0 amount -10"], ["r0 nth 2"], ["r0"], ["r0 nth 4"]]


def test_an_award_that_fails_is_an_occurrence() -> None:
    document = written(rules=[earn(when={"nth": {"first": 1}}, award=flat("7"))])
    story = Story(document)

    assert failures(story.report("-5")) == ["award"]
    assert why(story.report("5")) == ["r0 nth 2"]


def test_occurrences_on_a_limit_are_occurrences() -> None:
    document = written(
        rules=[earn(when={"nth": {"first": 3}}, limits=[{"per": "lifetime", "times": 1}])]
    )
    story = Story(document)

    seen = [failures(story.report()) for _ in range(4)]

    assert seen == [[None], ["limits.0"], ["limits.0"], ["nth"]]


def test_each_rule_counts_for_itself() -> None:
    document = written(
        rules=[
            earn(rule_id="second", when={"nth": {"exactly": [2]}}),
            earn(rule_id="second-large", when={"amount": {"at_least": 50}, "nth": {"every": 2}}),
        ]
    )
    story = Story(document)

    seen = [[name for name, _ in lines_of(story.report(a))] for a in ("10", "60", "10", "60")]

    assert seen == [[], ["second"], [], ["second-large"]]


def test_a_count_without_an_award_is_remembered_though_nothing_is_applied() -> None:
    story = Story(written(rules=[rule_when(nth={"exactly": [2]})]))

    first, second = story.report(), story.report()

    assert (first.outcome, first.reason) == (Outcome.NO_RULE, "nothing of coffee-club took effect")
    assert second.outcome is Outcome.APPLIED


ALL_CONDITIONS: dict[str, Any] = {
    "window": {"starts_at": "2026-01-01T00:00:00Z"},
    "weekdays": ["monday"],
    "hours": {"starts": "08:00", "ends": "20:00"},
    "amount": {"at_least": "10"},
    "line_items": {"item_ids": ["tea"]},
    "metadata": [{"field": "channel", "equals": "app"}],
    "traits": [{"trait": "city", "equals": "Rome"}],
    "tiers": ["silver"],
    "benefits": ["tea"],
    "segments": {"none_of": ["regular"]},
    "nth": {"first": 1},
}
WRONG: list[tuple[str, Json]] = [
    ("window", {"when": "2025-12-29T12:00"}),
    ("weekdays", {"when": "2026-03-03T12:00"}),
    ("hours", {"when": "2026-03-02T07:59"}),
    ("amount", {"amount": "9"}),
    ("line_items", {"things": "cake"}),
    ("metadata.0", {"metadata": {}}),
    ("traits.0", {"held": False}),
    ("tiers", {"tier_id": "gold", "lifetime": 500}),
    ("segments", {"points": 1000}),
    ("nth", {"again": True}),
    ("award", {"amount": "10"}),
]


@pytest.mark.parametrize("first", range(len(WRONG)))
def test_the_first_condition_that_fails_is_the_one_that_is_named(first: int) -> None:
    """Everything from this condition on is wrong, in the order of the document's fields."""
    award = {"kind": "step_table", "steps": [{"at_least": "11", "points": 5}]}
    document = written(
        rules=[earn(when=ALL_CONDITIONS, award=award)],
        tiers=TIERS,
        segments=[{"segment_id": "regular", "when": {"points": {"at_least": "1000"}}}],
    )
    wrong: Json = {}
    for _, change in reversed(WRONG[first:]):
        wrong |= change

    assert failures(_reported(document, wrong)) == [WRONG[first][0]]


def test_benefits_are_looked_at_between_tiers_and_segments() -> None:
    document = written(
        tiers=TIERS,
        segments=[{"segment_id": "rich", "when": {"points": {"at_least": "1000"}}}],
        rules=[
            rule_when(benefits=["cake"], segments={"any_of": ["rich"]}),
            rule_when(tiers=["gold"], benefits=["cake"]),
        ],
    )
    before = MembershipState(lifetime_points=Decimal(100), tier_id="silver")

    assert failures(Story(document, before).report()) == ["benefits", "tiers"]


def test_all_conditions_at_once_can_hold() -> None:
    document = written(
        rules=[earn(when=ALL_CONDITIONS)],
        tiers=TIERS,
        segments=[{"segment_id": "regular", "when": {"points": {"at_least": "1000"}}}],
    )

    assert why(_reported(document, {})) == ["r0"]


def test_conditions_that_are_said_to_be_none_hold() -> None:
    """Authors are refused them, but a stored program may say all that it does not ask for."""
    lists = ("weekdays", "metadata", "traits", "tiers", "benefits")
    none: Json = {name: [] if name in lists else None for name in ALL_CONDITIONS}

    assert why(Story(written(rules=[rule_when(**none)])).report()) == ["r0"]


def _reported(document: Any, change: Json) -> Any:
    wanted = {
        "amount": "11",
        "when": "2026-03-02T12:00",
        "things": "tea",
        "metadata": {"channel": "app"},
        "held": True,
        "tier_id": "silver",
        "lifetime": 100,
        "points": 999,
        "again": False,
        **change,
    }
    state = MembershipState(
        Decimal(wanted["points"]), Decimal(wanted["lifetime"]), wanted["tier_id"]
    )
    held = frozenset(document.trait_conditions if wanted["held"] else ())
    story = Story(document, state, held)
    if wanted["again"]:
        story.traits_held = frozenset(document.trait_conditions)
        story.report("11", things="tea", metadata={"channel": "app"})
        story.state = MembershipState(
            state.points, state.lifetime_points, state.tier_id, counters=story.state.counters
        )
        story.traits_held = held
    return story.report(
        wanted["amount"], wanted["when"], things=wanted["things"], metadata=wanted["metadata"]
    )


def test_moments_of_a_table_are_in_utc() -> None:
    assert at("2026-03-02T12:00") == datetime.fromisoformat("2026-03-02T13:00+01:00")


def test_a_tier_of_a_program_without_the_points_for_it_is_none() -> None:
    document = written(tiers=lifetime_tiers(silver="100"), rules=[rule_when(tiers=["silver"])])

    assert why(Story(document).report()) == ["r0 tiers"]
