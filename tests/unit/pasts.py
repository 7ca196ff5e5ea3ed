"""Pasts made by chance: what was reported, ordered and reversed, and a back-test of it."""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

import pytest

from accrue.domain.activity import Activity, Kind
from accrue.domain.catalog import Membership
from accrue.domain.errors import RefusalError
from accrue.domain.jobs.job import Job, JobKind
from accrue.domain.program.program import ProgramVersion, versions_deciding_from
from accrue.domain.recording import Attempt
from accrue.domain.timestamps import to_text
from accrue.services.apply_rules import RuleApplier
from accrue.services.backtest_program import ProgramBacktest
from accrue.services.fold import Folder, Occasion
from accrue.services.job_carry import JobCarry
from accrue.services.job_memberships import MembershipLister
from accrue.services.open_backtest import number_deciding
from accrue.services.post_at_once import AtOnceLedger
from tests.unit.activities import ANN, BEN, PROGRAM_ID
from tests.unit.fake_chains import FakeChains, FakeUsers
from tests.unit.fake_jobs import FakeJobs, new_job
from tests.unit.fakes import FakeBook, FakeCatalog
from tests.unit.program_strategies import CHANGE_OF_VERSION, FIRST_DAY, TRAITS, case_of
from tests.unit.reversing import reverse
from tests.unit.spending import LedgerOfBook, order

HOUR = timedelta(hours=1)


class BacktestCatalog(FakeCatalog):
    """A catalog that knows whose the memberships are."""

    @override
    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        return Membership(program_membership_id, PROGRAM_ID, f"user-{program_membership_id}")


@dataclass
class Past:
    """What happened in a book."""

    book: FakeBook
    catalog: BacktestCatalog

    def backtest(
        self,
        candidate: ProgramVersion,
        start: datetime,
        until: datetime,
        chance: random.Random | None = None,
    ) -> tuple[Job, FakeJobs]:
        """A back-test of the period, in steps that end when they like."""
        jobs = FakeJobs()
        work = ProgramBacktest(
            jobs,
            FakeChains(self.book),
            self.catalog,
            MembershipLister(FakeUsers([ANN, BEN])),
            jobs,
            JobCarry(jobs),
        )
        versions = self.catalog.programs[PROGRAM_ID]
        number = number_deciding(
            candidate.version,
            versions[-1],
            until,
            lambda moment: versions_deciding_from(reversed(versions), moment),
        )
        definition = {
            "program_id": PROGRAM_ID,
            "from": to_text(start),
            "until": to_text(until),
            "candidate": {"version": candidate.version, "number": number},
        }
        job = new_job(JobKind.BACKTEST, definition)
        if chance is None:
            return jobs.run(work, job), jobs
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("accrue.services.backtest_membership.CHUNK", 3)
            patch.setattr("accrue.services.backtest_program.RECORDS_A_STEP", 1)
            patch.setattr("accrue.services.backtest_program.RANKS_A_STEP", 1)
            ended = jobs.run(
                work,
                job,
                has_time=lambda: chance.random() < 0.5,
                again=lambda: chance.random() < 0.3,
            )
        return ended, jobs


@dataclass
class Story:
    """A case's activities applied in some order, with orders and reversals in between."""

    seed: int
    book: FakeBook = field(default_factory=FakeBook)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - the same each time
        self.case = case_of(self.seed, in_any_order=False)
        self.catalog = BacktestCatalog({PROGRAM_ID: self.case.versions}, self.case.traits)
        rows = list(self.case.ledger)
        rows.sort(key=lambda row: row.recorded_at)
        if self.chance.random() < 0.5:
            self.chance.shuffle(rows)
        self.now = FIRST_DAY
        self.done: list[Activity] = []
        for number, row in enumerate(rows):
            self.now = max(self.now, row.recorded_at) + timedelta(minutes=1)
            self.apply(row)
            if self.chance.random() < 0.4:
                with suppress(RefusalError):
                    self.chance.choice([self.spend, self.reverse, self.look])(number)

    def apply(self, row: Activity) -> None:
        self.book.recorded[row.network_id, row.activity_id] = row
        assert RuleApplier(self.catalog, self.book, lambda: self.now).apply([row]) == []
        if row.settled_outcome is None:
            self.done.append(row)

    def spend(self, number: int) -> None:
        kind = self.chance.choice([Kind.REDEMPTION, Kind.HOLD, Kind.ADJUSTMENT])
        row = order(
            kind, self.chance.choice([1, 5]), self.now, order_id=f"ik_o{number}", lasts=30 * HOUR
        )
        ledger = AtOnceLedger(LedgerOfBook(self.book), self.book, Folder(self.catalog, self.now))
        ledger.insert(Attempt(row))
        if kind is not Kind.HOLD:
            self.done.append(row)

    def reverse(self, number: int) -> None:
        if not self.done:
            return
        original = self.chance.choice(self.done)
        amount = self.chance.choice([None, "1"])
        reverse(self.book, self.catalog, original, amount=amount, key=f"r{number}", when=self.now)

    def look(self, _number: int) -> None:
        applier = RuleApplier(self.catalog, self.book, lambda: self.now)
        applier.bring_up(Occasion("demo", ANN, "user-ann", self.now, "due"))

    @property
    def past(self) -> Past:
        """People have changed since: what they were asked was answered then."""
        traits = {user: self.chance.choice(TRAITS) for user in ("user-ann", "user-ben")}
        return Past(self.book, BacktestCatalog(self.catalog.programs, traits))

    def a_period(self) -> tuple[ProgramVersion, datetime, datetime]:
        """One in which one version is in force, and which."""
        moments = sorted(
            FIRST_DAY
            + self.chance.randint(-5, 200) * HOUR
            + timedelta(seconds=self.chance.randint(0, 1))
            for _ in range(2)
        )
        start, until = moments[0], moments[1] + timedelta(seconds=1)
        if len(self.case.versions) == 1:
            return self.case.versions[0], start, until
        if self.chance.random() < 0.5:
            # As often as not, up to the moment itself.
            until = self.chance.choice([min(until, CHANGE_OF_VERSION), CHANGE_OF_VERSION])
            return self.case.versions[0], min(start, until - HOUR), until
        start = max(start, CHANGE_OF_VERSION)
        return self.case.versions[1], start, max(until, start + HOUR)
