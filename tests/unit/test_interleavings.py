"""Two appliers and a reconciler take turns at every call, and some are killed in between."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from accrue.domain.activity import Activity, Outcome
from accrue.domain.program.program import Program
from accrue.services.apply_rules import RuleApplier
from accrue.services.reconcile import Reconciler
from tests.proof.record import record
from tests.proof.replayable import replayable
from tests.proof.seeds import seeds
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    activity,
    earn,
    in_force,
    lifetime_tiers,
    program,
    quest,
    require,
    rule,
    written,
)
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog, FakeLedger, FakeProgress, Place
from tests.unit.test_fold_properties import balances, exact_balances
from tests.unit.turns import Actor, Scheduler

SEEDS = seeds(100, 500)
# Without the parts of `PROGRAM` that depend on order.
PLAIN = program(rule("sale", "buyer", "0.01"), rule("sale", "seller", "0.05"))
PROGRAM = written(
    points=PLAIN.points.model_dump(mode="json"),
    rules=[
        *PLAIN.model_dump(mode="json")["rules"],
        earn(rule_id="first", when={"nth": {"first": 1}}),
        earn("0.1", rule_id="limited", limits=[{"per": "day", "points": "20"}]),
        earn("0.1", rule_id="silver", when={"tiers": ["silver"]}),
    ],
    quests=[quest(require("100"), require("2", requirement_id="twice", progress="count"))],
    tiers=lifetime_tiers(silver="100"),
)
VERSIONS = [in_force(PROGRAM)]
CATALOG = FakeCatalog({"coffee-club": VERSIONS})
LEDGER = [
    activity("100", activity_id="ik_1", roles={"buyer": [ANN], "seller": [BEN]}),
    activity("210", activity_id="ik_2", roles={"buyer": [ANN], "seller": [ANN]}, seconds=1),
    activity("3", activity_id="ik_3", settled_outcome=Outcome.HELD, seconds=2),
    activity("33.33", activity_id="ik_4", roles={"buyer": [BEN]}, seconds=3),
    activity("7", activity_id="ik_5", roles={"buyer": [ANN]}, seconds=4),
    activity("7", activity_id="ik_6", network_id="other", seconds=4),
]


@dataclass
class Stage:
    """A ledger, and a book that several write to."""

    book: FakeBook = field(default_factory=lambda: FakeBook(max_postings_per_write=2))
    progress: FakeProgress = field(default_factory=FakeProgress)

    def applier(self, deliveries: list[Activity]) -> Actor:
        """Applies deliveries in batches of three, as the stream does."""

        def work(pause: Callable[[], None]) -> None:
            applier = RuleApplier(CATALOG, self.book.seen_by(pause), lambda: NOON)
            for first in range(0, len(deliveries), 3):
                assert applier.apply(deliveries[first : first + 3]) == []

        return Actor(work)

    def reconciler(self) -> Actor:
        """Sweeps both networks."""

        def work(pause: Callable[[], None]) -> None:
            book = self.book.seen_by(pause)
            progress = FakeProgress(pause, self.progress.swept, self.progress.stuck)
            reconciler = Reconciler(
                ledger=FakeLedger(LEDGER, pause),
                book=book,
                progress=progress,
                applier=RuleApplier(CATALOG, book, lambda: NOON),
                has_time=lambda: True,
            )
            for network_id in ("demo", "other"):
                report = reconciler.reconcile(network_id, NOON + timedelta(minutes=1))
                assert report.failures == {}

        return Actor(work)


@pytest.mark.parametrize("may_kill", [False, True])
def test_whatever_the_order_of_turns_each_activity_counts_once(*, may_kill: bool) -> None:
    turns, ends = 0, set()
    for seed in SEEDS:
        with replayable("races", seed):
            scheduler, stage = Scheduler(seed), Stage()
            actors = [
                stage.applier(_shuffled(scheduler.chance)),
                stage.applier(_shuffled(scheduler.chance)),
                stage.reconciler(),
            ]
            first_seen: dict[Any, Any] = {}

            def check(book: FakeBook = stage.book, seen: dict[Any, Any] = first_seen) -> None:
                present: dict[Any, Any] = {}
                present.update(book.postings)
                present.update(book.outcomes)
                assert all(present.get(key) is item for key, item in seen.items())
                # Whatever is written adds something: after a turn without it all is as it was.
                if len(present) > len(seen):
                    assert_book_is_sound(book, LEDGER)
                seen.update(present)

            scheduler.run(actors, check, may_kill=may_kill)
            if may_kill:
                # Whoever was killed is started again, undisturbed.
                again = [stage.applier(LEDGER), stage.reconciler()]
                scheduler.run(again, check, may_kill=False)
            assert_book_is_sound(stage.book, LEDGER)
            assert_balances_are_folds(stage.book, LEDGER, VERSIONS)
            assert awarded_by(stage.book, PLAIN) == exact_balances(LEDGER, PLAIN)
            ends.add(repr(sorted(balances(stage.book).items(), key=repr)))
            assert stage.book.find_unapplied(LEDGER) == []
            assert stage.progress.stuck == set()
            turns += scheduler.turns
    assert turns > len(SEEDS) * 20
    # It was seen that the order matters.
    assert len(SEEDS) == 1 or len(ends) > 3
    name = "services: appliers and reconciler" + (", killed" if may_kill else "")
    record("races", name, {"seeds": len(SEEDS), "turns": turns, "violations": 0})


def awarded_by(book: FakeBook, document: Program) -> dict[Place, Fraction]:
    """What the rules of a program awarded, of those in the book."""
    names = {each.rule_id for each in document.rules}
    sums: dict[Place, Fraction] = defaultdict(Fraction)
    for (place, _), posting in book.postings.items():
        for line in posting.lines:
            if line.rule_id in names:
                sums[place] += Fraction(line.points)
    return dict(sums)


def _shuffled(chance: random.Random) -> list[Activity]:
    deliveries = LEDGER * 2
    chance.shuffle(deliveries)
    return deliveries
