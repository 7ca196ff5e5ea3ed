"""Apply what the preview of a replay showed: of each activity exactly that, or nothing.

Each is decided again, on the balances as they are. If it comes to what was shown, its row is
written with all its postings, all or nothing; else nothing is, and a finding says what has changed.
Several that follow each other go into one transaction; if something moved meanwhile, each goes by
itself. The id of the row derives from the activity: whoever else replays it, it counts once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, BalanceChange
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import BalanceMovedError, WriteRaceError
from accrue.domain.jobs.commit_report import CommitReport
from accrue.domain.jobs.errors import JobFailedError
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.jobs.pinned_replay import versions_from_attributes
from accrue.domain.jobs.replayed import Replayed, Skip, SkipReason
from accrue.services.apply_rules import MAX_ROUNDS, RuleApplier
from accrue.services.decide_replay import DecidedReplay, decide_replay
from accrue.services.find_readable_rows import find_readable_rows
from accrue.services.find_replays import find_replays_of, is_by
from accrue.services.job_ports import JobReader
from accrue.services.ports import BalanceBook, NetworkClock
from accrue.services.resolve_replay import Replay, ReplayResolver

ACTIVITIES_A_STEP = 500
# Read together. What is written meanwhile is met when it is written over.
ACTIVITIES_AT_ONCE = 25
# Written together, if they fit: most concern one membership, of which there is a row, a posting and
# a balance.
TOGETHER = 25
MOST_ITEMS_TOGETHER = 99


@dataclass(frozen=True, slots=True)
class Applied:
    """An activity whose replay is in the ledger, by this job."""

    replayed: Replayed


@dataclass(frozen=True, slots=True)
class Changed:
    """An activity that comes to something else than was shown; nothing of it is written."""

    previewed: Replayed
    now: Replayed

    def to_finding(self, *, finding: str = "changed") -> Attributes:
        """As a finding of a job."""
        return {
            "finding": finding,
            "activity_id": self.previewed.activity_id,
            "previewed": [each.to_document() for each in self.previewed.earned],
            "now": [each.to_document() for each in self.now.earned],
        }


type Result = Applied | Changed | Skip


@dataclass
class _Group:
    """Replays that are written together: each is decided on what those before it come to."""

    book: BalanceBook
    network_id: str
    replayed: list[Replayed] = field(default_factory=list)
    by_membership: dict[MembershipRef, BalanceChange] = field(default_factory=dict)

    def find_balance(self, membership: MembershipRef) -> Balance:
        if membership in self.by_membership:
            return self.by_membership[membership].entries[-1].balance
        return self.book.find_balance(self.network_id, membership)

    def add(self, decided: DecidedReplay) -> None:
        self.replayed.append(decided.replayed)
        for change in decided.changes:
            membership = change.entries[0].posting.membership
            before = self.by_membership.get(membership)
            self.by_membership[membership] = (
                replace(before, entries=[*before.entries, *change.entries]) if before else change
            )

    @property
    def changes(self) -> Sequence[BalanceChange]:
        return list(self.by_membership.values())

    @property
    def fits(self) -> bool:
        """Whether there is anything, and a transaction takes it."""
        entries = [entry for change in self.changes for entry in change.entries]
        items = len(entries) + sum(entry.row is not None for entry in entries) + len(self.changes)
        return 0 < items <= MOST_ITEMS_TOGETHER and self.book.how_many_fit(entries) == len(entries)


@dataclass(frozen=True, slots=True)
class ReplayCommitter:
    """The steps of a commit: a `JobWork`."""

    jobs: JobReader
    resolver: ReplayResolver
    book: BalanceBook
    clock: NetworkClock

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """Apply some more of what the preview showed."""
        preview = find_job_of(self.jobs, job)
        step = _CommitStep(self, job)
        after: str = job.cursor.get("after", "")
        chunks = (
            some
            for page in self.jobs.records_after(preview, after)
            for some in batched(page, ACTIVITIES_AT_ONCE, strict=False)
        )
        for some in chunks:
            step.commit([Replayed.from_attributes(record) for _, record in some])
            after = some[-1][0]
            if step.is_full or not has_time():
                return step.kept({"after": after})
        return step.kept(None)


def find_job_of(jobs: JobReader, job: Job) -> Job:
    """The job that this one goes on from. Raises JobFailedError if it is there no more."""
    found = jobs.find_job(job.network_id, job.of or "")
    if found is None:
        raise JobFailedError(f"The job {job.of}, from which this one goes on, is there no more.")
    return found


@dataclass
class _CommitStep:
    ports: ReplayCommitter
    job: Job
    results: dict[str, Result] = field(default_factory=dict)
    findings: list[Attributes] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.results) >= ACTIVITIES_A_STEP

    def commit(self, previewed: Sequence[Replayed]) -> None:
        shown = {each.activity_id: each for each in previewed}
        rows, unreadable = find_readable_rows(
            self.ports.resolver.ledger, self.job.network_id, list(shown)
        )
        originals = [row for each in shown if isinstance(row := rows.get(each), Activity)]
        for missing in shown.keys() - rows.keys():
            why = "its row can't be read" if missing in unreadable else "its row is not there"
            self.results[missing] = Skip(missing, SkipReason.UNREADABLE, why)
        versions = versions_from_attributes(self.job.definition)
        waiting: list[Replay] = []
        for resolved in self.ports.resolver.resolve(
            originals, self.job, versions, lambda: self.ports.clock.now(self.job.network_id)
        ):
            if isinstance(resolved, Skip):
                self.results[resolved.activity_id] = resolved
                continue
            waiting.append(resolved)
            if len(waiting) == TOGETHER:
                self._commit_together(waiting, shown)
                waiting.clear()
        self._commit_together(waiting, shown)

    def _commit_together(self, replays: Sequence[Replay], shown: Mapping[str, Replayed]) -> None:
        results = self._written_together(replays, shown)
        for replay in replays:
            activity_id = replay.original.activity_id
            found = results.get(activity_id)
            self.results[activity_id] = found or self._result(replay, shown[activity_id])

    def _written_together(
        self, replays: Sequence[Replay], shown: Mapping[str, Replayed]
    ) -> Mapping[str, Result]:
        """What came of them if they could be written at once; else nothing was."""
        group = _Group(self.ports.book, self.job.network_id)
        changed: dict[str, Result] = {}
        for replay in replays:
            if replay.is_written:
                continue
            decided = self._decided(replay.row, group.find_balance)
            replayed = decided.replayed
            if replayed == shown[replayed.activity_id]:
                group.add(decided)
            else:
                changed[replayed.activity_id] = Changed(shown[replayed.activity_id], replayed)
        if not group.fits:
            return {}
        try:
            written = self.ports.book.post_together(group.changes)
        except WriteRaceError:
            return {}
        if written < len(group.changes):
            return {**changed, **self._written_so_far(replays, shown)}
        applied = {each.activity_id: Applied(each) for each in group.replayed}
        return {**changed, **applied}

    def _written_so_far(
        self, replays: Sequence[Replay], shown: Mapping[str, Replayed]
    ) -> Mapping[str, Result]:
        """Of what was no fit after all, those whose rows are there, each with all its postings."""
        ids = {each.row.activity_id: each.original.activity_id for each in replays}
        found = self.ports.resolver.ledger.find_rows(self.job.network_id, list(ids))
        return {
            original_id: self._written(row, shown[original_id])
            for replay_id, original_id in ids.items()
            if isinstance(row := found.get(replay_id), Activity) and is_by(row, self.job)
        }

    def _result(self, replay: Replay, previewed: Replayed) -> Result:
        if replay.is_written:
            return self._written(replay.row, previewed)
        for _ in range(MAX_ROUNDS):
            decided = self._decided(replay.row, self._balance)
            if decided.replayed != previewed:
                return Changed(previewed, decided.replayed)
            try:
                written = self.ports.book.post_together(decided.changes)
            except WriteRaceError:
                # A balance moved on; or somebody has replayed it, perhaps in this very step.
                stored = self.ports.resolver.ledger.find_row(
                    self.job.network_id, replay.row.activity_id
                )
                if isinstance(stored, Activity):
                    return self._written_by_somebody(stored, previewed)
                continue
            if written == len(decided.changes):
                return Applied(decided.replayed)
            return self._written(decided.row, previewed)
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _balance(self, membership: MembershipRef) -> Balance:
        return self.ports.book.find_balance(self.job.network_id, membership)

    def _decided(
        self, row: Activity, find_balance: Callable[[MembershipRef], Balance]
    ) -> DecidedReplay:
        # Dated when it is written, however long the step takes: lists of the ledger go by that.
        now = self.ports.clock.now(self.job.network_id)
        catalog = self.ports.resolver.catalog
        return decide_replay(replace(row, recorded_at=now), catalog, find_balance)

    def _written_by_somebody(self, stored: Activity, previewed: Replayed) -> Result:
        if is_by(stored, self.job):
            return self._written(stored, previewed)
        return Skip(
            previewed.activity_id,
            SkipReason.ALREADY_REPLAYED,
            f"was replayed meanwhile, by {stored.activity_id}",
        )

    def _written(self, row: Activity, previewed: Replayed) -> Applied:
        """With the rest of what one transaction did not take: those postings come to what they come
        to by then, and a finding says so.
        """
        postings = self.ports.book.find_postings(row)
        if postings.keys() != concerned_memberships(row).keys():
            clock = self.ports.clock
            applier = RuleApplier(
                self.ports.resolver.catalog, self.ports.book, lambda: clock.now(row.network_id)
            )
            for failure in applier.apply([row]):
                raise failure.error
            postings = self.ports.book.find_postings(row)
        replayed = Replayed.of(previewed.activity_id, postings.values())
        if replayed != previewed:
            self.findings.append(
                Changed(previewed, replayed).to_finding(finding="applied_otherwise")
            )
        return Applied(replayed)

    def kept(self, cursor: Attributes | None) -> JobStep:
        """What the step came to."""
        self._look_again()
        report = CommitReport.from_attributes(self.job.report)
        for result in self.results.values():
            match result:
                case Applied(replayed):
                    report.add(replayed)
                case Changed():
                    report.changed += 1
                    self.findings.append(result.to_finding())
                case Skip(reason=reason):
                    report.skip(reason)
                    self.findings.append(result.to_finding())
        return JobStep(
            cursor=cursor,
            done=len(self.results),
            counts=report.counts,
            report=report.to_attributes(),
            findings=self.findings,
        )

    def _look_again(self) -> None:
        """Two workers may do the step at once, and one may have written what came to something else
        for the other: whichever is kept, what is written counts.
        """
        left_out: Mapping[str, Result] = {
            activity_id: result
            for activity_id, result in self.results.items()
            if not isinstance(result, Applied)
        }
        ledger = self.ports.resolver.ledger
        if not left_out:
            return
        found, _ = find_replays_of(ledger, self.job.network_id, list(left_out))
        for activity_id, rows in found.items():
            for row in rows:
                if is_by(row, self.job):
                    postings = self.ports.book.find_postings(row)
                    replayed = Replayed.of(activity_id, postings.values())
                    self.results[activity_id] = Applied(replayed)
