"""A sweep of the 20 years that a sandbox's clock may be moved by, in runs that end in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import override

from accrue.domain.recording import LedgerPage
from accrue.domain.sandbox_clock import MOST_AHEAD
from accrue.services.apply_rules import RuleApplier
from accrue.services.reconcile import Reconciler
from tests.unit.activities import ANN, NOON, activity, in_force, program, rule
from tests.unit.fakes import FakeBook, FakeCatalog, FakeLedger, FakeProgress

DAY = timedelta(days=1)
# Of a run, in days that are looked through: 8 queries each, of some milliseconds.
TIME_OF_A_RUN = 2_000
TIME_LEFT_FOR_A_SLICE = 40


@dataclass
class _SlowLedger(FakeLedger):
    """Counts the days that it was asked about, begun ones included."""

    days: int = 0

    @override
    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterable[LedgerPage]:
        self.days += (end.date() - start.date()).days + 1
        return super().pages_recorded_between(network_id, start, end)


def _has_time(ledger: _SlowLedger) -> bool:
    return ledger.days < TIME_OF_A_RUN - TIME_LEFT_FOR_A_SLICE


def test_twenty_years_are_swept_in_some_runs_each_of_which_ends_in_time() -> None:
    far = int(MOST_AHEAD.total_seconds())
    rows = [
        activity(
            str(10**position), activity_id=f"ik_{position}", roles={"buyer": [ANN]}, seconds=at
        )
        for position, at in enumerate((0, far // 2, far))
    ]
    until = NOON + MOST_AHEAD + DAY
    catalog = FakeCatalog({"coffee-club": [in_force(program(rule("sale", "buyer", "1")))]})
    book, progress = FakeBook(), FakeProgress()
    swept: list[datetime] = []
    found = 0

    for _ in range(10):
        ledger = _SlowLedger(rows)
        reconciler = Reconciler(
            ledger=ledger,
            book=book,
            progress=progress,
            applier=RuleApplier(catalog, book, lambda: until),
            has_time=partial(_has_time, ledger),
        )
        report = reconciler.reconcile("demo", until, first_from=NOON - DAY)
        assert ledger.days < TIME_OF_A_RUN
        assert report.failures == {}
        found += report.found
        swept.append(progress.swept["demo"])
        if report.is_complete:
            break

    assert swept == sorted(set(swept))
    assert swept[-1] == until
    assert 2 < len(swept) < 10
    assert found == 3
    assert str(book.find_balance("demo", ANN).state.points) == "111.00"
