"""A year of a membership's life, day by day: every day's figures are those of a table made by hand.

In Berlin clocks are put forward in the night to 29 March 2026 and back in that to 25 October.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accrue.domain.timestamps import to_text
from tests.integration.folds import assert_folds
from tests.integration.invariants import Witness
from tests.integration.sandboxes import SANDBOX, move_clock
from tests.integration.spending import adjust, capture, held, redeem, rows_of_kind
from tests.integration.world import Answer, World

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, DAYS = date(2026, 3, 1), 365
EMAIL = "ann@example.com"


def network(*, is_sandbox: bool) -> dict[str, Any]:
    """Visits are good for four weeks, purchases seven months after a fortnight of waiting."""
    levels = [{"tier_id": "silver", "name": "Silver", "enters_at": 100, "stays_at": 60}]
    return {
        "network": {"network_id": SANDBOX, "name": "Tea house", "is_sandbox": is_sandbox},
        "activity_types": [
            {"activity_type_id": "visit", "kind": "action", "allows_negative": True},
            {"activity_type_id": "gift", "kind": "action"},
            {"activity_type_id": "sale", "kind": "sale", "roles": ["buyer"]},
        ],
        "programs": [
            {
                "program_id": "tea-club",
                "name": "Tea club",
                "time_zone": "Europe/Berlin",
                "points": {"unit": "leaves", "expiry": {"kind": "after_months", "months": 6}},
                "tiers": {"by": {"kind": "rolling_points", "days": 90}, "levels": levels},
                "rules": [
                    _rule("visit", "member", "1", expiry={"kind": "after_days", "days": 28}),
                    _rule("gift", "member", "1", expiry={"kind": "never"}),
                    _rule(
                        "sale",
                        "buyer",
                        "0.1",
                        pending_days=14,
                        expiry={"kind": "end_of_month", "months_after": 7},
                    ),
                ],
            }
        ],
        "users": [{"user_id": "user-1", "email": EMAIL}],
        "memberships": [
            {"program_membership_id": "ann", "program_id": "tea-club", "user_id": "user-1"}
        ],
        "api_keys": [{"key_id": "admin", "role": "admin"}],
    }


def _rule(activity_type_id: str, role: str, rate: str, **more: Any) -> dict[str, Any]:
    return {
        "rule_id": activity_type_id,
        "activity_type_id": activity_type_id,
        "role": role,
        "award": {"kind": "amount_times_rate", "rate": rate},
        **more,
    }


# From each of these days on, if nothing else is said. Points, those that can be spent, those that
# wait, those that are held; how many expire next, and their last day; the tier.
TABLE = """
2026-03-01  100  100   0   0  100 2026-03-29  silver  a visit
2026-03-10  150  100  50   0  100 2026-03-29  silver  a purchase of 500
2026-03-12  120   70  50   0   70 2026-03-29  silver  30 redeemed
2026-03-24  120  120   0   0   70 2026-03-29  silver  the purchase can be spent
2026-03-30   50   50   0   0   50 2026-10-31  silver  what was left of the visit expired
2026-04-05   50   30   0  20   30 2026-10-31  silver  20 held for ten days
2026-04-15   50   50   0   0   50 2026-10-31  silver  the hold lapsed
2026-05-01   50   25   0  25   25 2026-10-31  silver  25 held
2026-05-03   35   35   0   0   35 2026-10-31  silver  15 of them captured
2026-05-30   35   35   0   0   35 2026-10-31  -       the visit was 90 days ago: 50 are too few
2026-06-10   95   95   0   0   35 2026-10-31  -       60 by an admin
2026-07-04  125  125   0   0   30 2026-07-30  -       a visit of two days before
2026-07-20  105  105   0   0   10 2026-07-30  -       20 taken back
2026-07-31   95   95   0   0   35 2026-10-31  -       the rest of it expired
2026-09-27  135  135   0   0   40 2026-10-25  -       a visit
2026-10-10  205  135  70   0   40 2026-10-25  silver  a purchase of 700
2026-10-24  205  205   0   0   40 2026-10-25  silver  it can be spent
2026-10-26  165  165   0   0   35 2026-10-31  silver  the visit expired
2026-11-01  130  130   0   0   60 2026-12-10  silver  what was left of the purchase of March too
2026-11-15   80   80   0   0   10 2026-12-10  silver  50 redeemed: of the admin's
2026-12-11   70   70   0   0   70 2027-05-31  silver  what was left of those expired
2027-01-08   70   70   0   0   70 2027-05-31  -       the purchase of October was 90 days ago
2027-01-20   75   75   0   0   70 2027-05-31  -       a gift
"""
# What was left of: the first visit, the second, the third, the first purchase, the admin's.
EXPIRED = 70 + 10 + 40 + 35 + 10


@dataclass
class Year:
    """The network's time is noon of a day in Berlin, or what it is moved to."""

    world: World
    move_to: Callable[[datetime], object]
    requests: int = 0
    hold_id: str = ""

    def act(self, day: date) -> None:
        """What somebody does on a day."""
        if act := ACTS.get(day.isoformat()):
            act(self, day)

    def figures(self) -> str:
        """As GET shows them, in the form of the table."""
        shown = self.world.get_membership("ann", network=SANDBOX).body
        points = [shown[name] for name in ("balance", "available", "pending", "held")]
        following = shown["expiring_next"]
        assert shown["owed"] == "0"
        return " ".join(
            [*points, following["points"], following["last_day"], shown["tier"]["tier_id"] or "-"]
        )

    def expired(self) -> int:
        """All that expired."""
        return -sum(int(p["points"]) for p in self.world.postings() if p.get("kind") == "due")

    def report(self, type_id: str, points: int, day: date) -> None:
        """An activity of the membership."""
        self.requests += 1
        activity = {
            "activity_type_id": type_id,
            "value": str(points),
            "transaction_timestamp": noon(day).timestamp(),
        }
        body = {"idempotency_key": f"activity-{self.requests}", "activity": activity}
        self.done(self.world.post_membership_activity("ann", body, network=SANDBOX))
        self._deliver()

    def buy(self, amount: int, day: date) -> None:
        """A purchase, in the other form."""
        body = {
            "activity_short_id": "sale",
            "amount": str(amount),
            "users": {"buyer": EMAIL},
            "metadata": {"activity_timestamp": noon(day).timestamp()},
        }
        answer = self.world.post_network_activity(body, path_network=SANDBOX, network=SANDBOX)
        assert answer.status == 201, answer
        self._deliver()

    def _deliver(self) -> None:
        assert self.world.deliver() == {"batchItemFailures": []}

    def hold(self, points: str, **more: Any) -> None:
        """Hold points."""
        self.requests += 1
        key = f"hold-{self.requests}"
        self.hold_id = held(self.world, points, key=key, network=SANDBOX, **more)

    def done(self, answer: Answer) -> None:
        """It must have been done."""
        assert answer.status == 200, answer


TWO_DAYS = timedelta(days=2)
ACTS: Mapping[str, Callable[[Year, date], None]] = {
    "2026-03-01": lambda year, day: year.report("visit", 100, day),
    "2026-03-10": lambda year, day: year.buy(500, day),
    "2026-03-12": lambda year, _: year.done(redeem(year.world, "30", network=SANDBOX)),
    "2026-04-05": lambda year, _: year.hold("20", seconds=10 * 24 * 60 * 60),
    "2026-05-01": lambda year, _: year.hold("25"),
    "2026-05-03": lambda year, _: year.done(
        capture(year.world, year.hold_id, "15", network=SANDBOX)
    ),
    "2026-06-10": lambda year, _: year.done(adjust(year.world, "60", network=SANDBOX)),
    "2026-07-04": lambda year, day: year.report("visit", 30, day - TWO_DAYS),
    "2026-07-20": lambda year, day: year.report("visit", -20, day),
    "2026-09-27": lambda year, day: year.report("visit", 40, day),
    "2026-10-10": lambda year, day: year.buy(700, day),
    "2026-11-15": lambda year, _: year.done(
        redeem(year.world, "50", key="redeem-2", network=SANDBOX)
    ),
    "2027-01-20": lambda year, day: year.report("gift", 5, day),
}


def noon(day: date) -> datetime:
    """In Berlin."""
    return datetime.combine(day, time(12), tzinfo=BERLIN)


def table() -> dict[date, str]:
    """The figures of each day of the year."""
    rows = [line.split()[:8] for line in TABLE.strip().splitlines()]
    said = {date.fromisoformat(day): " ".join(figures) for day, *figures in rows}
    figures, of_each = "", {}
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        figures = of_each[day] = said.pop(day, figures)
    assert not said
    return of_each


@pytest.fixture
def sandbox(empty_world: World) -> Year:
    """On the sandbox's clock."""
    empty_world.import_network(network(is_sandbox=True))
    empty_world.restart()

    def move(moment: datetime) -> None:
        answer = move_clock(empty_world, to_text(moment), SANDBOX)
        assert answer.status == 200, answer

    return Year(empty_world, move)


def later(day: date) -> datetime:
    """The first day has begun already."""
    return noon(day) + (timedelta(hours=1) if day == FIRST else timedelta())


def test_each_days_figures_are_those_of_the_table(sandbox: Year) -> None:
    for day, figures in table().items():
        sandbox.move_to(later(day))
        sandbox.act(day)
        assert (day, sandbox.figures()) == (day, figures)
    assert sandbox.expired() == EXPIRED
    _assert_well(sandbox)


def _assert_well(year: Year) -> None:
    shown = year.world.get_membership("ann", network=SANDBOX).body
    assert shown["lifetime_points"] == str(100 + 50 + 30 + 40 + 70 + 5)
    Witness().observe(year.world)
    assert_folds(year.world)
    told = [p["tier"] for p in sorted(year.world.postings(), key=_sequence) if "tier" in p]
    assert (
        told
        == [
            {"before": None, "after": "silver"},
            {"before": "silver", "after": None},
        ]
        * 2
    )


def _sequence(posting: Mapping[str, Any]) -> int:
    return int(posting["sequence"])


@pytest.mark.parametrize(
    ("at", "before", "after"),
    [
        ("2026-03-24T00:00:00+01:00", "120 70 50 0 70", "120 120 0 0 70"),
        ("2026-03-30T00:00:00+02:00", "120 120 0 0 70", "50 50 0 0 50"),
        ("2026-10-24T00:00:00+02:00", "205 135 70 0 40", "205 205 0 0 40"),
        ("2026-10-26T00:00:00+01:00", "205 205 0 0 40", "165 165 0 0 35"),
        ("2026-11-01T00:00:00+01:00", "165 165 0 0 35", "130 130 0 0 60"),
    ],
)
def test_it_happens_at_midnight_in_berlin(sandbox: Year, at: str, before: str, after: str) -> None:
    midnight = datetime.fromisoformat(at)
    for day in table():
        if noon(day) > midnight:
            break
        if _is_eventful(day):
            sandbox.move_to(later(day))
            sandbox.act(day)

    sandbox.move_to(midnight - timedelta(microseconds=1))
    assert sandbox.figures().startswith(before + " ")
    sandbox.move_to(midnight)
    assert sandbox.figures().startswith(after + " ")


def _is_eventful(day: date) -> bool:
    return day.isoformat() in TABLE


def test_moved_only_when_somebody_acts_it_comes_to_the_same(sandbox: Year) -> None:
    every_day = table()
    for day in every_day:
        if _is_eventful(day):
            sandbox.move_to(later(day))
            sandbox.act(day)

    last = max(every_day)
    sandbox.move_to(noon(last))
    assert sandbox.figures() == every_day[last]
    assert sandbox.expired() == EXPIRED
    _assert_well(sandbox)


def test_without_a_schedule_reads_show_the_truth_all_the_same(
    empty_world: World, clock: time_machine.Traveller
) -> None:
    """In production, with nobody who posts what is due but those who act."""
    empty_world.import_network(network(is_sandbox=False))
    empty_world.restart()
    year = Year(empty_world, clock.move_to)

    for day, figures in table().items():
        if _is_eventful(day) or day.day % 10 == 1:
            year.move_to(later(day))
            year.act(day)
            assert (day, year.figures()) == (day, figures)
    assert year.expired() == EXPIRED
    assert all(not report["found"] for report in empty_world.invoke("apply_due", {}).values())
    _assert_well(year)


def test_a_year_in_one_jump_is_a_year_day_by_day(sandbox: Year) -> None:
    """Nobody acts, but for the beginning."""
    world = sandbox.world
    sandbox.move_to(later(FIRST))
    sandbox.report("visit", 100, FIRST)
    sandbox.buy(500, FIRST)
    sandbox.report("gift", 5, FIRST)
    sandbox.hold("20", seconds=30 * 24 * 60 * 60)
    before = world.snapshot()
    for number in range(1, DAYS):
        sandbox.move_to(noon(FIRST + timedelta(days=number)))
    day_by_day = world.get_membership("ann", network=SANDBOX)
    # The visit, the hold that lapsed two days later, the purchase of which it can be spent.
    assert len(rows_of_kind(world, "due")) == 5

    world.restore(before)
    expired = sandbox.expired()
    assert expired == 0
    sandbox.move_to(noon(FIRST + timedelta(days=DAYS - 1)))

    assert world.get_membership("ann", network=SANDBOX) == day_by_day
    assert (day_by_day.body["balance"], sandbox.expired()) == ("5", 150)
    assert len(rows_of_kind(world, "due")) == 1
    assert_folds(world)
