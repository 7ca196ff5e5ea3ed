"""decide() on rows that are posted as they are recorded, and on what is earned into lots."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from accrue.domain.activity import Activity, Kind, Outcome
from accrue.domain.decide import decide
from accrue.domain.deciding.at_once import MAX_OPEN_HOLDS
from accrue.domain.deciding.purses import BrokenPurseError
from accrue.domain.decision import (
    Decision,
    Facts,
    HoldChange,
    HoldStatus,
    PointLine,
    Refusal,
    TierChange,
)
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program
from accrue.domain.purse import Hold, Lot, LotChange, Purse
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.user_standing import UserStanding
from tests.unit.activities import activity, at, earn, in_force, written
from tests.unit.purses import day, moment, purse
from tests.unit.spending import Till, order

NOW = moment("03-10T12:00")
EXPIRY = {"kind": "end_of_month", "months_after": 1}
STRICT = written(points={"unit": "p", "scale": 2, "expiry": EXPIRY}, rules=[earn()])
LENIENT = written(
    points={"unit": "p", "scale": 2, "expiry": EXPIRY, "may_go_below_zero": True}, rules=[earn()]
)
PRESENT = purse("50 to 03-31, 30 ever, 20 from 03-15 to 04-30", h="03-17T12:00: 10 to 03-12")
FORGOTTEN_TOO = [UserStanding.SUSPENDED, UserStanding.FORGOTTEN]


def decided(row: Activity, before: Purse = PRESENT, document: Program = STRICT) -> Decision:
    """The decision, of which the state is as it must be."""
    state = MembershipState(points=before.total, lifetime_points=Decimal(500), purse=before)
    standing = row.participants[0].standing
    facts = Facts((row.participants[0].role,), standing=standing)
    decision = decide(row, facts, state, in_force(document))
    assert decision.after.points == decision.after.purse.total
    change = Fraction(decision.after.points) - Fraction(before.total)
    assert change == Fraction(decision.points)
    if row.kind is not Kind.ACTIVITY:
        assert decision.after.lifetime_points == 500
    return decision


def line(points: str, reason: str) -> tuple[PointLine, ...]:
    return (PointLine(MEMBER_ROLE, Decimal(points), reason),)


def changes(text: str) -> tuple[LotChange, ...]:
    """`-50 to 03-31, -5 ever`, in this order."""
    told = (purse(part) for part in text.split(",") if part)
    return tuple(LotChange(*next(iter(each.lots.items()))) for each in told)


# ---- Redemptions ----


def test_a_redemption_takes_what_expires_first() -> None:
    decision = decided(order(Kind.REDEMPTION, "55.5", NOW))

    assert decision.outcome is Outcome.APPLIED
    assert decision.lines == line("-55.5", "redeemed")
    assert decision.lots == changes("-50 to 03-31, -5.5 ever")
    assert decision.after.purse == purse(
        "24.5 ever, 20 from 03-15 to 04-30", h="03-17T12:00: 10 to 03-12"
    )
    assert decision.refusal is None


def test_of_points_that_never_expire_it_says_no_lots() -> None:
    decision = decided(order(Kind.REDEMPTION, 5, NOW), purse("8 ever"))

    assert decision.points == -5
    assert decision.lots == ()


REFUSED: list[tuple[Kind, str, dict[str, Any], Refusal]] = [
    (Kind.REDEMPTION, "80.01", {}, Refusal.INSUFFICIENT_POINTS),
    (Kind.REDEMPTION, "1e15", {}, Refusal.INSUFFICIENT_POINTS),
    (Kind.REDEMPTION, "0.001", {}, Refusal.TOO_MANY_DECIMALS),
    (Kind.HOLD, "80.01", {}, Refusal.INSUFFICIENT_POINTS),
    (Kind.HOLD, "0.001", {}, Refusal.TOO_MANY_DECIMALS),
    (Kind.CAPTURE, "10.01", {"of": "h"}, Refusal.INSUFFICIENT_POINTS),
    (Kind.CAPTURE, "0.001", {"of": "h"}, Refusal.TOO_MANY_DECIMALS),
    (Kind.CAPTURE, "1", {"of": "g"}, Refusal.HOLD_CLOSED),
    (Kind.CAPTURE, "1", {}, Refusal.HOLD_CLOSED),
    (Kind.RELEASE, "0", {"of": "g"}, Refusal.HOLD_CLOSED),
    (Kind.ADJUSTMENT, "-100.01", {}, Refusal.INSUFFICIENT_POINTS),
    (Kind.ADJUSTMENT, "0.001", {}, Refusal.TOO_MANY_DECIMALS),
    (Kind.ADJUSTMENT, "1e24", {}, Refusal.BEYOND_LIMIT),
]


@pytest.mark.parametrize(("kind", "points", "more", "refusal"), REFUSED)
def test_what_can_not_be_is_refused_and_changes_nothing(
    kind: Kind, points: str, more: dict[str, Any], refusal: Refusal
) -> None:
    decision = decided(order(kind, points, NOW, **more))

    assert decision.refusal is refusal
    assert decision.outcome is Outcome.REJECTED
    assert decision.after.purse == PRESENT
    assert (decision.lines, decision.lots, decision.holds, decision.tier) == ((), (), (), None)


@pytest.mark.parametrize(
    ("kind", "points", "is_done"),
    [
        # All that there is, or what leaves whole points behind.
        (Kind.REDEMPTION, "10.55", True),
        (Kind.REDEMPTION, "0.55", True),
        (Kind.REDEMPTION, "10.5", False),
        (Kind.HOLD, "0.55", True),
        (Kind.HOLD, "0.5", False),
        (Kind.ADJUSTMENT, "-0.55", True),
        (Kind.ADJUSTMENT, "0.45", False),
        (Kind.ADJUSTMENT, "-0.5", False),
        (Kind.ADJUSTMENT, "0.55", False),
    ],
)
def test_fractions_that_an_earlier_version_gave_can_go(
    kind: Kind, points: str, *, is_done: bool
) -> None:
    whole = written(points={"unit": "p"}, rules=[earn()])

    decision = decided(order(kind, points, NOW), purse("10.55 ever"), whole)

    assert decision.refusal is (None if is_done else Refusal.TOO_MANY_DECIMALS)


@pytest.mark.parametrize(
    ("row", "is_done"),
    [
        (order(Kind.REDEMPTION, "0.5", NOW), False),
        (order(Kind.HOLD, "0.5", NOW), False),
        (order(Kind.CAPTURE, "5.5", NOW, of="h"), True),
        (order(Kind.CAPTURE, "0.5", NOW, of="h"), True),
        (order(Kind.CAPTURE, "0.4", NOW, of="h"), False),
    ],
)
def test_whole_points_get_no_fraction_for_that_of_a_hold(row: Activity, *, is_done: bool) -> None:
    whole = written(points={"unit": "p"}, rules=[earn()])

    decision = decided(row, purse("5 ever", h="03-17T12:00: 5.5 ever"), whole)

    assert decision.refusal is (None if is_done else Refusal.TOO_MANY_DECIMALS)


@pytest.mark.parametrize("standing", FORGOTTEN_TOO)
@pytest.mark.parametrize("kind", [Kind.REDEMPTION, Kind.HOLD])
def test_who_may_not_earn_may_not_spend(kind: Kind, standing: UserStanding) -> None:
    decision = decided(order(kind, 1, NOW, standing=standing))

    assert decision.refusal is Refusal.USER_INACTIVE


@pytest.mark.parametrize("standing", FORGOTTEN_TOO)
@pytest.mark.parametrize("kind", [Kind.CAPTURE, Kind.RELEASE, Kind.ADJUSTMENT])
def test_but_what_was_held_is_settled_and_an_admin_may_adjust(
    kind: Kind, standing: UserStanding
) -> None:
    points = 0 if kind is Kind.RELEASE else 1
    decision = decided(order(kind, points, NOW, of="h", standing=standing))

    assert decision.outcome is Outcome.APPLIED


# ---- Holds ----


def test_a_hold_sets_points_aside() -> None:
    decision = decided(order(Kind.HOLD, 60, NOW, order_id="ik_new"))

    assert decision.lines == ()
    assert decision.holds == (
        HoldChange("ik_new", HoldStatus.HELD, Decimal(60), NOW + timedelta(days=7)),
    )
    assert decision.lots == changes("-50 to 03-31, -10 ever")
    assert decision.after.purse.holds["ik_new"] == Hold(
        NOW + timedelta(days=7), {day("03-31"): Decimal(50), None: Decimal(10)}
    )


def test_there_are_so_many_holds_and_no_more() -> None:
    most = {f"h{n}": "03-17T12:00: 1 ever" for n in range(MAX_OPEN_HOLDS)}
    least = dict(list(most.items())[1:])

    assert decided(order(Kind.HOLD, 1, NOW), purse("5 ever", **least)).refusal is None
    full = purse("5 ever", **most)
    assert decided(order(Kind.HOLD, 1, NOW), full).refusal is Refusal.TOO_MANY_HOLDS
    # Who has too few learns that.
    assert decided(order(Kind.HOLD, 6, NOW), full).refusal is Refusal.INSUFFICIENT_POINTS


HELD = purse("1 ever", h="03-17T12:00: 4 to 03-12, 6 to 03-31")


@pytest.mark.parametrize(
    ("captured", "spent", "lots", "rest"),
    [
        ("10", "-4 to 03-12, -6 to 03-31", "", "1 ever"),
        ("5", "-4 to 03-12, -1 to 03-31", "5 to 03-31", "5 to 03-31, 1 ever"),
        ("1", "-1 to 03-12", "3 to 03-12, 6 to 03-31", "3 to 03-12, 6 to 03-31, 1 ever"),
    ],
)
def test_a_capture_spends_of_the_hold_and_gives_the_rest_back(
    captured: str, spent: str, lots: str, rest: str
) -> None:
    decision = decided(order(Kind.CAPTURE, captured, NOW, of="h"), HELD)

    assert decision.lines == line(f"-{captured}", "captured")
    assert decision.lots == changes(lots)
    assert decision.holds == (
        HoldChange(
            "h",
            HoldStatus.CAPTURED,
            Decimal(10),
            moment("03-17T12:00"),
            Decimal(captured),
            changes(spent),
        ),
    )
    assert decision.after.purse == purse(rest)


def test_a_release_gives_all_back() -> None:
    decision = decided(order(Kind.RELEASE, 0, NOW, of="h"), HELD)

    assert decision.lines == ()
    assert decision.lots == changes("4 to 03-12, 6 to 03-31")
    assert decision.holds == (
        HoldChange("h", HoldStatus.RELEASED, Decimal(10), moment("03-17T12:00")),
    )
    assert decision.after.purse == purse("1 ever, 4 to 03-12, 6 to 03-31")


# ---- Adjustments ----


@pytest.mark.parametrize("document", [STRICT, LENIENT])
def test_an_adjustment_up_expires_as_the_programs_points_do(document: Program) -> None:
    row = replace(order(Kind.ADJUSTMENT, 7, NOW), description="for the broken cup")
    decision = decided(row, document=document)

    # The reason is the row's: a posting says nothing that somebody wrote.
    assert decision.lines == line("7", "adjusted")
    assert decision.lots == changes("7 to 04-30")


def test_an_adjustment_up_pays_what_is_owed() -> None:
    decision = decided(order(Kind.ADJUSTMENT, 7, NOW), purse(owed="5"), LENIENT)

    assert decision.points == 7
    assert decision.after.purse == purse("2 to 04-30")


@pytest.mark.parametrize(
    ("points", "document", "after"),
    [
        ("-60", STRICT, "20 ever, 20 from 03-15 to 04-30"),
        ("-95", STRICT, "5 from 03-15 to 04-30"),
        ("-100", STRICT, ""),
        ("-100.01", STRICT, None),
        ("-95", LENIENT, "5 from 03-15 to 04-30"),
    ],
)
def test_an_adjustment_down_goes_on_to_what_waits(
    points: str, document: Program, after: str | None
) -> None:
    decision = decided(order(Kind.ADJUSTMENT, points, NOW), document=document)

    if after is None:
        assert decision.refusal is Refusal.INSUFFICIENT_POINTS
    else:
        assert decision.lines == line(points, "adjusted")
        assert decision.after.purse.lots == purse(after).lots


def test_and_below_zero_only_if_the_program_may() -> None:
    decision = decided(order(Kind.ADJUSTMENT, "-130", NOW), document=LENIENT)

    assert decision.after.purse == purse(owed="30", h="03-17T12:00: 10 to 03-12")
    assert decision.after.points == -20


# ---- Negative activities ----


def reported(amount: str, **more: Any) -> Activity:
    return activity(amount, recorded_at=NOW, occurred_at=NOW - timedelta(days=1), **more)


def test_a_negative_activity_deducts_in_the_same_order() -> None:
    decision = decided(reported("-95"))

    assert decision.outcome is Outcome.APPLIED
    assert decision.lots == changes("-50 to 03-31, -30 ever, -15 from 03-15 to 04-30")


def test_it_is_rejected_with_the_reason_where_balances_stay_above_zero() -> None:
    decision = decided(reported("-100.01"))

    assert decision.outcome is Outcome.REJECTED
    assert decision.reason == (
        "100.01 would be deducted where 100 can be: balances of coffee-club do not go below zero"
    )
    assert decision.after.purse == PRESENT


def test_else_it_is_owed() -> None:
    assert decided(reported("-101"), document=LENIENT).after.purse.owed == 1


BOTH_WAYS = written(
    points={"unit": "p", "expiry": {"kind": "after_days", "days": 30}},
    rules=[earn(rule_id="back"), earn("-1", rule_id="forth", expiry={"kind": "never"})],
)


def test_what_brings_as_much_as_it_takes_is_applied_whatever_is_owed() -> None:
    decision = decided(reported("10"), purse(owed="5"), BOTH_WAYS)

    assert decision.outcome is Outcome.APPLIED
    assert decision.after.purse == purse(owed="5")


def test_what_comes_after_its_last_day_pays_nothing_of_what_is_taken() -> None:
    late = replace(reported("10"), occurred_at=NOW - timedelta(days=60))

    decision = decided(late, purse("10 ever"), BOTH_WAYS)

    assert decision.after.purse == purse(f"10 to {date(2026, 2, 8)}")


def test_what_is_earned_goes_into_its_lot() -> None:
    waiting = written(
        points={"unit": "p", "expiry": EXPIRY},
        rules=[earn(pending_days=14), earn(rule_id="own", expiry={"kind": "never"})],
    )

    decision = decided(reported("10"), purse(), waiting)

    assert decision.after.purse == purse("10 from 03-23 to 04-30, 10 ever")
    assert decision.lots == changes("10 ever, 10 from 03-23 to 04-30")


# ---- What falls due ----


def test_what_fell_due_is_told_in_one_row() -> None:
    before = purse(
        "50 to 02-28, 30 ever, 20 from 03-05 to 04-30, 5 from 03-11", h="03-09T12:00: 7 to 03-01"
    )

    decision = decided(order(Kind.DUE, 0, NOW), before)

    assert decision.lines == line("-57", "expired")
    assert decision.matured == 20
    assert decision.holds == (
        HoldChange("h", HoldStatus.LAPSED, Decimal(7), moment("03-09T12:00")),
    )
    assert decision.lots == changes("-50 to 02-28, 20 to 04-30, -20 from 03-05 to 04-30")
    assert decision.after.purse == purse("20 to 04-30, 30 ever, 5 from 03-11")


def test_nothing_due_is_nothing() -> None:
    decision = decided(order(Kind.DUE, 0, NOW))

    assert (decision.lines, decision.holds, decision.lots) == ((), (), ())
    assert decision.matured == 0


def test_more_digits_than_decimals_have_by_default_expire() -> None:
    large = "123456789012345678901234.567891"

    decision = decided(order(Kind.DUE, 0, NOW), purse(f"{large} to 02-28, 1 ever"))

    assert decision.lines == line(f"-{large}", "expired")
    assert decision.after.points == 1


def rolling(zone: str = "UTC", days: int = 5, **level: str) -> Program:
    levels = [{"tier_id": "silver", "name": "Silver", "enters_at": "40", **level}]
    tiers = {"by": {"kind": "rolling_points", "days": days}, "levels": levels}
    return written(points={"unit": "p"}, time_zone=zone, rules=[earn()], tiers=tiers)


def test_a_tier_that_is_lost_is_told() -> None:
    state = MembershipState(
        tier_id="silver",
        earned_by_day={day("03-01"): Decimal(50)},
        as_of=day("03-01"),
        window_days=5,
        program_version=1,
    )

    decision = decide(order(Kind.DUE, 0, NOW), Facts((MEMBER_ROLE,)), state, in_force(rolling()))

    assert decision.tier == TierChange("silver", None)


def test_a_day_that_has_begun_does_not_end_again() -> None:
    """In Newfoundland clocks were put back at 00:01, to 23:01 of the day before."""
    till = Till(rolling("America/St_Johns"))
    bought_at = datetime(2010, 11, 2, 15, tzinfo=UTC)
    till.report(50, bought_at, bought_at)
    assert till.chain[-1].tier == TierChange(None, "silver")
    assert till.balance.due_at == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    again = datetime(2010, 11, 7, 3, tzinfo=UTC)
    assert again.astimezone(till.document.zone).date() == date(2010, 11, 6)

    assert till.bring_up(again) == 1

    assert [posting.tier for posting in till.chain[1:]] == [TierChange("silver", None)]
    assert till.bring_up(again) == 0


def test_what_is_lost_before_what_is_dated_ahead_counts_is_lost() -> None:
    """On a day of 23 hours, 24 hours ahead are the day after the next one."""
    till = Till(rolling("Europe/Berlin", days=1, stays_at="20"))
    late = at("2026-03-28T22:45+00:00")
    assert (late + timedelta(days=1)).astimezone(till.document.zone).date() == day("03-30")
    till.report(50, at("2026-03-28T10:00"), at("2026-03-28T10:00"))
    till.report(30, late + timedelta(days=1), late)
    promptly = Till(till.document)
    promptly.reported = till.reported
    for row in till.reported:
        promptly.applier(row.recorded_at).apply([row])

    till.bring_up(at("2026-03-30T12:00"))
    for moment_of in ("2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T12:00"):
        promptly.bring_up(at(moment_of))

    assert promptly.balance.state.tier_id is None
    assert till.balance.state.tier_id == promptly.balance.state.tier_id


# ---- Guards ----


@pytest.mark.parametrize("lost", [purse("1 ever"), purse()])
def test_lots_that_are_not_the_points_are_a_bug_and_post_nothing(
    monkeypatch: pytest.MonkeyPatch, lost: Purse
) -> None:
    monkeypatch.setattr("accrue.domain.decide.with_lines", lambda *_: lost)

    with pytest.raises(BrokenPurseError):
        decided(reported("10"))


def test_a_lot_has_days() -> None:
    assert Lot(None, date(2026, 3, 31)).is_spendable
    assert not Lot(date(2026, 3, 31), None).is_spendable
