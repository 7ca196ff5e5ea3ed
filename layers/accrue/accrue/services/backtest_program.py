"""Back-test a program: what a candidate would have paid in a past period, beside what was paid.

First each membership goes through its past; then memberships are put in the order of what they
earned, and are counted in it. Nothing is written but the job and what it keeps for itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from accrue.domain.activity import MembershipRef
from accrue.domain.amounts import canonical_text
from accrue.domain.jobs.backtest_figures import Figures, Side
from accrue.domain.jobs.backtest_ranks import add_rank, points_in, sort_key, with_largest
from accrue.domain.jobs.candidate import Candidate, Period
from accrue.domain.jobs.errors import JobFailedError
from accrue.domain.jobs.findings import finding
from accrue.domain.jobs.job import Attributes, Job, JobStep
from accrue.domain.program.conditions import TraitCondition
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.timestamps import from_text
from accrue.services.audit_membership import Budget
from accrue.services.backtest_membership import (
    BacktestedMembership,
    MembershipBacktester,
    UnfoldableError,
    earned_by,
)
from accrue.services.job_carry import JobCarry
from accrue.services.job_memberships import MembershipLister, MembershipPlace
from accrue.services.job_ports import JobReader, JobScratch
from accrue.services.ports import CatalogReader
from accrue.services.walk_chain import ChainReader

POSTINGS_A_STEP = 200
MEMBERSHIPS_A_STEP = 50
RECORDS_A_STEP = 500
RANKS_A_STEP = 2_000

_REMEDY = "Audit it; postings that a repair made up for stay as they are, and it is left out."
_COUNTS = (
    *("memberships", "memberships_active", "postings", "differing_postings"),
    *("not_recomputed", "orders_refused", "orders_left_out"),
)


@dataclass(frozen=True, slots=True)
class ProgramBacktest:
    """Does the steps of back-tests: a `JobWork`."""

    jobs: JobReader
    chains: ChainReader
    catalog: CatalogReader
    memberships: MembershipLister
    scratch: JobScratch
    carry: JobCarry

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        """The step of the phase that the job is in."""
        match job.cursor.get("phase", "memberships"):
            case "sort":
                return self._sort(job)
            case "rank":
                return self._rank(job)
            case _:
                return self._go_along(job, has_time)

    def _go_along(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        tally = _Tally.of(job)
        budget = Budget(has_time, POSTINGS_A_STEP)
        tester = MembershipBacktester(
            self.chains, self.catalog, self.scratch, job, self._candidate(job)
        )
        place = MembershipPlace.from_attributes(job.cursor.get("place", {}))
        if key := job.cursor.get("carry"):
            tested = BacktestedMembership.from_attributes(self.carry.find(job, key))
            if self._is_left(tester, tested, budget, tally):
                return tally.step(self._cursor(job, place, tested))
        program_id = job.definition["program_id"]
        listed = self.memberships.of_network(job.network_id, program_id, place)
        for behind, membership in listed:
            if budget.is_used_up or tally.done >= MEMBERSHIPS_A_STEP:
                return tally.step(self._cursor(job, place, None))
            place = behind
            try:
                tested = tester.begin(membership, self._answered_now(job, tester, membership))
            except UnfoldableError as error:
                tally.leave_out(membership, str(error))
                continue
            if self._is_left(tester, tested, budget, tally):
                return tally.step(self._cursor(job, place, tested))
        return tally.step({"phase": "sort", "after": ""})

    def _is_left(
        self,
        tester: MembershipBacktester,
        tested: BacktestedMembership,
        budget: Budget,
        tally: "_Tally",
    ) -> bool:
        """Whether the membership is left in the middle; otherwise it is counted."""
        try:
            tester.go_on(tested, budget)
        except UnfoldableError as error:
            tally.leave_out(tested.membership, str(error))
            return False
        if tested.place is None:
            tally.add(tested)
        return tested.place is not None

    def _answered_now(
        self, job: Job, tester: MembershipBacktester, membership: MembershipRef
    ) -> frozenset[TraitCondition]:
        program = tester.candidate.version.program
        if not program.trait_conditions:
            return frozenset()
        found = self.catalog.find_membership(job.network_id, membership.program_membership_id)
        if found is None:
            return frozenset()
        return tester.candidate.answers(self.catalog.find_traits(job.network_id, found.user_id))

    def _candidate(self, job: Job) -> Candidate:
        said = job.definition["candidate"]
        if "program" in said:
            program = Program.model_validate_json(said["program"])
        else:
            program = self._published(job, int(said["version"])).program
        period = Period(from_text(job.definition["from"]), from_text(job.definition["until"]))
        # It takes the place of what was in force, so when that came is when it came.
        version = ProgramVersion(int(said["number"]), period.start, program)
        return Candidate(version, period)

    def _published(self, job: Job, number: int) -> ProgramVersion:
        program_id = job.definition["program_id"]
        found = self.catalog.find_program_version(job.network_id, program_id, number)
        if found is None:
            raise JobFailedError(f"{program_id} has no version {number} any more.")
        return found

    def _cursor(
        self, job: Job, place: MembershipPlace, tested: BacktestedMembership | None
    ) -> Attributes:
        cursor: dict[str, Any] = {"place": place.to_attributes()}
        if tested is not None:
            cursor["carry"] = self.carry.keep(job, tested.to_attributes(job.network_id))
        return cursor

    def _sort(self, job: Job) -> JobStep:
        """Put what memberships earned into the scratch, where it is in order.

        From the records of the steps, which never change: a step of the phase before, done twice
        with two results, leaves nothing here of the one that did not count.
        """
        tally = _Tally.of(job)
        after = str(job.cursor["after"])
        records = list(islice(self._records(job, after), RECORDS_A_STEP))
        for side in Side:
            things: dict[str, Attributes] = {
                sort_key(Decimal(record[side.value]), record["program_membership_id"]): {}
                for _, record in records
            }
            self.scratch.put_all(job, side.value, things)
        if len(records) == RECORDS_A_STEP:
            return tally.step({"phase": "sort", "after": records[-1][0]})
        return tally.step(_ranking(dict.fromkeys(Side, ""), 0))

    def _records(self, job: Job, after: str) -> Iterable[tuple[str, Attributes]]:
        for page in self.jobs.records_after(job, after):
            yield from page

    def _rank(self, job: Job) -> JobStep:
        """Both sides at once: they have the same memberships, each in its own order."""
        tally = _Tally.of(job)
        before, count = int(job.cursor["rank"]), tally.counts["memberships_active"]
        behind = {side: str(job.cursor[side.value]) for side in Side}
        done = 0
        for side in Side:
            found = self.scratch.read_after(job, side.value, behind[side], RANKS_A_STEP)
            for rank, (key, _) in enumerate(found, start=before + 1):
                add_rank(tally.figures, side, rank, count, points_in(key))
                behind[side] = key
            done = len(found)
        if done < RANKS_A_STEP:
            return tally.step(None)
        return tally.step(_ranking(behind, before + done))


def _ranking(behind: Mapping[Side, str], rank: int) -> Attributes:
    return {"phase": "rank", "rank": rank, **{side.value: key for side, key in behind.items()}}


@dataclass
class _Tally:
    """What a back-test has come to."""

    report: Attributes
    counts: dict[str, int]
    figures: Figures
    earned: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    findings: list[Attributes] = field(default_factory=list)
    done: int = 0

    @classmethod
    def of(cls, job: Job) -> "_Tally":
        counts = {**dict.fromkeys(_COUNTS, 0), **job.counts}
        return cls(job.report, counts, Figures.from_report(job.report))

    def add(self, tested: BacktestedMembership) -> None:
        """Count a membership that is done."""
        self.done += 1
        self.counts["memberships"] += 1
        for name, number in tested.counts.items():
            self.counts[name] += number
        self.figures.add_all(tested.figures)
        if tested.counts.get("postings"):
            self.counts["memberships_active"] += 1
            earned = earned_by(tested)
            membership_id = tested.membership.program_membership_id
            self.earned.append((membership_id, earned[Side.PAID], earned[Side.CANDIDATE]))

    def leave_out(self, membership: MembershipRef, because: str) -> None:
        """Tell of a membership that is not in the figures."""
        self.done += 1
        self.counts["memberships"] += 1
        self.counts["not_recomputed"] += 1
        message = f"It is left out of all figures, for its past can't be decided again: {because}."
        membership_id = membership.program_membership_id
        self.findings.append(
            finding("membership", f"{message} {_REMEDY}", program_membership_id=membership_id)
        )

    def step(self, cursor: Attributes | None) -> JobStep:
        """The step with all that."""
        return JobStep(
            cursor=cursor,
            done=self.done,
            counts=self.counts,
            report={**self.figures.to_report(), **with_largest(self.report, self.earned)},
            findings=self.findings,
            records=[
                {
                    "program_membership_id": membership_id,
                    "paid": canonical_text(paid),
                    "candidate": canonical_text(candidate),
                }
                for membership_id, paid, candidate in self.earned
            ],
        )
