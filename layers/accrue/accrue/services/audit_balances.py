"""Audit memberships, and what of the ledger nothing came of, in steps."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.concerned import concerned_memberships
from accrue.domain.jobs.chain_audit import ChainAudit
from accrue.domain.jobs.findings import finding
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.recording import LedgerPage
from accrue.domain.stored_posting import activity_id_at
from accrue.domain.timestamps import from_text, to_text
from accrue.services.audit_membership import AuditedMembership, Budget, MembershipAuditor
from accrue.services.carry_audit import AuditCarry
from accrue.services.job_carry import JobCarry
from accrue.services.job_memberships import MembershipLister, MembershipPlace
from accrue.services.ports import BalanceBook, LedgerSweep, VersionReader
from accrue.services.walk_chain import ChainReader

POSTINGS_A_STEP = 250
MEMBERSHIPS_A_STEP = 50
ROWS_A_STEP = 800
# Days without rows take a few queries each all the same.
DAYS_A_STEP = 30

_SUMS = ("points_stored", "points_recomputed")
_FIGURES = ("memberships", "postings", "differences", "repaired", "not_recomputed")


@dataclass(frozen=True, slots=True)
class BalanceAudit:
    """Does the steps of audits: a `JobWork`."""

    chains: ChainReader
    versions: VersionReader
    memberships: MembershipLister
    carry: JobCarry
    ledger: LedgerSweep
    book: BalanceBook

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """The next memberships; behind the last one, the next rows of the ledger."""
        tally = _Tally.of(job)
        if job.cursor.get("phase") == "rows":
            return self._look_at_rows(job, has_time, tally)
        budget = Budget(has_time, POSTINGS_A_STEP)
        auditor = MembershipAuditor(self.chains, self.versions, job.network_id)
        place = MembershipPlace.from_attributes(job.cursor.get("place", {}))
        if key := job.cursor.get("carry"):
            audited = AuditCarry(self.carry, self.chains).find(job, key)
            audited = auditor.go_on(audited, budget)
            if not audited.is_done:
                return tally.step(self._cursor(job, place, audited))
            tally.add(audited.membership, auditor.result(audited))
        for behind, membership in memberships_of(self.memberships, job, place):
            if budget.is_used_up or tally.done >= MEMBERSHIPS_A_STEP:
                return tally.step(self._cursor(job, place, None))
            place = behind
            audited = auditor.go_on(auditor.begin(membership), budget)
            if not audited.is_done:
                return tally.step(self._cursor(job, place, audited))
            tally.add(audited.membership, auditor.result(audited))
        if "rows_from" not in job.definition:
            return tally.step(None)
        return tally.step({"phase": "rows", "from": job.definition["rows_from"], "after": ""})

    def _cursor(
        self, job: Job, place: MembershipPlace, audited: AuditedMembership | None
    ) -> Attributes:
        cursor: dict[str, Any] = {"place": place.to_attributes()}
        if audited is not None:
            cursor["carry"] = AuditCarry(self.carry, self.chains).keep(job, audited)
        return cursor

    def _look_at_rows(self, job: Job, has_time: Callable[[], bool], tally: "_Tally") -> JobStep:
        start, after = from_text(job.cursor["from"]), str(job.cursor["after"])
        until = from_text(job.definition["rows_until"])
        end = min(start + timedelta(days=DAYS_A_STEP), until)
        for page in self.ledger.pages_recorded_between(job.network_id, start, end):
            rows = [row for row in page.activities if _place_of(row) > after]
            unreadable = [each for each in _places_of_unreadable(page) if each > after]
            if tally.rows >= ROWS_A_STEP or (tally.rows and not has_time()):
                return tally.step({"phase": "rows", "from": to_text(start), "after": after})
            tally.add_rows(len(rows) + len(unreadable))
            for activity_id in map(activity_id_at, unreadable):
                message = "The row is not the one that was written, or can't be read."
                tally.found(finding("row", message, activity_id=activity_id))
            for row in self._unapplied(rows):
                message = "Nothing came of this row yet: the reconciler applies it."
                tally.unapplied(finding("row", message, activity_id=row.activity_id))
            after = max([after, *map(_place_of, rows), *unreadable])
            start = max([start, *(row.recorded_at for row in rows)])
        if end >= until:
            return tally.step(None)
        return tally.step({"phase": "rows", "from": to_text(end), "after": ""})

    def _unapplied(self, rows: Sequence[Activity]) -> Iterator[Activity]:
        """Asked twice: at first eventually consistently, at half the price."""
        for row in self.book.find_unapplied(rows):
            if row.settled_outcome is not None:
                is_applied = self.book.find_outcome(row) is not None
            else:
                found = self.book.find_postings(row)
                is_applied = found.keys() == concerned_memberships(row).keys()
            if not is_applied:
                yield row


def memberships_of(
    lister: MembershipLister, job: Job, place: MembershipPlace
) -> Iterable[tuple[MembershipPlace, MembershipRef]]:
    """Those that the job is about, behind a place, each with the place behind it."""
    if "memberships" in job.definition:
        return lister.named(list(job.definition["memberships"]), place)
    return lister.of_network(job.network_id, job.definition.get("program_id"), place)


def _places_of_unreadable(page: LedgerPage) -> Iterator[str]:
    for activity_id in page.unreadable:
        yield f"{page.places[activity_id]}#{activity_id}"


def _place_of(row: Activity) -> str:
    """Rows come in this order."""
    return f"{to_text(row.recorded_at)}#{row.activity_id}"


@dataclass
class _Tally:
    """What an audit has come to."""

    counts: dict[str, int]
    stored: Decimal
    recomputed: Decimal
    findings: list[Attributes]
    records: list[Attributes]
    done: int = 0
    rows: int = 0

    @classmethod
    def of(cls, job: Job) -> "_Tally":
        counts = {**dict.fromkeys(_FIGURES, 0), **job.counts}
        stored, recomputed = (Decimal(job.report.get(name, 0)) for name in _SUMS)
        return cls(counts, stored, recomputed, [], [])

    def add(self, membership: MembershipRef, audit: ChainAudit) -> None:
        """Count a membership that was looked at."""
        self.done += 1
        self.counts["memberships"] += 1
        self.counts["postings"] += audit.postings
        self.counts["differences"] += audit.differences
        self.counts["repaired"] += audit.repaired
        if audit.because:
            self.counts["not_recomputed"] += 1
        else:
            self.stored = EXACT.add(self.stored, audit.pinned.points)
            self.recomputed = EXACT.add(self.recomputed, audit.balance.state.points)
        said = {"program_membership_id": membership.program_membership_id}
        self.findings += [{**said, **each} for each in audit.findings]
        if audit.differences:
            self.records.append({**said, "program_id": membership.program_id})

    def add_rows(self, number: int) -> None:
        """Count rows of the ledger."""
        self.rows += number
        self.counts["rows"] = self.counts.get("rows", 0) + number
        self.counts.setdefault("unapplied", 0)

    def found(self, what: Attributes) -> None:
        """A difference that is no membership's."""
        self.counts["differences"] += 1
        self.findings.append(what)

    def unapplied(self, what: Attributes) -> None:
        """A row that nothing came of."""
        self.counts["unapplied"] += 1
        self.findings.append(what)

    def step(self, cursor: Attributes | None) -> JobStep:
        """The step with all that."""
        return JobStep(
            cursor=cursor,
            done=self.done + self.rows,
            counts=self.counts,
            report={
                "points_stored": canonical_text(self.stored),
                "points_recomputed": canonical_text(self.recomputed),
            },
            findings=self.findings,
            records=self.records,
        )
