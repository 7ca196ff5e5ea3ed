"""Spenders, holders, appliers and an expirer take turns at every call over a midnight on which
points expire and others become spendable; writes conflict, answers get lost, processes die, and
clients try again.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from accrue.domain.activity import Activity, Kind
from accrue.domain.decision import HoldStatus
from accrue.domain.errors import RefusalError
from accrue.domain.posting import Posting
from accrue.domain.recording import Attempt
from accrue.domain.spending_errors import InsufficientPointsError
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Folder, Occasion
from accrue.services.post_at_once import AtOnceLedger
from tests.proof.record import record
from tests.proof.replayable import replayable
from tests.proof.seeds import seeds
from tests.unit.activities import ANN, PROGRAM_ID, activity, earn, in_force, written
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound, assert_purse_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog
from tests.unit.faulty_writes import BrokenError, Died, Fault, FaultyWrites, fault_figures
from tests.unit.single_points import SinglePoints
from tests.unit.spending import LedgerOfBook, order
from tests.unit.turns import Actor, Scheduler

SEEDS = seeds(100, 500)
PROGRAM = written(
    points={"unit": "points"},
    time_zone="Europe/Berlin",
    rules=[
        earn(rule_id="lasting", activity_type_id="lasting"),
        earn(
            rule_id="ending",
            activity_type_id="ending",
            expiry={"kind": "end_of_month", "months_after": 0},
        ),
        earn(rule_id="waiting", activity_type_id="waiting", pending_days=1),
    ],
)
MIDNIGHT = datetime(2026, 3, 31, 22, tzinfo=UTC)
LAST_DAY = date(2026, 3, 31)
EVENING = MIDNIGHT - timedelta(hours=4)
VERSIONS = [in_force(PROGRAM)]
CATALOG = FakeCatalog({PROGRAM_ID: VERSIONS})
PLACE = ("demo", ANN)
PRICE = 100


@dataclass
class Shop:
    """Where it all happens: the book, the ledger, a clock that goes on at each request."""

    chance: random.Random
    rate: float
    seen: Counter[object]
    book: FakeBook = field(default_factory=FakeBook)
    ledger: dict[tuple[str, str], Activity] = field(default_factory=dict)
    now: datetime = MIDNIGHT - timedelta(seconds=3)
    acknowledged: dict[str, str] = field(default_factory=dict)
    requests: dict[str, Callable[[datetime], Activity]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    checked: int = 0

    def record(self, type_id: str, points: int, recorded_at: datetime = EVENING) -> Activity:
        """An activity that is in the ledger and not applied yet."""
        row = activity(
            str(points),
            activity_id=f"ik_activity{len(self.ledger)}",
            activity_type_id=type_id,
            occurred_at=EVENING,
            recorded_at=recorded_at + timedelta(microseconds=len(self.ledger)),
        )
        self.ledger[row.network_id, row.activity_id] = row
        return row

    def tick(self) -> datetime:
        """The time at some server: they are a little apart."""
        self.now += timedelta(seconds=self.chance.random() * 0.15)
        return self.now + timedelta(seconds=self.chance.choice([0, 0, -0.4]))

    def seen_by(self, pause: Callable[[], None]) -> FaultyWrites:
        """The book, with its faults, at some process."""
        return FaultyWrites(
            **vars(self.book.seen_by(pause)), chance=self.chance, rate=self.rate, seen=self.seen
        )

    # ---- Who comes ----

    def spender(self, number: int) -> Actor:
        """Spends the price, once; tries again until there is an answer."""
        return Actor(lambda pause: self.spend(f"ik_spend{number}", pause))

    def spend(self, name: str, pause: Callable[[], None]) -> Posting | None:
        """Order it, and perhaps ask again later: the answer is the same."""
        posting = self.send(name, pause, Kind.REDEMPTION, PRICE)
        if posting is not None and self.chance.random() < 0.3:
            assert self.send(name, pause, Kind.REDEMPTION, PRICE) is not None
        return posting

    def holder(self, number: int) -> Actor:
        """Holds the price, and captures a part, releases it, or leaves it to lapse."""
        name = f"ik_hold{number}"

        def work(pause: Callable[[], None]) -> None:
            lasts = timedelta(seconds=self.chance.choice([0.2, 1, 3600]))
            if self.send(name, pause, Kind.HOLD, PRICE, lasts=lasts) is None:
                return
            match self.chance.choice([Kind.CAPTURE, Kind.RELEASE, None]):
                case Kind.CAPTURE:
                    part = self.chance.choice([40, PRICE])
                    self.send(f"ik_capture{number}", pause, Kind.CAPTURE, part, of=name)
                case Kind.RELEASE:
                    self.send(f"ik_release{number}", pause, Kind.RELEASE, 0, of=name)

        return Actor(work)

    def applier(self, rows: Sequence[Activity]) -> Actor:
        """Applies what is delivered, all again until nothing failed."""

        def work(pause: Callable[[], None]) -> None:
            for first in range(0, len(rows), 2):
                batch = rows[first : first + 2]
                while not self._is_applied(batch, pause):
                    pass

        return Actor(work)

    def _is_applied(self, batch: Sequence[Activity], pause: Callable[[], None]) -> bool:
        try:
            return not RuleApplier(CATALOG, self.seen_by(pause), self.tick).apply(batch)
        except Died:
            return False

    def expirer(self) -> Actor:
        """The schedule, some times."""

        def work(pause: Callable[[], None]) -> None:
            for _ in range(4):
                try:
                    self.bring_up(self.seen_by(pause), self.tick())
                except (BrokenError, Died):
                    continue

        return Actor(work)

    def bring_up(self, book: FakeBook, moment: datetime) -> int:
        """Post what fell due."""
        occasion = Occasion("demo", ANN, "user-ann", moment, "schedule")
        return RuleApplier(CATALOG, book, lambda: moment).bring_up(occasion)

    def send(
        self,
        name: str,
        pause: Callable[[], None],
        kind: Kind,
        points: int,
        *,
        of: str | None = None,
        lasts: timedelta = timedelta(days=7),
    ) -> Posting | None:
        """Send an order until it is answered; None if it is refused."""
        self.requests[name] = lambda at: order(
            kind,
            points,
            at,
            order_id=name,
            of=of,
            lasts=lasts,
            invocation_id=f"{name}-{self.chance.random()}",
        )
        while True:
            try:
                return self._sent_once(name, pause)
            except (BrokenError, Died):
                self.seen["client tries again"] += 1
            except RefusalError:
                # What was acknowledged is never refused.
                assert name not in self.acknowledged
                self.refused.add(name)
                return None

    def _sent_once(self, name: str, pause: Callable[[], None]) -> Posting:
        book = self.seen_by(pause)
        row = self.requests[name](self.tick())
        ledger = AtOnceLedger(
            LedgerOfBook(book, self.ledger), book, Folder(CATALOG, row.recorded_at)
        )
        recording = ledger.insert(Attempt(row))
        stored = recording.stored
        assert isinstance(stored, Activity)
        assert stored.payload_hash == row.payload_hash
        posting = book.find_postings(stored)[ANN]
        # Whoever asks later, and however often, is told the same.
        told = self.acknowledged.setdefault(name, posting.content_hash)
        assert told == posting.content_hash
        self.refused.discard(name)
        return posting

    # ---- What must be true ----

    def check(self) -> None:
        """After each turn: nothing was changed, and what is new follows from what was there."""
        chain = self.book.chain(PLACE) if len(self.book.postings) > self.checked else []
        for posting in chain[self.checked :]:
            before = chain[posting.sequence - 2] if posting.sequence > 1 else None
            assert posting.previous_hash == (before.content_hash if before else "")
            balance_before = before.balance_after if before else Decimal(0)
            assert posting.balance_after == balance_before + posting.points
            assert posting.available_after >= 0
        if chain:
            balance = self.book.balances[PLACE]
            assert (balance.sequence, len(chain)) == (chain[-1].sequence, chain[-1].sequence)
            assert balance.state.points == chain[-1].balance_after >= 0
            assert_purse_is_sound(balance.state.purse, Fraction(balance.state.points))
            self.checked = len(chain)

    def settle(self) -> None:
        """Everybody who was refused tries once more, in peace; then nothing more can be spent."""
        self.rate = 0
        self.now = MIDNIGHT + timedelta(days=1)
        for name in sorted(self.refused):
            if self.requests[name](self.now).kind is Kind.REDEMPTION:
                self.send(name, _in_peace, Kind.REDEMPTION, PRICE)
        self.bring_up(self.book, self.now)
        assert self.bring_up(self.book, self.now) == 0
        self.check()

    def assert_answers_stay(self) -> None:
        """What was acknowledged is answered in the same way, a month later too."""
        self.now = MIDNIGHT + timedelta(days=30)
        before = dict(self.book.postings)
        for name in sorted(self.acknowledged):
            self._sent_once(name, _in_peace)
        assert self.book.postings == before


def _in_peace() -> None:
    """Nobody else's turn."""


def spent(chain: Sequence[Posting]) -> list[str]:
    """The redemptions."""
    return [posting.activity_id for posting in chain if posting.kind is Kind.REDEMPTION]


def test_of_twenty_who_want_the_same_hundred_points_one_gets_them() -> None:
    seen: Counter[object] = Counter()
    winners = set()
    for seed in SEEDS:
        with replayable("races", seed):
            scheduler = Scheduler(seed)
            shop = Shop(scheduler.chance, 0.5 if seed % 4 else 0, seen)
            rows = [shop.record("lasting", PRICE)]
            RuleApplier(CATALOG, shop.book, lambda: EVENING).apply(rows)
            # It is delivered again, and the schedule finds nothing.
            others = [shop.applier(rows), shop.expirer()]

            scheduler.run([*map(shop.spender, range(20)), *others], shop.check, may_kill=False)
            seen["turns"] += scheduler.turns

            (winner,) = spent(shop.book.chain(PLACE))
            assert shop.acknowledged.keys() == {winner}
            assert len(shop.refused) == 19
            assert shop.book.balances[PLACE].state.points == 0
            _assert_sound(shop)
            shop.assert_answers_stay()
            winners.add(winner)
    assert len(SEEDS) == 1 or len(winners) > 15
    _conclude("services: spends at once", seen)


def test_over_midnight_every_point_is_spent_once_or_expires() -> None:
    seen: Counter[object] = Counter()
    ends = Counter[tuple[int, Decimal]]()
    for seed in SEEDS:
        with replayable("races", seed):
            scheduler = Scheduler(seed)
            shop = Shop(scheduler.chance, 0.5 if seed % 4 else 0, seen)
            first = [shop.record("ending", 150), shop.record("waiting", PRICE)]
            RuleApplier(CATALOG, shop.book, lambda: EVENING).apply(first)
            later = [
                shop.record("lasting", PRICE, MIDNIGHT - timedelta(seconds=3)),
                shop.record("ending", 70, MIDNIGHT - timedelta(seconds=2)),
                shop.record("lasting", 30, MIDNIGHT + timedelta(seconds=1)),
            ]
            scheduler.chance.shuffle(later)
            actors = [
                *map(shop.spender, range(6)),
                *map(shop.holder, range(3)),
                shop.applier([*first, *later]),
                shop.applier(later),
                shop.expirer(),
            ]

            scheduler.run(actors, shop.check, may_kill=False)
            seen["turns"] += scheduler.turns
            shop.settle()

            ends[_end(shop)] += 1
            _assert_sound(shop)
            shop.assert_answers_stay()
    # It was seen that the order matters, and that points expire in the middle of it.
    if len(SEEDS) > 1:
        assert len(ends) > min(len(SEEDS) / 20, 10)
        assert any(expired for _, expired in ends)
    _conclude("services: over midnight", seen)


def _end(shop: Shop) -> tuple[int, Decimal]:
    """How many were sold and what expired: as many as the points allow, not one more or less."""
    chain, state = shop.book.chain(PLACE), shop.book.balances[PLACE].state
    earned = sum(p.points for p in chain if p.kind is Kind.ACTIVITY)
    sold = spent(chain)
    expired = -sum((p.points for p in chain if p.kind is Kind.DUE), Decimal(0))
    captured = -sum((p.points for p in chain if p.kind is Kind.CAPTURE), Decimal(0))
    assert earned == 450
    assert state.points == earned - PRICE * len(sold) - expired - captured
    refused = {name for name in shop.refused if name.startswith("ik_spend")}
    assert len(sold) + len(refused) == 6
    assert set(sold) == {name for name in shop.acknowledged if name.startswith("ik_spend")}
    # Who was refused was so although everything that there was could be had.
    assert not refused or state.purse.available < PRICE
    for posting in chain:
        # In Berlin the month ends at MIDNIGHT.
        if posting.kind in (Kind.REDEMPTION, Kind.HOLD) and posting.recorded_at >= MIDNIGHT:
            assert all(change.lot.last_day is None for change in posting.lots)
    return len(sold), expired


def _assert_sound(shop: Shop) -> None:
    chain = shop.book.chain(PLACE)
    rows = list(shop.ledger.values())
    assert_book_is_sound(shop.book, rows)
    assert_balances_are_folds(shop.book, rows, VERSIONS)
    # Each row came with its posting, and none without.
    assert {p.activity_id for p in chain if p.kind is not Kind.ACTIVITY} == {
        activity_id for _, activity_id in shop.book.rows
    }
    assert all(p.lines or p.matured or p.holds for p in chain if p.kind is Kind.DUE), (
        "a row about nothing"
    )
    _assert_same_one_by_one(shop, chain)


def _assert_same_one_by_one(shop: Shop, chain: Sequence[Posting]) -> None:
    """Told in this order to somebody who has a list of single points, it comes to the same."""
    oracle = SinglePoints(PROGRAM.zone, goes_below_zero=False)
    latest = EVENING
    for posting in chain:
        at, points = posting.recorded_at, abs(int(posting.points))
        oracle.advance(at)
        is_latest = at >= latest
        latest = max(latest, at)
        match posting.kind:
            case Kind.ACTIVITY:
                type_id = posting.activity_type_id
                since = LAST_DAY + timedelta(days=1) if type_id == "waiting" else None
                oracle.earn(points, since, LAST_DAY if type_id == "ending" else None, at)
            case Kind.REDEMPTION:
                assert oracle.spend(points, at, is_latest=is_latest)
            case Kind.HOLD:
                (hold,) = posting.holds
                assert hold.status is HoldStatus.HELD
                name, until = posting.activity_id, hold.expires_at
                assert oracle.hold(name, int(hold.points), until, at, is_latest=is_latest)
            case Kind.CAPTURE | Kind.RELEASE:
                (hold,) = posting.holds
                assert oracle.close(hold.hold_id, points, at)
            case _:
                assert posting.kind is Kind.DUE
    spendable, waiting, held, owed = oracle.figures()
    purse = shop.book.balances[PLACE].state.purse
    assert [purse.available, purse.pending, purse.held, purse.owed] == [
        spendable,
        waiting,
        held,
        owed,
    ]
    assert oracle.expired == -sum(p.points for p in chain if p.kind is Kind.DUE)


def _conclude(name: str, seen: Counter[object]) -> None:
    """Assert that everything happened, unless there is one seed to see again, and record it."""
    for fault in (*Fault, "client tries again", "BalanceMovedError", "AlreadyPostedError"):
        assert len(SEEDS) == 1 or seen[fault] > len(SEEDS) / 50, (fault, seen)
    figures = {"seeds": len(SEEDS), "turns": seen["turns"], **fault_figures(seen)}
    record("races", name, {**figures, "violations": 0})


def test_a_point_is_not_promised_to_who_comes_late() -> None:
    """The refusal says what is there by then, with what fell due."""
    shop = Shop(random.Random(1), 0, Counter())  # noqa: S311 - a test's order
    RuleApplier(CATALOG, shop.book, lambda: EVENING).apply([shop.record("ending", 150)])
    ledger = AtOnceLedger(LedgerOfBook(shop.book), shop.book, Folder(CATALOG, MIDNIGHT))

    with pytest.raises(InsufficientPointsError) as refused:
        ledger.insert(Attempt(order(Kind.REDEMPTION, PRICE, MIDNIGHT)))

    assert refused.value.available == 0
    assert len(shop.book.postings) == 1
