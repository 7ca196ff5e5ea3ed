"""Repair what an audit found, membership by membership: with an adjustment, never by overwriting.

The adjustment has the points that the postings lack to add up to what their rows come to, often
none; its posting is written with the recomputed balance, if the stored one is still where it was.
So the balance moves as it always does, with a posting that says why.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Activity, FrontDoor, Kind, MembershipRef, Participant
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.balance import Balance, Entry
from accrue.domain.catalog import Membership
from accrue.domain.errors import BalanceMovedError, WriteRaceError
from accrue.domain.ids import id_of_repair
from accrue.domain.jobs.chain_audit import ChainAudit
from accrue.domain.jobs.errors import JobFailedError
from accrue.domain.jobs.findings import finding
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.payload_forms import NO_PAYLOAD_FORM
from accrue.domain.roles import MEMBER_ROLE
from accrue.services.apply_rules import MAX_ROUNDS
from accrue.services.audit_balances import MEMBERSHIPS_A_STEP, POSTINGS_A_STEP
from accrue.services.audit_membership import AuditedMembership, Budget, MembershipAuditor
from accrue.services.carry_audit import AuditCarry
from accrue.services.job_carry import JobCarry
from accrue.services.job_ports import JobReader
from accrue.services.ports import BalanceBook, CatalogReader
from accrue.services.refold import Decided, refold, version_deciding
from accrue.services.walk_chain import ChainReader

_NO_MEMBERSHIP = "It is no membership any more: restore its user from a backup of the catalog."
_FIGURES = ("memberships", "repaired", "right_already", "not_repaired")


@dataclass(frozen=True, slots=True)
class BalanceRepair:
    """Does the steps of repairs: a `JobWork`. `now` is a network's time."""

    jobs: JobReader
    chains: ChainReader
    catalog: CatalogReader
    book: BalanceBook
    carry: JobCarry
    now: Callable[[str], datetime]

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """The next memberships, each recomputed as it is now."""
        tally = _Tally.of(job)
        budget = Budget(has_time, POSTINGS_A_STEP)
        auditor = MembershipAuditor(self.chains, self.catalog, job.network_id)
        place = str(job.cursor.get("place", ""))
        if key := job.cursor.get("carry"):
            audited = AuditCarry(self.carry, self.chains).find(job, key)
            audited = self._repaired(job, auditor, audited, budget, tally)
            if not audited.is_done:
                return tally.step(self._cursor(job, place, audited))
        for page in self.jobs.records_after(self._audit(job), place):
            for behind, record in page:
                if budget.is_used_up or tally.done >= MEMBERSHIPS_A_STEP:
                    return tally.step(self._cursor(job, place, None))
                place = behind
                membership = MembershipRef(record["program_id"], record["program_membership_id"])
                begun = auditor.begin(membership)
                audited = self._repaired(job, auditor, begun, budget, tally)
                if not audited.is_done:
                    return tally.step(self._cursor(job, place, audited))
        return tally.step(None)

    def _audit(self, job: Job) -> Job:
        audit = self.jobs.find_job(job.network_id, job.of or "")
        if audit is None:
            raise JobFailedError("The audit is not kept any more: make another one.")
        return audit

    def _cursor(self, job: Job, place: str, audited: AuditedMembership | None) -> Attributes:
        cursor: dict[str, Any] = {"place": place}
        if audited is not None:
            cursor["carry"] = AuditCarry(self.carry, self.chains).keep(job, audited)
        return cursor

    def _repaired(
        self,
        job: Job,
        auditor: MembershipAuditor,
        audited: AuditedMembership,
        budget: Budget,
        tally: "_Tally",
    ) -> AuditedMembership:
        """The membership recomputed, as far as the budget goes, and repaired if it is done."""
        membership = audited.membership
        row_id = id_of_repair(job.network_id, job.job_id, membership.program_membership_id)
        for _ in range(MAX_ROUNDS):
            audited = auditor.go_on(audited, budget)
            if not audited.is_done:
                return audited
            audit = auditor.result(audited)
            if row_id in audit.repairs and not audit.differences:
                # In a step that was not kept.
                tally.repaired(membership, self._points_of(job, row_id))
                return audited
            if not audit.differences:
                tally.add(membership, "right_already")
                return audited
            if because := _why_not(audit):
                tally.add(membership, "not_repaired", because)
                return audited
            known = self.catalog.find_membership_now(
                job.network_id, membership.program_membership_id
            )
            if known is None:
                tally.add(membership, "not_repaired", _NO_MEMBERSHIP)
                return audited
            # Somebody may have posted meanwhile.
            with suppress(WriteRaceError):
                self._post(job, known, audit, row_id)
                tally.repaired(membership, audit.missing_points)
                return audited
            audited = auditor.take_up(audited)
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _points_of(self, job: Job, row_id: str) -> Decimal:
        row = self.chains.find_row_attributes(job.network_id, [row_id])[row_id]
        return Activity.from_attributes(row).amount

    def _post(self, job: Job, membership: Membership, audit: ChainAudit, row_id: str) -> None:
        """Write the adjustment. Raises a WriteRaceError."""
        now = self.now(job.network_id)
        row = replace(
            _adjustment(job, membership, row_id, audit.missing_points, now),
            settles=audit.fingerprint or None,
        )
        stored = audit.pinned.sequence or 0
        # Behind all that there is, and all that the balance says there is.
        before = replace(
            audit.balance,
            sequence=max(stored, audit.sequence),
            last_posting_hash=audit.hashes[0] if audit.hashes else "",
        )
        self.book.post([self._decided(row, membership.ref, before, now)], stored)

    def _decided(
        self, row: Activity, membership: MembershipRef, before: Balance, now: datetime
    ) -> Entry:
        version = version_deciding(row, membership, self.catalog)
        known = Decided(now, version, is_damaged=True)
        return replace(refold(row, membership, before, known), row=row)


def _why_not(audit: ChainAudit) -> str:
    """Why the membership can't be repaired; "" if it can."""
    if audit.because:
        return f"Nothing can be recomputed behind sequence {audit.sequence}: {audit.because}."
    if audit.pinned.sequence is None:
        return "The balance can't be read: restore it from a backup."
    return ""


def _adjustment(
    job: Job, membership: Membership, row_id: str, points: Decimal, now: datetime
) -> Activity:
    return Activity(
        network_id=job.network_id,
        activity_id=row_id,
        kind=Kind.ADJUSTMENT,
        front_door=FrontDoor.MEMBERSHIP,
        activity_type_id=Kind.ADJUSTMENT.value,
        amount=points,
        participants=(
            Participant(MEMBER_ROLE, membership.user_id, (membership.ref,), membership.standing),
        ),
        occurred_at=now,
        recorded_at=now,
        request_id=job.request_id,
        invocation_id=job.job_id,
        key_id=job.key_id,
        payload_form=NO_PAYLOAD_FORM,
        payload_hash="",
        description=f"audit {job.of}: {job.definition['reason']}",
        of=job.of,
    )


@dataclass
class _Tally:
    """What a repair has come to."""

    counts: dict[str, int]
    points: Decimal
    findings: list[Attributes] = field(default_factory=list)
    done: int = 0

    @classmethod
    def of(cls, job: Job) -> "_Tally":
        return cls(
            {**dict.fromkeys(_FIGURES, 0), **job.counts},
            Decimal(job.report.get("points_adjusted", 0)),
        )

    def add(self, membership: MembershipRef, came_to: str, message: str = "") -> None:
        """Count a membership; what was done, or could not be, is for people to read."""
        self.done += 1
        self.counts["memberships"] += 1
        self.counts[came_to] += 1
        if message:
            membership_id = membership.program_membership_id
            self.findings.append(finding(came_to, message, program_membership_id=membership_id))

    def repaired(self, membership: MembershipRef, points: Decimal) -> None:
        """Count one that was repaired with these points."""
        self.points = EXACT.add(self.points, points)
        message = f"{canonical_text(points)} points were posted, and the balance is right."
        self.add(membership, "repaired", message)

    def step(self, cursor: Attributes | None) -> JobStep:
        """The step with all that."""
        return JobStep(
            cursor=cursor,
            done=self.done,
            counts=self.counts,
            report={"points_adjusted": canonical_text(self.points)},
            findings=self.findings,
        )
