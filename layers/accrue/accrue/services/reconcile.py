"""Find activities that nothing came of, and apply them by the same code as the stream does.

A stream keeps records for 24 hours, gives up on some, and may lag; an acknowledged activity must
get its outcome all the same. Each network is swept in the order of recording, up to `GRACE` before
now (the stream's turn).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.recording import LedgerPage
from accrue.services.apply_rules import RuleApplier
from accrue.services.ports import BalanceBook, LedgerSweep, ReconcileProgress

# What the next sweep looks at again. A row may become visible in the index after its neighbours:
# its writer may take as long as the function's timeout, and the index follows the table with a
# delay.
OVERLAP = timedelta(minutes=10)
# A network seen for the first time, or again after the reconciler was off.
FIRST_LOOKBACK = timedelta(days=3)
# Progress is saved after each, so that a sweep that runs out of time goes on where it was.
SLICE = timedelta(hours=1)


@dataclass
class ReconcileReport:
    """What a sweep did. `failures` are by activity id; each will be tried again in every sweep."""

    checked: int = 0
    found: int = 0
    failures: dict[str, Exception] = field(default_factory=dict)
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Sweeps networks; `has_time` says whether there is time for another slice."""

    ledger: LedgerSweep
    book: BalanceBook
    progress: ReconcileProgress
    applier: RuleApplier
    has_time: Callable[[], bool]

    def reconcile(
        self, network_id: str, until: datetime, lookback: timedelta | None = None
    ) -> ReconcileReport:
        """Sweep what was recorded before `until`: since the last sweep, or over `lookback` anew."""
        report = ReconcileReport()
        self._retry_stuck(network_id, report)
        for start, end in _slices(self._start(network_id, until, lookback), until):
            if not self.has_time():
                report.is_complete = False
                return report
            for page in self.ledger.pages_recorded_between(network_id, start, end):
                self._sweep_page(network_id, page, report)
            if lookback is None:
                self.progress.save_swept_until(network_id, end)
        return report

    def _start(self, network_id: str, until: datetime, lookback: timedelta | None) -> datetime:
        if lookback is not None:
            return until - lookback
        swept_until = self.progress.swept_until(network_id)
        return swept_until - OVERLAP if swept_until else until - FIRST_LOOKBACK

    def _sweep_page(self, network_id: str, page: LedgerPage, report: ReconcileReport) -> None:
        unapplied = self.book.find_unapplied(page.activities)
        failures = {**page.unreadable, **self._apply(unapplied)}
        for activity_id in failures:
            self.progress.add_stuck(network_id, activity_id)
        report.checked += len(page.activities) + len(page.unreadable)
        report.found += len(unapplied)
        report.failures.update(failures)

    def _retry_stuck(self, network_id: str, report: ReconcileReport) -> None:
        for activity_id in self.progress.list_stuck(network_id):
            try:
                row = self.ledger.find_row(network_id, activity_id)
            except UnreadableRowError as error:
                report.failures[activity_id] = error
                continue
            failures = self._apply([row]) if isinstance(row, Activity) else {}
            report.failures.update(failures)
            if not failures:
                self.progress.remove_stuck(network_id, activity_id)

    def _apply(self, activities: Iterable[Activity]) -> dict[str, Exception]:
        return {f.activity.activity_id: f.error for f in self.applier.apply(activities)}


def _slices(start: datetime, end: datetime) -> Iterable[tuple[datetime, datetime]]:
    while start < end:
        yield start, min(start + SLICE, end)
        start += SLICE
