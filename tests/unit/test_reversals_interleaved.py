"""Those who reverse the same activities, and those who apply, spend and hold what these brought,
take turns at every call; writes conflict, answers get lost, processes die, and clients try again.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.errors import AlreadyPostedError, BalanceMovedError, RefusalError
from accrue.domain.posting import Posting
from accrue.domain.recording import Attempt
from accrue.domain.reversal_errors import AlreadyReversedError, ReversalTooLargeError
from accrue.services.apply_rules import RuleApplier
from accrue.services.fold import Folder
from accrue.services.post_at_once import AtOnceLedger
from accrue.services.reverse_activity import ReversalLedger
from tests.proof.record import record
from tests.proof.replayable import replayable
from tests.proof.seeds import seeds
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    PROGRAM_ID,
    activity,
    earn,
    in_force,
    items,
    quest,
    require,
    written,
)
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog, Place
from tests.unit.faulty_writes import BrokenError, Died, Fault, FaultyWrites, fault_figures
from tests.unit.reversing import reversal_draft, reversal_request
from tests.unit.spending import LedgerOfBook, order
from tests.unit.turns import Actor, Scheduler

SEEDS = seeds(100, 500)
PROGRAM = written(
    points={"unit": "points"},
    rules=[
        earn(rule_id="buy", limits=[{"per": "day", "points": "500"}]),
        earn("0.5", rule_id="sell", role="seller"),
    ],
    bonuses=[
        {
            "bonus_id": "double",
            "rule_ids": ["buy"],
            "effect": {"kind": "multiply", "factor": "2"},
        }
    ],
    quests=[
        quest(
            require("150"),
            points="30",
            overshoot="carries_over",
            max_completions=9,
        )
    ],
)
VERSIONS = [in_force(PROGRAM)]
CATALOG = FakeCatalog({PROGRAM_ID: VERSIONS})
BASKET = "tea:30 cake:70"
PARTS: list[tuple[str | None, tuple[str, ...]]] = [
    ("40", ()),
    ("40", ()),
    ("33.33", ()),
    (None, ("cake",)),
    (None, ("tea", "cake")),
    (None, ()),
]

type Pause = Callable[[], None]


@dataclass
class Shop:
    """Where it all happens: the book, the ledger, a clock that goes on at each request."""

    chance: random.Random
    rate: float
    seen: Counter[object]
    book: FakeBook = field(default_factory=FakeBook)
    now: datetime = NOON
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    requests: dict[str, Callable[[Pause], list[str]]] = field(default_factory=dict)
    refused: dict[str, RefusalError] = field(default_factory=dict)
    checked: Counter[Place] = field(default_factory=Counter)

    def record(self, amount: str) -> Activity:
        """A purchase at Ben's of Ann's, which is in the ledger and not applied yet."""
        number = len(self.book.recorded)
        row = activity(
            amount,
            activity_id=f"ik_sale{number}",
            roles={"buyer": [ANN], "seller": [BEN]},
            recorded_at=NOON - timedelta(hours=1) + timedelta(seconds=number),
            line_items=items(BASKET) if amount == "100" else (),
        )
        self.book.recorded[row.network_id, row.activity_id] = row
        return row

    def tick(self) -> datetime:
        """The time at some server: they are a little apart."""
        self.now += timedelta(seconds=self.chance.random() * 0.15)
        return self.now + timedelta(seconds=self.chance.choice([0, 0, -0.4]))

    def seen_by(self, pause: Pause) -> FaultyWrites:
        """The book, with its faults, at some process."""
        return FaultyWrites(
            **vars(self.book.seen_by(pause)), chance=self.chance, rate=self.rate, seen=self.seen
        )

    # ---- Who comes ----

    def reverser(
        self,
        key: str,
        original: Activity,
        amount: str | None = None,
        things: tuple[str, ...] = (),
    ) -> Actor:
        """Reverses it, or a part of it, and perhaps asks again."""
        self.requests[f"ik_{key}"] = lambda pause: self._reversed(
            key, original, amount, things, pause
        )
        return Actor(lambda pause: self.send(f"ik_{key}", pause))

    def _reversed(
        self,
        key: str,
        original: Activity,
        amount: str | None,
        things: tuple[str, ...],
        pause: Pause,
    ) -> list[str]:
        book, at = self.seen_by(pause), self.tick()
        request = reversal_request(original, amount, things, key)
        draft = reversal_draft(original, key, at, f"{key}-{self.chance.random()}")
        applier = RuleApplier(CATALOG, book, lambda: at)
        ledger = ReversalLedger(CATALOG, LedgerOfBook(book), book, applier, request, original)
        stored = ledger.insert(Attempt(draft)).stored
        assert isinstance(stored, Activity)
        assert (stored.payload_hash, stored.of) == (draft.payload_hash, original.activity_id)
        return _told(stored, ledger.postings_of(stored))

    def orderer(self, name: str, kind: Kind, points: int, then: Kind | None = None) -> Actor:
        """Redeems, or holds and then captures or releases."""
        self._order(name, kind, points)
        if then is not None:
            self._order(f"{name}_then", then, 0 if then is Kind.RELEASE else points, of=name)

        def work(pause: Pause) -> None:
            if self.send(name, pause) and then is not None:
                self.send(f"{name}_then", pause)

        return Actor(work)

    def _order(self, name: str, kind: Kind, points: int, of: str | None = None) -> None:
        def ordered(pause: Pause) -> list[str]:
            book, at = self.seen_by(pause), self.tick()
            invocation_id = f"{name}-{self.chance.random()}"
            row = order(kind, points, at, order_id=name, of=of, invocation_id=invocation_id)
            ledger = AtOnceLedger(LedgerOfBook(book), book, Folder(CATALOG, at))
            stored = ledger.insert(Attempt(row)).stored
            assert isinstance(stored, Activity)
            return _told(stored, book.find_postings(stored))

        self.requests[name] = ordered

    def taker_back(self, key: str, name: str) -> Actor:
        """Reverses what another ordered, if that was carried out by then."""

        def work(pause: Pause) -> None:
            row = self.book.rows.get(("demo", name))
            pause()
            if row is not None:
                self.reverser(key, row)
                self.send(f"ik_{key}", pause)

        return Actor(work)

    def applier(self, rows: Sequence[Activity]) -> Actor:
        """Applies what is delivered, all again until nothing failed."""

        def work(pause: Pause) -> None:
            while not self._is_applied(rows, pause):
                pass

        return Actor(work)

    def _is_applied(self, rows: Sequence[Activity], pause: Pause) -> bool:
        try:
            return not RuleApplier(CATALOG, self.seen_by(pause), self.tick).apply(rows)
        except Died:
            return False

    def send(self, name: str, pause: Pause) -> bool:
        """Send a request until it is answered, perhaps once more; whether it was not refused."""
        while True:
            try:
                self._send_once(name, pause)
            except (BrokenError, Died):
                self.seen["client tries again"] += 1
            except RefusalError as refusal:
                # What was acknowledged is never refused.
                assert name not in self.acknowledged
                self.refused[name] = refusal
                return False
            else:
                if self.chance.random() < 0.7:
                    return True

    def _send_once(self, name: str, pause: Pause) -> None:
        told = self.requests[name](pause)
        # Whoever asks later, and however often, is told the same.
        assert self.acknowledged.setdefault(name, told) == told
        self.refused.pop(name, None)

    # ---- What must be true ----

    def check(self) -> None:
        """After each turn: nothing was changed, and what is new follows from what was there."""
        for place, balance in self.book.balances.items():
            if balance.sequence == self.checked[place]:
                continue
            chain = self.book.chain(place)
            for posting in chain[self.checked[place] :]:
                before = chain[posting.sequence - 2] if posting.sequence > 1 else None
                assert posting.previous_hash == (before.content_hash if before else "")
                balance_before = before.balance_after if before else Decimal(0)
                assert posting.balance_after == balance_before + posting.points
            assert balance.sequence == len(chain)
            assert balance.state.points == chain[-1].balance_after >= 0
            self.checked[place] = balance.sequence
        reversed_amounts(self.book)

    def settle(self) -> None:
        """What was not finished is, by whoever sweeps the ledger; who was refused asks again."""
        self.rate = 0
        rows = [*self.book.recorded.values(), *self.book.rows.values()]
        for _ in range(3):
            unapplied = self.book.find_unapplied(rows)
            RuleApplier(CATALOG, self.book, self.tick).apply(unapplied)
        assert self.book.find_unapplied(rows) == []
        for name in [n for n, e in self.refused.items() if _is_final(e)]:
            assert not self.send(name, _in_peace)
        self.check()

    def assert_answers_stay(self) -> None:
        """What was acknowledged is answered in the same way, a month later too."""
        self.now = NOON + timedelta(days=30)
        before = dict(self.book.postings), dict(self.book.rows), dict(self.book.markers)
        for name in sorted(self.acknowledged):
            self._send_once(name, _in_peace)
        assert before == (self.book.postings, self.book.rows, self.book.markers)


def _in_peace() -> None:
    """Nobody else's turn."""


def _told(row: Activity, postings: Mapping[MembershipRef, Posting]) -> list[str]:
    return [row.content_hash, *sorted(each.content_hash for each in postings.values())]


def _is_final(refusal: RefusalError) -> bool:
    return isinstance(refusal, AlreadyReversedError | ReversalTooLargeError)


def reversed_amounts(book: FakeBook) -> dict[str, Fraction]:
    """How much of each was reversed: one reversal after the other, never more than there was."""
    sums: dict[str, Fraction] = {}
    numbers = Counter[str]()
    for row in sorted(_reversals(book), key=lambda row: row.reversal.number):  # type: ignore[union-attr]
        assert row.of is not None
        assert row.reversal is not None
        numbers[row.of] += 1
        assert row.reversal.number == numbers[row.of]
        sums[row.of] = sums.get(row.of, Fraction(0)) + abs(Fraction(row.amount))
        original = book.recorded.get(("demo", row.of)) or book.rows["demo", row.of]
        assert sums[row.of] <= abs(original.amount)
        assert row.reversal.after.is_whole is (sums[row.of] == abs(original.amount))
    assert len(book.markers) == sum(numbers.values())
    return sums


def _reversals(book: FakeBook) -> list[Activity]:
    return [row for row in book.rows.values() if row.kind is Kind.REVERSAL]


def test_of_all_who_reverse_a_purchase_none_gets_more_than_is_left() -> None:
    """Whole and in parts, by amount and by items, with keys of their own and with the same; nobody
    applied the purchase, or two do so meanwhile.
    """
    seen: Counter[object] = Counter()
    ends = Counter[tuple[str, ...]]()
    for seed in SEEDS:
        with replayable("races", seed):
            scheduler = Scheduler(seed)
            shop = Shop(scheduler.chance, 0.5 if seed % 4 else 0, seen)
            shop.book.taken_together = scheduler.chance.choice([1, 99])
            sale = shop.record("100")
            chosen = scheduler.chance.sample(PARTS, 4)
            actors = [shop.reverser(f"part{n}", sale, *part) for n, part in enumerate(chosen)]
            # The same client's two attempts at once.
            actors += [shop.reverser("part0", sale, *chosen[0])]
            actors += [shop.applier([sale])] * scheduler.chance.choice([0, 1])
            actors += [shop.applier([sale])]

            scheduler.run(actors, shop.check, may_kill=False)
            seen["turns"] += scheduler.turns
            shop.settle()

            assert shop.acknowledged
            assert shop.acknowledged.keys() | shop.refused.keys() == shop.requests.keys()
            ends[tuple(sorted(shop.acknowledged))] += 1
            _assert_explained(shop)
            shop.assert_answers_stay()
            seen |= Counter({type(each).__name__: 1 for each in shop.refused.values()})
    if len(SEEDS) > 1:
        assert len(ends) > 8
        assert seen["AlreadyReversedError"]
        assert seen["ReversalTooLargeError"]
    _conclude("services: reversals at once", seen)


def test_whoever_spends_what_is_taken_back_every_point_is_accounted_for() -> None:
    """Several purchases with two memberships each, redemptions, holds and captures, which are taken
    back too; processes are killed in the middle, and clients gone for good.
    """
    seen: Counter[object] = Counter()
    ends = Counter[object]()
    for seed in SEEDS:
        with replayable("races", seed):
            scheduler = Scheduler(seed)
            chance = scheduler.chance
            shop = Shop(chance, 0.4 if seed % 4 else 0, seen)
            shop.book.taken_together = chance.choice([1, 99])
            first, second = shop.record("100"), shop.record("60")
            if chance.random() < 0.7:
                RuleApplier(CATALOG, shop.book, lambda: NOON).apply([first])
            actors = [
                shop.applier([first, second]),
                shop.applier([second]),
                shop.orderer("ik_redeem0", Kind.REDEMPTION, 150),
                shop.orderer("ik_redeem1", Kind.REDEMPTION, 120),
                shop.orderer("ik_hold", Kind.HOLD, 80, chance.choice([Kind.CAPTURE, Kind.RELEASE])),
                shop.reverser("half", first, "50"),
                shop.reverser("rest", first),
                shop.reverser("second", second),
                shop.taker_back("refund", "ik_redeem0"),
                shop.taker_back("captured", "ik_hold_then"),
            ]

            scheduler.run(actors, shop.check, may_kill=seed % 3 == 0)
            seen["turns"] += scheduler.turns
            seen["killed"] += sum(actor.is_killed for actor in actors)
            shop.settle()

            _assert_explained(shop)
            shop.assert_answers_stay()
            state = shop.book.balances["demo", ANN].state
            seen["owed"] += bool(state.purse.debt)
            seen["quest revoked"] += any(
                change.completions < 0 for p in shop.book.postings.values() for change in p.quests
            )
            ends[state.points, state.purse.debt] += 1
    if len(SEEDS) > 1:
        assert len(ends) > 10
        assert min(seen["killed"], seen["owed"], seen["quest revoked"]) > 0, seen
    _conclude("services: reversals of what is spent", seen)


def _assert_explained(shop: Shop) -> None:
    """The chain explains the end, and the end is what the acknowledged come to."""
    book, rows = shop.book, list(shop.book.recorded.values())
    assert_book_is_sound(book, rows)
    assert_balances_are_folds(book, rows, VERSIONS)
    for row in rows:
        reversed_of_it = reversed_amounts(book).get(row.activity_id, Fraction(0))
        is_whole = reversed_of_it == abs(row.amount)
        for place in book.balances:
            chain = book.chain(place)
            undone = [p for p in chain if p.of == row.activity_id]
            lines = [
                line.points
                for posting in [book.postings[place, row.activity_id], *undone]
                for line in posting.lines
                if line.rule_id
            ]
            assert sum(lines) >= 0
            assert not is_whole or sum(lines) == 0
    for name in shop.acknowledged:
        assert ("demo", name) in book.rows


def _conclude(name: str, seen: Counter[object]) -> None:
    """Assert that everything happened, unless there is one seed to see again, and record it."""
    expected = [*Fault, "client tries again"]
    expected += [AlreadyPostedError.__name__, BalanceMovedError.__name__]
    assert len(SEEDS) == 1 or min(seen[each] for each in expected) > 2, seen
    figures = {"seeds": len(SEEDS), "turns": seen["turns"], **fault_figures(seen)}
    record("races", name, {**figures, "violations": 0})
