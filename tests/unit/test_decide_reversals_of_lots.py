"""From which points reversals take, into which they give back, and what of it is owed."""

from collections.abc import Mapping
from typing import Any

import pytest

from accrue.domain.activity import Activity, Kind
from accrue.domain.program.program import Program
from tests.unit.activities import at, earn, flat, written
from tests.unit.reversal_shop import PLACE, Shop, lines

KINDS = {kind.value: kind for kind in Kind}
# It is the 1st of March.
END_OF_MONTH = {"kind": "end_of_month", "months_after": 0}
RULES = [
    earn(),
    earn(rule_id="march", activity_type_id="march", expiry=END_OF_MONTH),
    earn(rule_id="week", activity_type_id="week", expiry={"kind": "after_days", "days": 7}),
    earn(rule_id="later", activity_type_id="later", pending_days=10),
    earn(
        rule_id="both",
        activity_type_id="both",
        pending_days=10,
        expiry={"kind": "after_days", "days": 20},
    ),
    earn("-1", rule_id="fee", activity_type_id="fee"),
    earn(rule_id="more", activity_type_id="mixed", expiry=END_OF_MONTH),
    earn("-0.4", rule_id="less", activity_type_id="mixed"),
]


def _program(*, below_zero: bool = False) -> Program:
    return written(
        points={"unit": "points", "may_go_below_zero": below_zero},
        rules=RULES,
    )


class Story:
    """What happens, as text: `<type> <amount>`, `redemption 30`, `hold 30`, `capture 20 of 1`,
    `until <day>`, `reverse <which> [<amount>]`.
    """

    def __init__(self, *, below_zero: bool) -> None:
        self.shop = Shop(_program(below_zero=below_zero))
        self.rows: list[Activity] = []

    def tell(self, steps: str) -> None:
        """One after the other, with `;` between them."""
        for step in steps.split("; "):
            self._do(*step.split())

    def _do(self, what: str, *rest: str) -> None:
        if what == "reverse":
            self.shop.reverse(self.rows[int(rest[0])], *rest[1:])
        elif what == "until":
            self.shop.wait_until(rest[0])
        elif what in KINDS:
            of = self.rows[int(rest[2])] if len(rest) > 2 else None
            self.rows.append(self.shop.order(KINDS[what], rest[0], of))
        else:
            self.rows.append(
                self.shop.sell(rest[0], activity_type_id=what, occurred_at=at("2026-03-01T12:00"))
            )


MARCH = "2026-03-31"
LOTS: Mapping[str, tuple[str, list[str]]] = {
    "what waits, waits no more": ("later 50; reverse 0 20", ["30 from 2026-03-11 to for ever"]),
    "what was waiting and waits no more": (
        "later 50; until 2026-03-12; reverse 0 20",
        ["30 from now to for ever"],
    ),
    "from its own lot also if that waits no more": (
        "later 50; march 40; until 2026-03-12; reverse 0 20",
        ["30 from now to for ever", "40 from now to 2026-03-31"],
    ),
    "from its own lot first": (
        "sale 50; march 50; week 50; reverse 1 30",
        ["20 from now to 2026-03-31", "50 from now to 2026-03-08", "50 from now to for ever"],
    ),
    "then what expires first": (
        "march 50; redemption 30; week 40; both 30; reverse 0",
        ["10 from now to 2026-03-08", "30 from 2026-03-11 to 2026-03-21"],
    ),
    "then what waits": (
        "later 40; week 50; redemption 20; reverse 1",
        ["20 from 2026-03-11 to for ever"],
    ),
    "what has expired is taken of other points": (
        "week 50; sale 70; until 2026-03-09; reverse 0",
        ["20 from now to for ever"],
    ),
    "a redemption gives back into the lots it took from": (
        "sale 50; march 50; week 50; redemption 120; reverse 3",
        ["50 from now to 2026-03-08", "50 from now to 2026-03-31", "50 from now to for ever"],
    ),
    "in parts, what was taken last first": (
        "sale 50; march 50; week 50; redemption 120; reverse 3 30; reverse 3 60",
        ["20 from now to 2026-03-08", "50 from now to 2026-03-31", "50 from now to for ever"],
    ),
    "what has expired meanwhile expires at once": (
        "week 50; sale 10; redemption 55; until 2026-03-09; reverse 2",
        ["10 from now to for ever"],
    ),
    "a capture likewise, but not what it had released": (
        "march 30; week 20; hold 50; capture 30 of 2; reverse 3 25",
        ["15 from now to 2026-03-08", "30 from now to 2026-03-31"],
    ),
    "of points without a day": (
        "sale 50; redemption 30; reverse 1 20",
        ["40 from now to for ever"],
    ),
    "an adjustment up": ("sale 10; adjustment 20; reverse 1 15", ["15 from now to for ever"]),
    "an adjustment down, of what waits too": (
        "later 30; week 20; adjustment -40; reverse 2 30",
        ["10 from now to 2026-03-08", "30 from 2026-03-11 to for ever"],
    ),
    "what gives and takes, of the same points": (
        "march 20; mixed 50; reverse 1",
        ["20 from now to 2026-03-31"],
    ),
    "in parts": (
        "march 20; mixed 50; reverse 1 25; reverse 1 24; reverse 1",
        ["20 from now to 2026-03-31"],
    ),
}


@pytest.mark.parametrize("case", LOTS)
@pytest.mark.parametrize("below_zero", [False, True])
def test_lots(case: str, *, below_zero: bool) -> None:
    steps, lots = LOTS[case]
    story = Story(below_zero=below_zero)

    story.tell(steps)

    assert sorted(story.shop.lots) == sorted(lots)
    assert not story.shop.state.purse.owed
    assert not story.shop.state.purse.debt


# Points that were spent: what there is if balances may go below zero, and if not, with the lines of
# the last posting then.
SPENT: Mapping[str, tuple[str, str, str, list[str]]] = {
    "all": (
        "sale 100; redemption 100; reverse 0",
        "below zero 100",
        "debt 100",
        ["-100 earn", "100 spent already: owed"],
    ),
    "a part": (
        "sale 100; redemption 70; reverse 0",
        "below zero 70",
        "debt 70",
        ["-100 earn", "70 spent already: owed"],
    ),
    "twice": (
        "sale 100; redemption 100; reverse 0 40; reverse 0",
        "below zero 100",
        "debt 100",
        ["-60 earn", "60 spent already: owed"],
    ),
    "what is held is not there": (
        "sale 100; hold 60; reverse 0",
        "held 60 below zero 60",
        "held 60 debt 60",
        ["-100 earn", "60 spent already: owed"],
    ),
    "a release pays": (
        "sale 100; hold 60; reverse 0; release 0 of 1",
        "",
        "",
        ["-60 pays what was owed"],
    ),
    "a capture pays with what it releases": (
        "sale 100; hold 60; reverse 0; capture 20 of 1",
        "below zero 20",
        "debt 20",
        ["-20 captured", "-40 pays what was owed"],
    ),
    "an award pays": (
        "sale 100; redemption 70; reverse 0; sale 50",
        "below zero 20",
        "debt 20",
        ["50 earn", "-50 pays what was owed"],
    ),
    "an award pays and leaves something": (
        "sale 100; redemption 70; reverse 0; sale 100",
        "available 30",
        "available 30",
        ["100 earn", "-70 pays what was owed"],
    ),
    "what waits does not pay": (
        "sale 100; redemption 70; reverse 0; later 100",
        "pending 100 below zero 70",
        "pending 100 debt 70",
        ["100 later"],
    ),
    "until its day": (
        "sale 100; redemption 70; reverse 0; later 100; until 2026-03-12",
        "available 30",
        "available 30",
        ["-70 pays what was owed"],
    ),
    "what waits is taken before anything is owed": (
        "later 50; sale 100; redemption 70; reverse 1",
        "below zero 20",
        "debt 20",
        ["-100 earn", "20 spent already: owed"],
    ),
    "an adjustment pays": (
        "sale 100; redemption 70; reverse 0; adjustment 80",
        "available 10",
        "available 10",
        ["80 adjusted", "-70 pays what was owed"],
    ),
    "the redemption taken back pays": (
        "sale 100; redemption 70; reverse 0; reverse 1",
        "",
        "",
        ["70 takes back -70: redeemed", "-70 pays what was owed"],
    ),
    "what paid is taken back: it is owed again": (
        "sale 100; redemption 70; reverse 0; sale 100; reverse 2",
        "below zero 70",
        "debt 70",
        ["-100 earn", "70 spent already: owed"],
    ),
    "expired points": (
        "week 50; until 2026-03-09; reverse 0",
        "below zero 50",
        "debt 50",
        ["-50 week", "50 spent already: owed"],
    ),
    "an adjustment up that was spent": (
        "adjustment 50; redemption 20; reverse 0",
        "below zero 20",
        "debt 20",
        ["-50 takes back 50: adjusted", "20 spent already: owed"],
    ),
}


@pytest.mark.parametrize("case", SPENT)
def test_what_was_spent(case: str) -> None:
    steps, below_zero, beside, last = SPENT[case]
    stories = [Story(below_zero=is_below) for is_below in (True, False)]
    for story in stories:
        story.tell(steps)

    assert [story.shop.figures for story in stories] == [below_zero, beside]
    assert stories[1].shop.last_lines == last
    # Either way it is the same that there is to be spent or paid.
    ends = [story.shop.state.purse for story in stories]
    assert ends[0].available == ends[1].available - ends[1].debt
    assert stories[1].shop.state.points >= 0


def test_a_debt_paid_late_is_paid_as_if_it_had_been_prompt() -> None:
    """Points that were good for some days paid on the first of them, whenever anybody looked."""
    steps = "sale 100; redemption 100; reverse 0; both 60; week 30; both 30"
    ends = []
    for days in (["2026-03-11", "2026-03-15", "2026-03-25"], ["2026-03-25"]):
        story = Story(below_zero=False)
        story.tell(steps)
        for day in days:
            story.shop.wait_until(day)
        ends.append((story.shop.figures, f"{story.shop.state.points:f}"))
    # What they left of it has expired since.
    assert ends == [("", "0"), ("", "0")]


def test_what_was_owed_for_a_deduction_is_given_back_first() -> None:
    """So the others are in the lots that they were in."""
    story = Story(below_zero=True)
    story.tell("march 50; fee 80")
    assert story.shop.figures == "below zero 30"

    story.tell("reverse 1")

    assert story.shop.lots == [f"50 from now to {MARCH}"]


def test_what_was_owed_for_a_deduction_comes_back_as_points_of_today() -> None:
    """It was in no lot: so it is good for as long as points of now are."""
    rules = [earn(), earn("-1", rule_id="fee", activity_type_id="fee")]
    expiry = {"kind": "after_days", "days": 30}
    points = {"unit": "points", "expiry": expiry, "may_go_below_zero": True}
    shop = Shop(written(points=points, rules=rules))
    shop.sell("50")
    fee = shop.sell("80", activity_type_id="fee")
    shop.sell("40")
    assert shop.lots == ["10 from now to 2026-03-31"]

    shop.wait_until("2026-03-05")
    shop.reverse(fee)

    assert shop.lots == ["60 from now to 2026-03-31", "30 from now to 2026-04-04"]


def test_a_reward_that_is_revoked_is_of_its_own_lot() -> None:
    document: dict[str, Any] = {
        "quest_id": "quest",
        "name": "Quest",
        "requirements": [
            {"requirement_id": "buy", "activity_type_id": "sale", "role": "buyer", "threshold": "1"}
        ],
        "reward": {"points": "20"},
    }
    expiry = {"kind": "after_days", "days": 30}
    points = {"unit": "points", "expiry": expiry}
    never = earn(award=flat("5"), expiry={"kind": "never"})
    shop = Shop(written(points=points, rules=[never], quests=[document]))
    sale, other = shop.sell("10"), shop.sell("10")
    assert shop.lots == ["20 from now to 2026-03-31", "10 from now to for ever"]

    shop.reverse(sale)

    assert shop.lots == ["5 from now to for ever"]
    assert lines(shop.book.chain(PLACE)[-1]) == ["-5 earn", "-20 quest"]
    assert shop.reverse(other).points == -5
