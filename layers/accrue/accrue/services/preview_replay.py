"""Show what a replay would come to, and write nothing but that.

walk   the ledger in the order of recording: what is to be replayed is decided on the balances as
       they are, with what earlier activities of the preview came to
sum    what memberships came to by then: how many they are, and the largest

A step may be done again and come to something else: it may take more time, or a balance may have
moved. So what it keeps for later ones is a draft under the hash of its content, which the cursor
names; the next step files it, and whoever does that files the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance
from accrue.domain.canonical import content_hash
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.jobs.pinned_replay import PinnedReplay
from accrue.domain.jobs.preview_report import MembershipTotal, PreviewReport
from accrue.domain.jobs.replayed import Replayed, Skip, SkipReason
from accrue.services.decide_replay import DecidedReplay, decide_replay
from accrue.services.job_ports import JobScratch
from accrue.services.ports import BalanceReader, LedgerSweep, NetworkClock
from accrue.services.resolve_replay import Replay, ReplayResolver
from accrue.services.walk_ledger import WalkPosition, walk_ledger

# Of a step, which takes seconds: those that are to be replayed take most of it.
REPLAYS_A_STEP = 500
# One activity may concern a hundred; what a step came to is kept in one transaction of 4 MB.
MEMBERSHIPS_A_STEP = 1_500
ROWS_A_STEP = 5_000
TOTALS_AT_ONCE = 200
TOTALS_A_STEP = 2_000
# Where balances are kept as they would be, and what memberships came to.
SPACE = "memberships"
DRAFTS = "drafts"


@dataclass(frozen=True, slots=True)
class ReplayPreviewer:
    """The steps of a preview: a `JobWork`."""

    resolver: ReplayResolver
    ledger: LedgerSweep
    book: BalanceReader
    scratch: JobScratch
    clock: NetworkClock

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """Look at some more rows; when all are looked at, sum up."""
        self._file_draft(job)
        if "sum" in job.cursor:
            return self._sum_up(job, has_time)
        return self._walk(job, has_time)

    def _file_draft(self, job: Job) -> None:
        """File what the step before kept, the one that counts."""
        draft = job.cursor.get("draft")
        if draft is None:
            return
        after = prefix = f"{draft}#"
        while found := self.scratch.read_after(job, DRAFTS, after, TOTALS_AT_ONCE):
            mine = {
                key.removeprefix(prefix): thing for key, thing in found if key.startswith(prefix)
            }
            self.scratch.put_all(job, SPACE, mine)
            if len(mine) < len(found):
                return
            after = found[-1][0]

    def _walk(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        pinned = PinnedReplay.from_attributes(job.definition)
        step = _PreviewStep(self, job, pinned)
        start = WalkPosition(pinned.recorded_from)
        if "walk" in job.cursor:
            start = WalkPosition.from_attributes(job.cursor["walk"])
        for walked in walk_ledger(self.ledger, job.network_id, start, pinned.recorded_until):
            step.look_at(walked.rows, walked.unreadable)
            if step.is_full or not has_time():
                return step.kept({"walk": walked.position.to_attributes()})
        return step.kept({"sum": {"after": "", "open": None}})

    def _sum_up(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        report = PreviewReport.from_attributes(job.report)
        after: str = job.cursor["sum"]["after"]
        kept = job.cursor["sum"]["open"]
        # The last one that was read may go on: more of it may be behind.
        last = None if kept is None else MembershipTotal.from_attributes(kept)
        for _ in range(TOTALS_A_STEP // TOTALS_AT_ONCE):
            found = self.scratch.read_after(job, SPACE, after, TOTALS_AT_ONCE)
            for key, kept in found:
                total = MembershipTotal.from_attributes(kept["total"])
                if last is not None and last.membership != total.membership:
                    report.add_membership(last)
                last, after = total, key
            if len(found) < TOTALS_AT_ONCE:
                if last is not None:
                    report.add_membership(last)
                return JobStep(cursor=None, counts=report.counts, report=report.to_attributes())
            if not has_time():
                break
        cursor = {"sum": {"after": after, "open": last and last.to_attributes()}}
        return JobStep(cursor=cursor, counts=report.counts, report=report.to_attributes())


@dataclass
class _PreviewStep:
    """One step: what is decided in it is kept together when it is over."""

    ports: ReplayPreviewer
    job: Job
    pinned: PinnedReplay
    looked_at: int = 0
    candidates: int = 0
    memberships: int = 0
    records: list[Attributes] = field(default_factory=list)
    findings: list[Attributes] = field(default_factory=list)
    balances: dict[MembershipRef, Balance] = field(default_factory=dict)
    totals: dict[MembershipRef, MembershipTotal] = field(default_factory=dict)
    changed: set[MembershipRef] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.report = PreviewReport.from_attributes(self.job.report)

    @property
    def is_full(self) -> bool:
        return (
            self.candidates >= REPLAYS_A_STEP
            or self.memberships >= MEMBERSHIPS_A_STEP
            or self.looked_at >= ROWS_A_STEP
        )

    def look_at(self, rows: Sequence[Activity], unreadable: Sequence[str]) -> None:
        self.looked_at += len(rows) + len(unreadable)
        for activity_id in unreadable:
            self._skip(Skip(activity_id, SkipReason.UNREADABLE, "its row can't be read"))
        originals = [row for row in rows if self.pinned.may_be_about(row)]
        for resolved in self._resolved(originals):
            if isinstance(resolved, Replay):
                self._decide(resolved.row)
            elif resolved.reason is not SkipReason.COUNTED:
                self._skip(resolved)

    def _resolved(self, originals: Sequence[Activity]) -> Iterator[Replay | Skip]:
        versions = self.pinned.program_versions
        return self.ports.resolver.resolve(originals, self.job, versions, self._now)

    def _now(self) -> datetime:
        return self.ports.clock.now(self.job.network_id)

    def _decide(self, row: Activity) -> None:
        self.candidates += 1
        decided = decide_replay(row, self.ports.resolver.catalog, self._balance)
        self.memberships += len(decided.changes)
        if skip := decided.skip:
            self._skip(skip)
            return
        replayed = decided.replayed
        self.records.append(replayed.to_attributes())
        self.report.add(replayed)
        self._keep(decided, replayed)

    def _keep(self, decided: DecidedReplay, replayed: Replayed) -> None:
        for change in decided.changes:
            last = change.entries[-1]
            self.balances[last.posting.membership] = last.balance
        for earned in replayed.earned:
            self.totals[earned.membership] = self.totals[earned.membership].with_more(earned)
            self.changed.add(earned.membership)

    def _skip(self, skip: Skip) -> None:
        self.candidates += 1
        self.report.skip(skip.reason)
        if skip.reason.is_failure:
            self.findings.append(skip.to_finding())

    def _balance(self, membership: MembershipRef) -> Balance:
        if membership not in self.balances:
            kept = self.ports.scratch.find_last_before(
                self.job, SPACE, _prefix(membership), _step(self.job)
            )
            self.balances[membership], self.totals[membership] = self._read(membership, kept)
        return self.balances[membership]

    def _read(
        self, membership: MembershipRef, kept: Attributes | None
    ) -> tuple[Balance, MembershipTotal]:
        if kept is None:
            balance = self.ports.book.find_balance(self.job.network_id, membership)
            return balance, MembershipTotal(membership)
        balance = Balance.from_attributes(kept["balance"])
        return balance, MembershipTotal.from_attributes(kept["total"])

    def kept(self, cursor: Attributes) -> JobStep:
        """What the step came to, once what the next ones need is kept."""
        if things := self._things():
            draft = content_hash(things)
            named = {f"{draft}#{key}": thing for key, thing in things.items()}
            self.ports.scratch.put_all(self.job, DRAFTS, named)
            cursor = {**cursor, "draft": draft}
        return JobStep(
            cursor=cursor,
            done=self.looked_at,
            counts=self.report.counts,
            report=self.report.to_attributes(),
            findings=self.findings,
            records=self.records,
        )

    def _things(self) -> Mapping[str, Attributes]:
        return {
            _prefix(membership) + _step(self.job): {
                "balance": self.balances[membership].to_attributes(self.job.network_id, membership),
                "total": self.totals[membership].to_attributes(),
            }
            for membership in self.changed
        }


def _prefix(membership: MembershipRef) -> str:
    # Quoted, no id begins with another and what separates them.
    return f"{quote(membership.program_membership_id, safe='')}#"


def _step(job: Job) -> str:
    return f"{job.step:08d}"
