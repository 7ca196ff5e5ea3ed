"""Segments: who is in one before the activity, and who is not."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.membership_state import MembershipState, QuestState
from tests.unit.activities import (
    Json,
    Story,
    earn,
    failures,
    lines_of,
    quest,
    require,
    written,
)

TIERS = {
    "by": {"kind": "lifetime_points"},
    "levels": [
        {"tier_id": "silver", "name": "Silver", "enters_at": "100", "benefits": ["tea"]},
        {"tier_id": "gold", "name": "Gold", "enters_at": "500", "benefits": ["cake"]},
    ],
}
SILVER = MembershipState(Decimal(50), Decimal(100), "silver")
GOLD = MembershipState(Decimal(50), Decimal(500), "gold")


def story_with(
    when: Json, state: MembershipState, traits: Mapping[str, str] | None = None, **wanted: Any
) -> Story:
    """A program with the segment `those`, and a rule for those who are in it."""
    document = written(
        tiers=TIERS,
        segments=[{"segment_id": "those", "when": when}],
        rules=[earn(when={"segments": wanted or {"any_of": ["those"]}})],
        quests=[
            quest(require("10"), quest_id="welcome", max_completions=5),
            quest(require("1000"), quest_id="regular"),
        ],
    )
    held = frozenset(
        each for each in document.trait_conditions if (traits or {}).get(each.trait) == each.equals
    )
    return Story(document, state, held)


def done(completions: int) -> MembershipState:
    """A membership that has completed the quest `welcome` so often."""
    progress = {"buy": Decimal(5)}
    return MembershipState(quests={"welcome": QuestState(progress, completions)})


@pytest.mark.parametrize(
    ("when", "state", "is_in"),
    [
        ({"tiers": ["silver"]}, MembershipState(), False),
        ({"tiers": ["silver"]}, SILVER, True),
        ({"tiers": ["silver"]}, GOLD, False),
        ({"tiers": ["silver", "gold"]}, GOLD, True),
        ({"benefits": ["tea"]}, MembershipState(), False),
        ({"benefits": ["tea"]}, SILVER, True),
        ({"benefits": ["tea"]}, GOLD, False),
        ({"benefits": ["tea", "cake"]}, GOLD, True),
        ({"points": {"at_least": "50"}}, MembershipState(Decimal("49.99")), False),
        ({"points": {"at_least": "50"}}, MembershipState(Decimal(50)), True),
        ({"points": {"more_than": "50"}}, MembershipState(Decimal(50)), False),
        ({"points": {"at_most": "50"}}, MembershipState(Decimal("50.01")), False),
        ({"points": {"less_than": "0"}}, MembershipState(Decimal(-1)), True),
        ({"lifetime_points": {"at_least": "60"}}, MembershipState(Decimal(60)), False),
        (
            {"lifetime_points": {"at_least": "60"}},
            MembershipState(Decimal(0), Decimal(60)),
            True,
        ),
        ({"completed_quests": ["welcome"]}, MembershipState(), False),
        ({"completed_quests": ["welcome"]}, done(0), False),
        ({"completed_quests": ["welcome"]}, done(1), True),
        ({"completed_quests": ["welcome"]}, done(3), True),
        ({"completed_quests": ["regular"]}, done(1), False),
        # All that is said must hold.
        ({"tiers": ["silver"], "points": {"at_least": "50"}}, SILVER, True),
        ({"tiers": ["silver"], "points": {"at_least": "51"}}, SILVER, False),
        ({"tiers": ["gold"], "points": {"at_least": "50"}}, SILVER, False),
    ],
)
def test_what_a_segment_asks_of_a_membership(
    when: Json, state: MembershipState, *, is_in: bool
) -> None:
    inside = story_with(when, state)
    outside = story_with(when, state, none_of=["those"])

    assert failures(inside.report("1"), "r") == [None if is_in else "segments"]
    assert failures(outside.report("1"), "r") == ["segments" if is_in else None]


@pytest.mark.parametrize(
    ("traits", "is_in"),
    [
        ({"city": "Rome", "pet": "cat"}, True),
        ({"city": "Rome", "pet": "dog"}, False),
        ({"city": "Oslo", "pet": "cat"}, False),
        ({}, False),
    ],
)
def test_what_a_segment_asks_of_a_person(traits: Mapping[str, str], *, is_in: bool) -> None:
    when = {"traits": [{"trait": "city", "equals": "Rome"}, {"trait": "pet", "equals": "cat"}]}

    decided = story_with(when, MembershipState(), traits).report("1")

    assert failures(decided, "r") == [None if is_in else "segments"]


@pytest.mark.parametrize(
    ("wanted", "points", "matches"),
    [
        ({"any_of": ["poor", "rich"]}, 5, True),
        ({"any_of": ["poor", "rich"]}, 50, False),
        ({"any_of": ["poor", "rich"]}, 500, True),
        ({"none_of": ["poor", "rich"]}, 5, False),
        ({"none_of": ["poor", "rich"]}, 50, True),
        ({"none_of": ["poor", "rich"]}, 500, False),
        ({"any_of": ["poor", "rich"], "none_of": ["minus"]}, 5, True),
        ({"any_of": ["poor", "rich"], "none_of": ["minus"]}, -5, False),
    ],
)
def test_in_one_at_least_and_in_none(wanted: Json, points: int, *, matches: bool) -> None:
    document = written(
        segments=[
            {"segment_id": "poor", "when": {"points": {"less_than": "10"}}},
            {"segment_id": "rich", "when": {"points": {"at_least": "100"}}},
            {"segment_id": "minus", "when": {"points": {"less_than": "0"}}},
        ],
        rules=[earn(when={"segments": wanted})],
    )

    decided = Story(document, MembershipState(Decimal(points))).report("1")

    assert failures(decided) == [None if matches else "segments"]
    (considered,) = decided.considered
    if points == -5:
        assert considered.seen == "in 0"


def test_a_segment_is_of_the_membership_before_the_activity() -> None:
    """Neither the points nor the completion of this activity lead into it."""
    document = written(
        segments=[
            {"segment_id": "some", "when": {"points": {"at_least": "10"}}},
            {"segment_id": "welcomed", "when": {"completed_quests": ["welcome"]}},
        ],
        rules=[
            earn(rule_id="earn"),
            earn(rule_id="some", when={"segments": {"any_of": ["some"]}}),
            earn(rule_id="welcomed", when={"segments": {"any_of": ["welcomed"]}}),
        ],
        quests=[quest(require("10"), quest_id="welcome")],
    )
    story = Story(document)

    first, second = story.report("10"), story.report("10")

    assert lines_of(first) == [("earn", "10"), ("welcome", "100")]
    assert lines_of(second) == [("earn", "10"), ("some", "10"), ("welcomed", "10")]


def test_a_segment_is_of_the_tier_after_a_downgrade() -> None:
    document = written(
        tiers={
            "by": {"kind": "rolling_points", "days": 7},
            "levels": [{"tier_id": "silver", "name": "Silver", "enters_at": "100"}],
        },
        segments=[{"segment_id": "those", "when": {"tiers": ["silver"]}}],
        rules=[earn(), earn(rule_id="those", when={"segments": {"any_of": ["those"]}})],
    )
    story = Story(document)
    story.report("100", "2026-03-02")

    assert failures(story.report("1", "2026-03-08")) == [None, None]
    assert failures(story.report("1", "2026-03-15")) == [None, "segments"]


@pytest.mark.parametrize("part", ["rule", "bonus", "quest", "requirement"])
@pytest.mark.parametrize("points", [0, 100])
def test_segments_can_be_asked_for_wherever_conditions_are(part: str, points: int) -> None:
    asked = {"when": {"segments": {"any_of": ["rich"]}}}

    def of(name: str) -> Json:
        return asked if part == name else {}

    document = written(
        segments=[{"segment_id": "rich", "when": {"points": {"at_least": "100"}}}],
        rules=[earn(rule_id="always"), earn(rule_id="rule", **of("rule"))],
        bonuses=[
            {
                "bonus_id": "bonus",
                "rule_ids": ["always"],
                "effect": {"kind": "add", "points": "1"},
                **of("bonus"),
            }
        ],
        quests=[quest(require("1", **of("requirement")), **of("quest"))],
    )
    kind = {"rule": "r", "bonus": "b"}.get(part, "q")

    decided = Story(document, MembershipState(Decimal(points))).report("1")

    assert failures(decided, kind)[-1] == (None if points else "segments")
