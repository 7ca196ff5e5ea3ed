"""Events derive from a posting or an outcome alone, with the same ids whoever derives them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Outcome
from accrue.domain.decision import (
    Considered,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
    TierChange,
)
from accrue.domain.follow_up_events import FollowUpEvent, events_of_outcome, follow_up_events
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from tests.unit.activities import ANN, BEN, NOON

NOTHING = Posting(
    network_id="demo",
    membership=ANN,
    activity_id="ik_1",
    activity_type_id="sale",
    activity_hash="activity's",
    occurred_at=NOON,
    recorded_at=NOON,
    posted_at=NOON.replace(second=1),
    program_version=3,
    outcome=Outcome.NO_RULE,
    reason="no rule of coffee-club matched",
    lines=(),
    points=Decimal(0),
    balance_after=Decimal("12.50"),
    sequence=7,
    previous_hash="previous",
    considered=(Considered(Part.RULE, 0, None, "amount", "5"),),
)
LINES = (
    PointLine("buyer", Decimal("10.00"), "10 x 1", rule_id="earn"),
    PointLine("buyer", Decimal("10.00"), "10 x (2 - 1)", rule_id="earn", bonus_id="double"),
    PointLine("buyer", Decimal(100), "1 x 100", quest_id="tea"),
)
TEA = QuestChange(
    "tea",
    (
        RequirementProgress("cups", Decimal(2), Decimal("1.0"), Decimal(3)),
        RequirementProgress("pots", Decimal(1), Decimal(0), Decimal(1)),
    ),
    completions=3,
    completions_after=5,
)
CAKE = QuestChange(
    "cake", (RequirementProgress("slices", Decimal(1), Decimal(1), Decimal(3)),), 0, 0
)
EVERYTHING = replace(
    NOTHING,
    outcome=Outcome.APPLIED,
    reason=None,
    lines=LINES,
    points=Decimal(120),
    balance_after=Decimal("132.50"),
    quests=(CAKE, TEA),
    tier=TierChange(None, "silver"),
)
IDS = [
    "ev_ry772kwqrkwpgnjrnkpbxiwaluzypwa3",
    "ev_73m2fjsyib2ebm7yw7k3np2cqm6dbaid",
    "ev_cnr5m5qeojvujlu3l4cirqfcwxkesn43",
    "ev_z4t3qf42bssyw6pbbc5fet2xja3772cg",
    "ev_sk444rp25uaglmpgvnvzkihc7asdntts",
]


def happened(posting: Posting) -> list[tuple[str, Any]]:
    """Each event's type and data."""
    return [(event.type, event.data) for event in follow_up_events(posting)]


def test_a_posting_that_did_nothing_leads_to_nothing() -> None:
    assert follow_up_events(NOTHING) == ()


def test_a_posting_leads_to_an_event_for_each_thing_that_it_did() -> None:
    assert happened(EVERYTHING) == [
        (
            "points.awarded",
            {
                "points": "120",
                "balance_after": "132.5",
                "lines": [
                    {"rule_id": "earn", "role": "buyer", "points": "10"},
                    {"rule_id": "earn", "bonus_id": "double", "role": "buyer", "points": "10"},
                    {"quest_id": "tea", "role": "buyer", "points": "100"},
                ],
            },
        ),
        (
            "quest.progressed",
            {
                "quest_id": "cake",
                "requirements": [
                    {
                        "requirement_id": "slices",
                        "gained": "1",
                        "progress": "1",
                        "threshold": "3",
                    }
                ],
            },
        ),
        (
            "quest.progressed",
            {
                "quest_id": "tea",
                "requirements": [
                    {
                        "requirement_id": "cups",
                        "gained": "2",
                        "progress": "1",
                        "threshold": "3",
                    },
                    {
                        "requirement_id": "pots",
                        "gained": "1",
                        "progress": "0",
                        "threshold": "1",
                    },
                ],
            },
        ),
        (
            "quest.completed",
            {"quest_id": "tea", "completions": 3, "first_completion": 3, "last_completion": 5},
        ),
        ("tier.changed", {"before": None, "after": "silver"}),
    ]


def test_an_event_says_when_where_and_for_whom() -> None:
    event = follow_up_events(EVERYTHING)[-1]

    assert event.to_document() == {
        "event_id": event.event_id,
        "type": "tier.changed",
        "occurred_at": "2026-03-01T12:00:01.000000Z",
        "network_id": "demo",
        "activity_id": "ik_1",
        "program_id": "coffee-club",
        "program_membership_id": "ann",
        "data": {"before": None, "after": "silver"},
    }


@pytest.mark.parametrize(
    ("points", "events"),
    [
        ("0.01", ["points.awarded"]),
        ("-3", ["points.deducted"]),
        # Two roles of one person, or a rate of 0: lines, and nothing that changed.
        ("0", []),
    ],
)
def test_points_are_awarded_or_deducted_in_sum(points: str, events: list[str]) -> None:
    posting = replace(EVERYTHING, points=Decimal(points), quests=(), tier=None)

    assert [event.type for event in follow_up_events(posting)] == events


def test_a_million_completions_are_one_event() -> None:
    change = replace(TEA, requirements=(), completions=10**6, completions_after=10**6)
    posting = replace(NOTHING, quests=(change,))

    assert happened(posting) == [
        (
            "quest.completed",
            {
                "quest_id": "tea",
                "completions": 10**6,
                "first_completion": 1,
                "last_completion": 10**6,
            },
        )
    ]


def test_a_rejection_is_an_event() -> None:
    rejected = replace(NOTHING, outcome=Outcome.REJECTED, reason="the balance would pass 1e+24")

    assert happened(rejected) == [("activity.rejected", {"reason": "the balance would pass 1e+24"})]


# ---- Ids ----


def test_the_same_posting_has_the_same_events_for_ever() -> None:
    # Consumers tell deliveries apart by these ids: a release that changed them would repeat events.
    assert [event.event_id for event in follow_up_events(EVERYTHING)] == IDS


@pytest.mark.parametrize(
    "other",
    [
        replace(EVERYTHING, network_id="other"),
        replace(EVERYTHING, activity_id="ik_2"),
        replace(EVERYTHING, membership=BEN),
    ],
    ids=["network", "activity", "membership"],
)
def test_no_event_of_another_posting_has_the_same_id(other: Posting) -> None:
    mine = {event.event_id for event in follow_up_events(EVERYTHING)}
    theirs = {event.event_id for event in follow_up_events(other)}

    assert len(mine) == len(theirs) == 5
    assert not mine & theirs


def test_events_come_from_a_posting_that_was_read_as_from_the_one_written() -> None:
    read = Posting.from_attributes(EVERYTHING.to_attributes())

    assert follow_up_events(read) == follow_up_events(EVERYTHING)


# ---- Outcomes without a posting ----


@pytest.mark.parametrize(
    "outcome",
    [Outcome.UNDEFINED_TYPE, Outcome.HELD, Outcome.NOBODY_ENROLLED, Outcome.DUPLICATE],
)
def test_an_activity_that_nothing_is_posted_for_is_an_event(outcome: Outcome) -> None:
    later = NOON.replace(second=1)
    settled = SettledOutcome("demo", "ik_1", "activity's", outcome, NOON, later)

    (event,) = events_of_outcome(settled)

    assert event == FollowUpEvent(
        event_id=event.event_id,
        type=f"activity.{outcome.value}",
        occurred_at=later,
        network_id="demo",
        activity_id="ik_1",
        membership=None,
        data={},
    )
    assert events_of_outcome(SettledOutcome.from_attributes(settled.to_attributes())) == (event,)
    document = event.to_document()
    assert (document["program_id"], document["program_membership_id"]) == (None, None)
