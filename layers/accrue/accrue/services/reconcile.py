"""Find activities that nothing came of, and apply them by the same code as the stream does.

A stream keeps records for 24 hours, gives up on some, and may lag; an acknowledged activity must
get its outcome all the same. Each network is swept in the order of recording, up to a little before
now: the latest rows are the stream's turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.services.apply_rules import RuleApplier, in_order_of_deciding
from accrue.services.ports import BalanceBook, LedgerSweep, ReconcileProgress

# What the next sweep looks at again. A row may become visible in the index after its neighbours:
# its writer may take as long as the function's timeout, and the index follows the table with a
# delay.
OVERLAP = timedelta(minutes=1)
# A network that was never swept.
FIRST_LOOKBACK = timedelta(days=1)
# Progress is saved after each slice, so that a sweep that runs out of time goes on where it was.
# Slices grow where little happened and shrink where much did: an empty day takes few queries, and
# a busy one can't keep a slice from ever being finished.
FIRST_SLICE = timedelta(minutes=1)
SHORTEST_SLICE = timedelta(seconds=1)
# A day without rows takes eight queries all the same, and time is asked for between slices only: so
# a sandbox's clock that was moved by years takes some runs, and no run takes longer than it has.
LONGEST_SLICE = timedelta(days=30)
ROWS_IN_A_FULL_SLICE = 5_000
# Read and sorted before any is tried: few enough to be done in the time that a turn has left.
STUCK_AT_ONCE = 100


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
        self,
        network_id: str,
        until: datetime,
        lookback: timedelta | None = None,
        first_from: datetime | None = None,
    ) -> ReconcileReport:
        """Sweep what was recorded before `until`: since the last sweep, or over `lookback` anew.

        A network that was never swept is swept from `first_from` on, by default a day's rows.
        """
        report = ReconcileReport()
        # Before the sweep adds to them: each is tried once a time.
        stuck = self.progress.list_stuck(network_id)
        start = self._start(network_id, until, lookback) or first_from or until - FIRST_LOOKBACK
        length = FIRST_SLICE
        while start < until:
            if not self.has_time():
                report.is_complete = False
                return report
            end = min(start + length, until)
            rows = self._sweep(network_id, start, end, report)
            if not report.is_complete:
                return report
            if lookback is None:
                self.progress.save_swept_until(network_id, end)
            start, length = end, _next_length(length, rows)
        self._retry_stuck(network_id, stuck, report)
        return report

    def _start(
        self, network_id: str, until: datetime, lookback: timedelta | None
    ) -> datetime | None:
        if lookback is not None:
            return until - lookback
        swept_until = self.progress.swept_until(network_id)
        return swept_until - OVERLAP if swept_until else None

    def _sweep(
        self, network_id: str, start: datetime, end: datetime, report: ReconcileReport
    ) -> int:
        rows = 0
        for page in self.ledger.pages_recorded_between(network_id, start, end):
            # What is applied by then stays applied: the next sweep passes over it quickly.
            if not self.has_time():
                report.is_complete = False
                break
            unapplied = self.book.find_unapplied(page.activities)
            failures = {**page.unreadable, **self._apply(unapplied)}
            for activity_id in failures:
                self.progress.add_stuck(network_id, activity_id)
            rows += len(page.activities) + len(page.unreadable)
            report.found += len(unapplied)
            report.failures.update(failures)
        report.checked += rows
        return rows

    def _retry_stuck(self, network_id: str, stuck: Iterable[str], report: ReconcileReport) -> None:
        for some in batched(stuck, STUCK_AT_ONCE, strict=False):
            rows = self._stuck_rows(network_id, some, report)
            # What one of them spends, another may have earned.
            for row in sorted(rows, key=in_order_of_deciding):
                if not self.has_time():
                    report.is_complete = False
                    return
                failures = self._apply([row])
                report.failures.update(failures)
                if not failures:
                    self.progress.remove_stuck(network_id, row.activity_id)

    def _stuck_rows(
        self, network_id: str, stuck: Iterable[str], report: ReconcileReport
    ) -> list[Activity]:
        rows: list[Activity] = []
        for activity_id in stuck:
            try:
                row = self.ledger.find_row(network_id, activity_id)
            except UnreadableRowError as error:
                report.failures[activity_id] = error
                continue
            if isinstance(row, Activity):
                rows.append(row)
            else:
                self.progress.remove_stuck(network_id, activity_id)
        return rows

    def _apply(self, activities: Iterable[Activity]) -> dict[str, Exception]:
        return {f.activity.activity_id: f.error for f in self.applier.apply(activities)}


def _next_length(length: timedelta, rows: int) -> timedelta:
    if rows > ROWS_IN_A_FULL_SLICE:
        return max(length / 2, SHORTEST_SLICE)
    return min(length * 2, LONGEST_SLICE)
