"""Whatever is earned, spent, held, adjusted and left alone: the same as point by point, and the
same whenever anybody looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from accrue.domain.activity import Kind, Outcome
from accrue.domain.deciding.tiers import brought_up_to
from accrue.domain.errors import RefusalError
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.kept_lots import most_lots, periods_of
from accrue.domain.program.program import Program
from accrue.domain.purse import Purse
from accrue.domain.standing import points_standing, tier_standing
from tests.unit.activities import Json, earn, in_force, written
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound, assert_purse_is_sound
from tests.unit.single_points import SinglePoints
from tests.unit.spending import Till, order

# Clocks are put forward and back at night, at midnight, over midnight, and by half an hour.
ZONES = (
    "Europe/Berlin",
    "America/Havana",
    "Africa/Cairo",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
)
# In the weeks after it, and half a year on, clocks are changed.
FIRST = datetime(2018, 2, 9, 12, tzinfo=UTC)
EXPIRIES: dict[str, Json] = {
    "never": {"kind": "never"},
    "days": {"kind": "after_days", "days": 3},
    "month": {"kind": "end_of_month", "months_after": 0},
    "date": {"kind": "on_date", "date": "2018-10-27"},
}
# Of each kind of activity: how long its points wait, and how they expire.
RULES = {
    "sale": (0, None),
    "waiting": (2, None),
    "weekly": (7, "days"),
    "lasting": (0, "never"),
}
GAPS = [
    *[timedelta()] * 4,
    timedelta(seconds=1),
    *[timedelta(hours=11)] * 3,
    *[timedelta(days=1)] * 2,
    timedelta(days=4, hours=5),
    timedelta(days=33),
]
# How much earlier an activity occurred; what is dated ahead waits for its day.
LAGS = [*[timedelta()] * 4, timedelta(days=1), timedelta(days=6), -timedelta(hours=23)]


class Do(Enum):
    """What may happen."""

    EARN = "earn"
    SPEND = "spend"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADD = "add"
    SUBTRACT = "subtract"
    TAKE_BACK = "take back"
    NOTHING = "nothing"


class Step(NamedTuple):
    """Something that happens `gap` after the one before, told `slack` late by a slow clock."""

    do: Do
    points: int
    gap: timedelta
    lag: timedelta
    slack: timedelta
    choice: int


@dataclass(frozen=True)
class Life:
    """A program, and what happens to a membership of it."""

    document: Program
    expiry: str
    steps: Sequence[Step]


def program_of(expiry: str, zone: str, *, below_zero: bool, tiers: bool) -> Program:
    rules = [
        earn(
            rule_id=name,
            activity_type_id=name,
            pending_days=wait or None,
            expiry=EXPIRIES[own] if own else None,
        )
        for name, (wait, own) in RULES.items()
    ]
    levels = [
        {"tier_id": "basic", "name": "Basic", "enters_at": 0},
        {"tier_id": "silver", "name": "Silver", "enters_at": 40, "stays_at": 20},
    ]
    by = {"kind": "rolling_points", "days": 5}
    return written(
        points={"unit": "p", "expiry": EXPIRIES[expiry], "may_go_below_zero": below_zero},
        time_zone=zone,
        rules=rules,
        **({"tiers": {"by": by, "levels": levels}} if tiers else {}),
    )


step = st.builds(
    Step,
    st.sampled_from([*Do, Do.EARN, Do.EARN, Do.SPEND]),
    st.integers(1, 60),
    st.sampled_from(GAPS),
    st.sampled_from(LAGS),
    st.sampled_from([*[timedelta()] * 6, timedelta(seconds=2), timedelta(days=1, hours=3)]),
    st.integers(0, 9),
)
lives = st.builds(
    lambda expiry, zone, below_zero, tiers, steps: Life(
        program_of(expiry, zone, below_zero=below_zero, tiers=tiers), expiry, steps
    ),
    st.sampled_from(list(EXPIRIES)),
    st.sampled_from(ZONES),
    st.booleans(),
    st.booleans(),
    st.lists(step, min_size=1, max_size=14),
)


def last_day(expiry: str, day: date) -> date | None:
    """Until when points are good, counted on the fingers."""
    match expiry:
        case "days":
            return day + timedelta(days=3)
        case "month":
            return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case "date":
            return date(2018, 10, 27)
        case _:
            return None


@dataclass
class Player:
    """Lets steps happen on the till and, if it is there, on the oracle."""

    life: Life
    till: Till
    oracle: SinglePoints | None = None
    holds: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    now: datetime = FIRST
    latest: datetime = FIRST

    @property
    def zone(self) -> ZoneInfo:
        return self.life.document.zone

    def play(self, number: int) -> datetime:
        """Let a step happen; the moment at which it did."""
        step = self.life.steps[number]
        self.now += step.gap
        at = self.now - step.slack
        self._act(number, step, at)
        self.latest = max(self.latest, at)
        return at

    def _act(self, number: int, step: Step, at: datetime) -> None:
        if self.oracle is not None and step.do is not Do.NOTHING:
            self.oracle.advance(at)
        match step.do:
            case Do.EARN:
                self._earn(step, at)
            case Do.TAKE_BACK:
                self._take_back(step, at)
            case Do.NOTHING:
                pass
            case _:
                self._order(number, step, at)

    def _earn(self, step: Step, at: datetime) -> None:
        type_id = list(RULES)[step.choice % len(RULES)]
        occurred_at = at - step.lag
        posting = self.till.report(step.points, occurred_at, at, type_id)
        assert posting.points == step.points
        if self.oracle is not None:
            day = occurred_at.astimezone(self.zone).date()
            wait, own = RULES[type_id]
            since = day + timedelta(days=wait) if wait else None
            self.oracle.earn(step.points, since, last_day(own or self.life.expiry, day), at)

    def _take_back(self, step: Step, at: datetime) -> None:
        posting = self.till.report(-step.points, at - step.lag, at, "lasting")
        if self.oracle is not None:
            may = self.oracle.deduct(step.points)
            assert (posting.outcome is Outcome.APPLIED) is may
            assert bool(posting.reason) is not may

    def _order(self, number: int, step: Step, at: datetime) -> None:
        hold_id = self.holds[step.choice % len(self.holds)] if self.holds else "ik_none"
        of = hold_id if step.do in (Do.CAPTURE, Do.RELEASE) else None
        kind, points = {
            Do.SPEND: (Kind.REDEMPTION, step.points),
            Do.HOLD: (Kind.HOLD, step.points),
            Do.CAPTURE: (Kind.CAPTURE, step.points // 3),
            Do.RELEASE: (Kind.RELEASE, 0),
            Do.ADD: (Kind.ADJUSTMENT, step.points),
            Do.SUBTRACT: (Kind.ADJUSTMENT, -step.points),
        }[step.do]
        lasts = timedelta(hours=7 * (step.choice + 1))
        name = f"ik_order{number}"
        row = order(kind, points, at, order_id=name, of=of, lasts=lasts)
        may = True
        try:
            assert self.till.place(row).created
        except RefusalError:
            may = False
            self.refused.append(number)
        if may and step.do is Do.HOLD:
            self.holds.append(name)
        if self.oracle is not None:
            # What was refused has recorded nothing, not even what was due.
            self.till.bring_up(at)
            assert may is self._asked(self.oracle, step, row.activity_id, hold_id, lasts, at)

    def _asked(  # noqa: PLR0917 - what an order is about
        self,
        oracle: SinglePoints,
        step: Step,
        name: str,
        hold_id: str,
        lasts: timedelta,
        at: datetime,
    ) -> bool:
        is_latest = at >= self.latest
        match step.do:
            case Do.SPEND:
                return oracle.spend(step.points, at, is_latest=is_latest)
            case Do.HOLD:
                return oracle.hold(name, step.points, at + lasts, at, is_latest=is_latest)
            case Do.CAPTURE:
                return oracle.close(hold_id, step.points // 3, at)
            case Do.RELEASE:
                return oracle.close(hold_id, 0, at)
            case Do.ADD:
                day = at.astimezone(self.zone).date()
                oracle.earn(step.points, None, last_day(self.life.expiry, day), at)
                return True
            case _:
                return oracle.deduct(step.points)


DATED_AHEAD = Life(
    program_of("never", "Europe/Berlin", below_zero=False, tiers=True),
    "never",
    [
        Step(Do.EARN, 40, timedelta(), -timedelta(hours=23), timedelta(), 0),
        Step(Do.EARN, 1, timedelta(days=33), timedelta(), timedelta(), 0),
    ],
)


@settings(max_examples=300)
@given(lives)
@example(DATED_AHEAD)
def test_every_point_is_where_it_would_be_one_by_one(life: Life) -> None:
    till = Till(life.document)
    oracle = SinglePoints(life.document.zone, life.document.points.may_go_below_zero)
    player = Player(life, till, oracle)
    bound = most_lots(periods_of(life.document))

    for number in range(len(life.steps)):
        at = player.play(number)

        _assert_same(till.purse, oracle)
        # What is posted late by a slow clock may be of days that are over already.
        if at >= player.latest:
            assert len(till.purse.lots) <= bound
            due_at = till.balance.due_at
            assert life.steps[number].do is Do.NOTHING or due_at is None or due_at > at
    end = player.now + timedelta(days=3)
    oracle.advance(end)
    till.bring_up(end)
    _assert_same(till.purse, oracle)
    _assert_sound(life, till)
    assert _expired(till) == oracle.expired


def _assert_same(purse: Purse, oracle: SinglePoints) -> None:
    spendable, waiting, held, owed = oracle.figures()
    assert not owed or not spendable
    assert [purse.available, purse.pending, purse.held, purse.owed] == [
        spendable - owed,
        waiting,
        held,
        owed,
    ]
    assert {(lot.spendable_on, lot.last_day): p for lot, p in purse.lots.items()} == (
        oracle.grouped()
    )
    assert purse.total == spendable + waiting + held - owed
    assert purse.holds.keys() == oracle.holds.keys()


def _assert_sound(life: Life, till: Till) -> None:
    """The chain, lot by lot; nothing was taken that was not there or not good."""
    if not till.chain:
        return
    assert_book_is_sound(till.book, till.reported)
    assert_balances_are_folds(till.book, till.reported, [in_force(life.document)])
    assert_purse_is_sound(till.purse, Fraction(till.balance.state.points))
    for posting in till.chain:
        if posting.kind is Kind.DUE:
            assert posting.lines or posting.matured or posting.holds or posting.tier
        if posting.kind in (Kind.REDEMPTION, Kind.HOLD):
            assert all(change.lot.is_spendable for change in posting.lots)
            assert all(change.points < 0 for change in posting.lots)


def _expired(till: Till) -> Decimal:
    return -sum((p.points for p in till.chain if p.kind is Kind.DUE), Decimal(0))


# ---- Whenever anybody looks ----


def played(life: Life, look: Iterable[int]) -> Till:
    """The till at the end; before each step `look`s come, spread over the time since the last."""
    till = Till(life.document)
    player = Player(life, till)
    looks = iter(look)
    for number, step in enumerate(life.steps):
        _look(till, player.now, player.now + step.gap - step.slack, next(looks, 0))
        player.play(number)
    end = player.now + timedelta(days=40)
    _look(till, player.now, end, next(looks, 0))
    till.bring_up(end)
    assert till.bring_up(end) == 0
    return till


PROMPTLY = 10**6


def _look(till: Till, since: datetime, until: datetime, times: int) -> None:
    if times == PROMPTLY:
        while (due_at := till.balance.due_at) and due_at <= until:
            _bring_up_unchanged(till, due_at)
        return
    moments = [since + (until - since) * number / (times + 1) for number in range(1, times + 1)]
    # In any order, and each twice.
    for moment in (*reversed(moments), *moments):
        _bring_up_unchanged(till, moment)


def _bring_up_unchanged(till: Till, moment: datetime) -> None:
    """What is shown at the moment is the same before and after."""
    document = till.document
    before = till.balance.state
    till.bring_up(moment)
    after = till.balance.state
    assert points_standing(before, document, moment) == points_standing(after, document, moment)
    assert tier_standing(before, document, moment) == tier_standing(after, document, moment)
    assert till.bring_up(moment) == 0


@settings(max_examples=200)
@given(lives, st.lists(st.sampled_from([0, 0, 1, 3, PROMPTLY]), max_size=15))
def test_lazily_is_promptly_is_whenever(life: Life, looks: list[int]) -> None:
    # A slow clock acts before what others posted already: who looks when then matters.
    life = Life(life.document, life.expiry, [s._replace(slack=timedelta()) for s in life.steps])
    lazily, promptly = played(life, []), played(life, [PROMPTLY] * 15)
    sometimes = played(life, looks)

    for till in (promptly, sometimes):
        assert till.purse == lazily.purse
        assert _at_the_end(till) == _at_the_end(lazily)
        assert _expired(till) == _expired(lazily)
        assert _told(till) == _told(lazily)
        _assert_sound(life, till)


def _at_the_end(till: Till) -> MembershipState:
    """The state years later: days of which nothing follows are left until somebody looks."""
    return brought_up_to(FIRST.date() + timedelta(days=5 * 366), till.balance.state, till.document)


def _told(till: Till) -> list[tuple[object, ...]]:
    """What postings that somebody asked for say."""
    return [
        (p.activity_id, p.lines, p.lots, p.holds, p.balance_after, p.available_after, p.outcome)
        for p in till.chain
        if p.kind is not Kind.DUE
    ]
