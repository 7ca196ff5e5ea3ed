"""Take back all that the commit of a replay applied, each row of it whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import batched

from accrue.domain.activity import Activity
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total
from accrue.domain.errors import RefusalError, UnreadableRowError
from accrue.domain.ids import id_of_replay_reversal
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.jobs.replayed import Replayed
from accrue.domain.recording import Attempt
from accrue.domain.reversal_errors import AlreadyReversedError
from accrue.domain.reversal_request import ReversalRequest
from accrue.services.apply_rules import RuleApplier
from accrue.services.commit_replay import ACTIVITIES_AT_ONCE, find_job_of
from accrue.services.find_replays import find_replays_of, is_by
from accrue.services.job_ports import JobReader
from accrue.services.ports import BalanceBook, CatalogReader, LedgerReader, NetworkClock
from accrue.services.reverse_activity import ReversalLedger, reversal_draft

ACTIVITIES_A_STEP = 100


@dataclass(frozen=True, slots=True)
class ReplayReverser:
    """The steps of a reversal: a `JobWork`."""

    jobs: JobReader
    catalog: CatalogReader
    ledger: LedgerReader
    book: BalanceBook
    clock: NetworkClock

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """Reverse some more.

        It goes by what the preview showed, and by the ledger as to what was applied of that.
        """
        commit = find_job_of(self.jobs, job)
        preview = find_job_of(self.jobs, commit)
        step = _ReversalStep(self, job, commit)
        after: str = job.cursor.get("after", "")
        chunks = (
            some
            for page in self.jobs.records_after(preview, after)
            for some in batched(page, ACTIVITIES_AT_ONCE, strict=False)
        )
        for some in chunks:
            step.reverse([Replayed.from_attributes(record).activity_id for _, record in some])
            after = some[-1][0]
            if step.is_full or not has_time():
                return step.kept({"after": after})
        return step.kept(None)


@dataclass
class _ReversalStep:
    ports: ReplayReverser
    job: Job
    commit: Job
    looked_at: int = 0
    reversed: int = 0
    already_reversed: int = 0
    points: Decimal = Decimal(0)
    findings: list[Attributes] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.looked_at >= ACTIVITIES_A_STEP

    def reverse(self, activity_ids: Sequence[str]) -> None:
        """Reverse the replays of these that the commit wrote."""
        self.looked_at += len(activity_ids)
        ledger = self.ports.ledger
        replays, unreadable = find_replays_of(ledger, self.job.network_id, activity_ids)
        for activity_id in sorted(unreadable):
            self._leave(activity_id, "A replay of it can't be read.")
        for rows in replays.values():
            for row in rows:
                if is_by(row, self.commit):
                    self._reverse(row)

    def _reverse(self, replay: Activity) -> None:
        try:
            points = self._taken_back(replay)
        except AlreadyReversedError:
            self.already_reversed += 1
        except RefusalError as refusal:
            self._leave(replay.of, refusal.message, replay_id=replay.activity_id)
        except UnreadableRowError:
            message = "What came of it can't be read."
            self._leave(replay.of, message, replay_id=replay.activity_id)
        else:
            self.reversed += 1
            self.points = EXACT.add(self.points, points)

    def _leave(self, activity_id: str | None, message: str, **more: str) -> None:
        finding = {"finding": "not_reversed", "activity_id": activity_id, **more}
        self.findings.append({**finding, "message": message})

    def _taken_back(self, replay: Activity) -> Decimal:
        """Reverse it, once for ever; what that came to. Raises a RefusalError."""
        ports, network_id = self.ports, self.job.network_id
        now = ports.clock.now(network_id)
        draft = reversal_draft(
            replay,
            id_of_replay_reversal(
                network_id, self.job.job_id, self.job.request_id, replay.activity_id
            ),
            request_id=self.job.request_id,
            invocation_id=self.job.job_id,
            key_id=self.job.key_id,
            recorded_at=now,
        )
        request = ReversalRequest(activity_id=replay.activity_id, idempotency_key=draft.activity_id)
        applier = RuleApplier(ports.catalog, ports.book, lambda: ports.clock.now(network_id))
        ledger = ReversalLedger(ports.catalog, ports.ledger, ports.book, applier, request, replay)
        row = ledger.insert(Attempt(draft)).stored
        assert isinstance(row, Activity)
        return total(posting.points for posting in ledger.postings_of(row).values())

    def kept(self, cursor: Attributes | None) -> JobStep:
        """What the step came to."""
        counts, report = self.job.counts, self.job.report
        points = EXACT.add(Decimal(report.get("points", "0")), self.points)
        return JobStep(
            cursor=cursor,
            done=self.reversed + self.already_reversed + len(self.findings),
            counts={
                "reversed": int(counts.get("reversed", 0)) + self.reversed,
                "already_reversed": int(counts.get("already_reversed", 0)) + self.already_reversed,
                "not_reversed": int(counts.get("not_reversed", 0)) + len(self.findings),
            },
            report={"points": canonical_text(points)},
            findings=self.findings,
        )
