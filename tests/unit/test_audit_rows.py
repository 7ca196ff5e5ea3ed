"""An audit counts each row of the ledger once, wherever its steps end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import override

import pytest

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.jobs.job import JobKind
from accrue.domain.recording import LedgerPage
from accrue.domain.timestamps import to_text
from accrue.services.audit_balances import BalanceAudit
from accrue.services.job_carry import JobCarry
from accrue.services.job_memberships import MembershipLister
from tests.unit.activities import NOON, activity
from tests.unit.fake_chains import FakeChains, FakeUsers
from tests.unit.fake_jobs import FakeJobs, new_job
from tests.unit.fakes import FakeBook, FakeCatalog, FakeLedger

SECOND = timedelta(seconds=1)


@dataclass
class SpoiltLedger(FakeLedger):
    """Rows of which some can't be read, some at a time."""

    unreadable: frozenset[str] = frozenset()
    page_size: int = 2

    @override
    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterator[LedgerPage]:
        assert network_id == "demo"
        there = [row for row in self.rows if start <= row.recorded_at < end]
        for some in batched(there, self.page_size, strict=False):
            page = LedgerPage()
            for row in some:
                if row.activity_id in self.unreadable:
                    page.unreadable[row.activity_id] = UnreadableRowError("spoilt")
                    page.places[row.activity_id] = to_text(row.recorded_at)
                else:
                    page.activities.append(row)
            yield page


class AllApplied(FakeBook):
    """A book in which something came of every row."""

    @override
    def find_unapplied(self, rows: Sequence[Activity]) -> list[Activity]:
        return []


@pytest.mark.parametrize("page_size", [1, 3, 10, 11])
@pytest.mark.parametrize("spoilt", [{9}, {10}, {8, 9, 10, 11}, set(range(30))])
def test_each_row_is_counted_once(
    page_size: int, spoilt: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accrue.services.audit_balances.ROWS_A_STEP", 10)
    rows = [
        replace(activity(), activity_id=f"ik_{number:04d}", recorded_at=NOON + number // 2 * SECOND)
        for number in range(30)
    ]
    ledger = SpoiltLedger(
        rows, unreadable=frozenset(f"ik_{number:04d}" for number in spoilt), page_size=page_size
    )
    jobs, book = FakeJobs(), AllApplied()
    lister = MembershipLister(FakeUsers([]))
    work = BalanceAudit(FakeChains(book), FakeCatalog({}), lister, JobCarry(jobs), ledger, book)
    span = {"rows_from": to_text(NOON), "rows_until": to_text(NOON + timedelta(days=1))}

    job = jobs.run(work, new_job(JobKind.AUDIT, span))

    assert (job.counts["rows"], job.counts["differences"]) == (30, len(spoilt))
    told = [each["activity_id"] for each in jobs.findings["jb_1"]]
    assert told == sorted(ledger.unreadable)
