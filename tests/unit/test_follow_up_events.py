"""Events derive from a posting or an outcome alone, with the same ids whoever derives them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accrue.domain.activity import Outcome
from accrue.domain.deciding.debts import line_of_debt
from accrue.domain.decision import PointLine
from accrue.domain.follow_up_events import FollowUpEvent, events_of_outcome, follow_up_events
from accrue.domain.posting import Posting
from accrue.domain.purse import Lot, LotChange
from accrue.domain.settled_outcome import SettledOutcome
from tests.unit.activities import BEN, NOON
from tests.unit.postings import EVERYTHING, LINES, NOTHING, TEA
from tests.unit.purse_postings import (
    ADJUSTED,
    ALL,
    AWARDED,
    CAPTURED,
    ENDING,
    FELL_DUE,
    GAVE_BACK,
    HELD,
    REDEEMED,
    RELEASED,
    REVERSED,
    paying,
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
                "available_after": "132.5",
                "owed_after": "0",
                "lots": [{"points": "120", "spendable_on": None, "last_day": None}],
                "lots_left_out": 0,
                "lines": [
                    {"rule_id": "earn", "role": "buyer", "points": "10"},
                    {"rule_id": "earn", "bonus_id": "double", "role": "buyer", "points": "10"},
                    {"quest_id": "tea", "role": "buyer", "points": "100"},
                ],
                "lines_left_out": 0,
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
        "sequence": 7,
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


def test_of_many_lines_the_first_are_shown() -> None:
    many = tuple(replace(LINES[0], points=Decimal(number)) for number in range(1, 53))
    posting = replace(NOTHING, lines=many, points=Decimal(1378))

    ((_, data),) = happened(posting)

    assert [line["points"] for line in data["lines"]] == [str(n) for n in range(1, 51)]
    assert (data["points"], data["lines_left_out"]) == ("1378", 2)


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


# ---- Points that wait, expire, and are spent ----

FIGURES = {"balance_after": "12.5", "available_after": "12.5", "owed_after": "0"}
HELD_POINTS = {"hold_id": "ik_hold", "held": "40", "expires_at": "2026-03-08T12:00:00.000000Z"}


def test_an_award_says_when_its_points_can_be_spent() -> None:
    ((event_type, said),) = happened(AWARDED)

    assert event_type == "points.awarded"
    assert (said["balance_after"], said["available_after"]) == ("132.5", "32.5")
    assert said["lots"] == [
        {"points": "20", "spendable_on": None, "last_day": "2026-12-31"},
        {"points": "100", "spendable_on": "2026-03-15", "last_day": "2026-12-31"},
    ]


def test_a_redemption_says_which_points_and_is_no_deduction() -> None:
    assert happened(REDEEMED) == [
        (
            "points.redeemed",
            {
                "points": "-30",
                "balance_after": "12.5",
                "available_after": "2.5",
                "owed_after": "0",
                "lots": [
                    {"points": "-20", "spendable_on": None, "last_day": "2026-12-31"},
                    {"points": "-10", "spendable_on": None, "last_day": None},
                ],
                "lots_left_out": 0,
            },
        )
    ]


def test_an_adjustment_says_what_is_owed_and_nothing_that_an_admin_wrote() -> None:
    assert happened(ADJUSTED) == [
        (
            "points.adjusted",
            {
                "points": "-30",
                "balance_after": "-17.5",
                "available_after": "0",
                "owed_after": "17.5",
                # The rest was in no lot.
                "lots": [{"points": "-12.5", "spendable_on": None, "last_day": None}],
                "lots_left_out": 0,
            },
        )
    ]
    assert all("sent twice" not in event.to_json() for event in follow_up_events(ADJUSTED))


def test_a_hold_is_told_from_its_beginning_to_its_end() -> None:
    held = {
        **FIGURES,
        "available_after": "2.5",
        "lots": [{"points": "-40", "spendable_on": None, "last_day": None}],
        "lots_left_out": 0,
    }
    captured = {
        **FIGURES,
        "points": "-15",
        "captured_lots": [{"points": "-15", "last_day": None}],
        "captured_lots_left_out": 0,
        "released": "25",
        # What came back paid what was owed.
        "lots": [{"points": "12.5", "spendable_on": None, "last_day": None}],
        "lots_left_out": 0,
    }

    assert happened(HELD) == [("points.held", HELD_POINTS | held)]
    assert happened(RELEASED) == [("hold.released", HELD_POINTS | FIGURES)]
    assert happened(CAPTURED) == [("hold.captured", HELD_POINTS | captured)]


def test_a_hold_says_which_points_it_took_and_which_came_back() -> None:
    taken = (LotChange(ENDING, Decimal(-10)), LotChange(Lot(), Decimal(-30)))
    (hold,) = CAPTURED.holds
    spent = (LotChange(ENDING, Decimal(-10)), LotChange(Lot(), Decimal(-5)))
    captured = replace(
        CAPTURED, holds=(replace(hold, spent=spent),), lots=(LotChange(Lot(), Decimal(25)),)
    )

    ((_, at_first),) = happened(replace(HELD, lots=taken))
    ((_, at_last),) = happened(captured)

    assert at_first["lots"] == [
        {"points": "-10", "spendable_on": None, "last_day": "2026-12-31"},
        {"points": "-30", "spendable_on": None, "last_day": None},
    ]
    assert at_last["captured_lots"] == [
        {"points": "-10", "last_day": "2026-12-31"},
        {"points": "-5", "last_day": None},
    ]
    assert at_last["lots"] == [{"points": "25", "spendable_on": None, "last_day": None}]


def test_of_a_hold_on_many_lots_the_first_are_shown() -> None:
    lots = tuple(LotChange(ENDING, Decimal(number)) for number in range(1, 53))
    (hold,) = CAPTURED.holds

    ((_, held),) = happened(replace(HELD, lots=lots))
    ((_, captured),) = happened(
        replace(CAPTURED, lots=lots[:51], holds=(replace(hold, spent=lots),))
    )

    first = [str(number) for number in range(1, 51)]
    assert [lot["points"] for lot in held["lots"]] == first
    assert [lot["points"] for lot in captured["lots"]] == first
    assert [lot["points"] for lot in captured["captured_lots"]] == first
    assert (held["lots_left_out"], captured["lots_left_out"]) == (2, 1)
    assert captured["captured_lots_left_out"] == 2


def test_what_fell_due_is_an_event_for_each_thing_and_what_it_came_of_is_told_first() -> None:
    events = happened(FELL_DUE)

    lapsed = [HELD_POINTS | FIGURES | {"hold_id": f"ik_hold{number}"} for number in (1, 2)]
    assert events == [
        ("hold.lapsed", lapsed[0]),
        ("hold.lapsed", lapsed[1]),
        ("points.expired", {"points": "-25", **FIGURES}),
        ("points.available", {"matured": "50", **FIGURES}),
        ("tier.changed", {"before": "silver", "after": None}),
    ]
    assert len({event.event_id for event in follow_up_events(FELL_DUE)}) == len(events)


def test_of_many_lots_the_first_are_shown() -> None:
    lots = tuple(LotChange(ENDING, Decimal(number)) for number in range(1, 53))

    ((_, said),) = happened(replace(AWARDED, lots=lots))

    assert [lot["points"] for lot in said["lots"]] == [str(n) for n in range(1, 51)]
    assert said["lots_left_out"] == 2


@pytest.mark.parametrize("posting", ALL, ids=lambda posting: posting.kind.value)
def test_events_of_every_kind_come_from_a_posting_that_was_read(posting: Posting) -> None:
    assert follow_up_events(Posting.from_attributes(posting.to_attributes())) == follow_up_events(
        posting
    )


# ---- What is taken back, and owed ----


def test_a_reversal_says_what_it_took_back_and_what_of_that_is_owed() -> None:
    (event_type, points), *others = happened(REVERSED)

    assert event_type == "points.reversed"
    assert points == {
        "reverses": "ik_sale",
        "points": "-30",
        "debt": "80",
        "balance_after": "0",
        "available_after": "0",
        "owed_after": "80",
        "lots": [{"points": "-30", "spendable_on": None, "last_day": None}],
        "lots_left_out": 0,
        "lines": [
            {"rule_id": "earn", "role": "buyer", "points": "-10"},
            {"quest_id": "tea", "role": "buyer", "points": "-100"},
        ],
        "lines_left_out": 0,
    }
    cups = {"requirement_id": "cups", "gained": "-2", "progress": "1", "threshold": "3"}
    slices = {"requirement_id": "slices", "gained": "-1", "progress": "1", "threshold": "3"}
    assert others == [
        (
            "quest.revoked",
            {
                "quest_id": "cake",
                "requirements": [slices],
                "completions": 0,
                "completions_after": 0,
            },
        ),
        (
            "quest.revoked",
            {"quest_id": "tea", "requirements": [cups], "completions": 2, "completions_after": 1},
        ),
        ("tier.changed", {"before": "gold", "after": "silver"}),
    ]


def test_a_reversal_that_gives_points_back_says_so_and_what_they_paid() -> None:
    (_, reversed_points), (_, collected) = happened(GAVE_BACK)

    assert [event_type for event_type, _ in happened(GAVE_BACK)] == [
        "points.reversed",
        "points.collected",
    ]
    assert (reversed_points["points"], reversed_points["debt"]) == ("30", "0")
    assert reversed_points["lines"] == [{"role": "member", "points": "30"}]
    assert collected == {"points": "-20", **FIGURES}


def test_a_reversal_of_points_that_were_all_spent_is_told() -> None:
    lines = (
        PointLine("buyer", Decimal(-10), "x", rule_id="earn"),
        line_of_debt(Decimal(10)),
    )

    ((event_type, data),) = happened(
        replace(REVERSED, lines=lines, points=Decimal(0), quests=(), tier=None)
    )

    assert (event_type, data["points"], data["debt"]) == ("points.reversed", "0", "10")


def test_a_reversal_that_took_nothing_back_leads_to_nothing() -> None:
    nothing = replace(REVERSED, lines=(), points=Decimal(0), quests=(), tier=None)

    assert happened(nothing) == []


PAYING = {
    "an activity": (AWARDED, ["points.awarded 120", "points.collected -20"]),
    "an adjustment": (
        replace(
            ADJUSTED,
            lines=(PointLine("member", Decimal(5), "sent twice"),),
            points=Decimal(5),
        ),
        ["points.adjusted 5", "points.collected -20"],
    ),
    "a capture": (CAPTURED, ["hold.captured -15", "points.collected -20"]),
    "a release": (RELEASED, ["hold.released", "points.collected -20"]),
    "what fell due": (
        FELL_DUE,
        [
            "hold.lapsed",
            "hold.lapsed",
            "points.expired -25",
            "points.available",
            "points.collected -20",
            "tier.changed",
        ],
    ),
    "what matured": (
        replace(FELL_DUE, lines=(), points=Decimal(0), holds=(), tier=None),
        ["points.available", "points.collected -20"],
    ),
    "exactly what was awarded": (
        replace(AWARDED, lines=LINES[:2], points=Decimal(20)),
        ["points.awarded 20", "points.collected -20"],
    ),
}


@pytest.mark.parametrize("what", PAYING)
def test_what_paid_a_debt_is_told_by_itself_and_the_rest_as_ever(what: str) -> None:
    posting, expected = PAYING[what]
    posting = paying(posting, Decimal(20))

    events = happened(posting)

    said = [f"{event_type} {data.get('points', '')}".rstrip() for event_type, data in events]
    assert said == expected
    assert sum(Decimal(data.get("points", "0")) for _, data in events) == posting.points
    lines = [line for _, data in events for line in data.get("lines", [])]
    assert all("rule_id" in line or "quest_id" in line for line in lines)


def test_what_is_owed_takes_no_place_among_the_lines() -> None:
    many = tuple(replace(LINES[0], points=Decimal(number)) for number in range(1, 51))
    posting = paying(replace(AWARDED, lines=many, points=Decimal(1275)), Decimal(5))

    (_, data), _ = happened(posting)

    assert (len(data["lines"]), data["lines_left_out"]) == (50, 0)


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
        sequence=None,
        data={},
    )
    assert events_of_outcome(SettledOutcome.from_attributes(settled.to_attributes())) == (event,)
    document = event.to_document()
    wanted = ("program_id", "program_membership_id", "sequence")
    assert [document[name] for name in wanted] == [None, None, None]
