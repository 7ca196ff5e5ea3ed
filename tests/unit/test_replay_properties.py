"""A replay comes to what its activities would have come to if they were recorded now, in its order:
whatever goes on meanwhile, whoever dies, and however often a step is done.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import override

from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.activity import Activity, Kind, MembershipRef, Outcome
from accrue.domain.catalog import ActivityType, User
from accrue.domain.jobs.job import Job, JobKind, JobStep
from accrue.domain.jobs.pinned_replay import PinnedReplay
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.program.program import Program
from accrue.domain.recording import LedgerPage
from accrue.services.apply_rules import RuleApplier
from accrue.services.commit_replay import ReplayCommitter
from accrue.services.job_ports import JobWork
from accrue.services.preview_replay import ReplayPreviewer
from accrue.services.resolve_replay import ReplayResolver
from accrue.services.reverse_replay import ReplayReverser
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    PROGRAM_ID,
    activity,
    earn,
    in_force,
    lifetime_tiers,
    quest,
    require,
    written,
)
from tests.unit.chains import assert_book_is_sound
from tests.unit.fake_jobs import FakeJobs, new_job
from tests.unit.fakes import FakeBook, FakeCatalog, FakeLedger
from tests.unit.spending import LedgerOfBook

PLAIN = written(rules=[earn("2")], quests=[quest(require("100"), overshoot="carries_over")])
# What comes first decides about what comes later.
ORDERED = written(
    rules=[earn("2", limits=[{"per": "day", "points": "300"}])],
    quests=[quest(require("2", progress="count"))],
    bonuses=[
        {
            "bonus_id": "silver",
            "rule_ids": ["earn"],
            "when": {"tiers": ["silver"]},
            "effect": {"kind": "multiply", "factor": "3"},
        }
    ],
    tiers=lifetime_tiers(silver="150"),
)
PEOPLE = {"ann": ANN, "ben": BEN}
SETTLED_UNTIL = NOON + timedelta(hours=1)


class DiedError(BaseException):
    """Who was at work is gone."""


class Catalog(FakeCatalog):
    """Defines every type by now, and has both users."""

    @override
    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None:
        return ActivityType(activity_type_id, "sale", ("buyer", "seller"), allows_negative=False)

    def find_users(self, network_id: str, user_ids: Sequence[str]) -> Mapping[str, User]:
        assert network_id
        return {
            f"user-{name}": User(f"user-{name}", (ref,))
            for name, ref in PEOPLE.items()
            if f"user-{name}" in user_ids
        }


@dataclass
class ReplayBook(FakeBook):
    """Reads what came of many, too."""

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> tuple[Mapping[str, Mapping[MembershipRef, Posting]], Collection[str]]:
        posted = (each for each in activities if each.settled_outcome is None)
        return {each.activity_id: self.find_postings(each) for each in posted}, ()


@dataclass
class ReplayLedger(LedgerOfBook):
    """Is walked through, too."""

    logged: Sequence[Activity] = ()

    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterable[LedgerPage]:
        return FakeLedger(self.logged).pages_recorded_between(network_id, start, end)


@dataclass
class Bench:
    """A network whose clock goes on with every look at it."""

    program: Program
    logged: Sequence[Activity]
    book: ReplayBook = field(default_factory=ReplayBook)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    at: datetime = SETTLED_UNTIL
    dies_at: set[int] = field(default_factory=set)
    calls: int = 0
    live: list[Activity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book.pause = self._pause
        rows = {(row.network_id, row.activity_id): row for row in self.logged}
        self.book.recorded |= rows
        self.ledger = ReplayLedger(self.book, logged=self.logged)
        self.catalog = Catalog({PROGRAM_ID: [in_force(self.program)]})
        self.resolver = ReplayResolver(self.catalog, self.catalog, self.ledger, self.book)

    def _pause(self) -> None:
        self.calls += 1
        if self.calls in self.dies_at:
            raise DiedError

    def now(self, _network_id: str) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def settled_until(self, _network_id: str, real: datetime) -> datetime:
        return real

    def work(self, kind: JobKind) -> JobWork:
        if kind is JobKind.REPLAY_PREVIEW:
            return ReplayPreviewer(self.resolver, self.ledger, self.book, self.jobs, self)
        if kind is JobKind.REPLAY_COMMIT:
            return ReplayCommitter(self.jobs, self.resolver, self.book, self)
        return ReplayReverser(self.jobs, self.catalog, self.ledger, self.book, self)

    def do(
        self, kind: JobKind, of: Job | None = None, *, again: Callable[[], bool], name: str = ""
    ) -> Job:
        pinned = PinnedReplay(
            outcomes=frozenset({Outcome.UNDEFINED_TYPE}),
            program_versions={PROGRAM_ID: 1},
            recorded_from=NOON,
            recorded_until=SETTLED_UNTIL,
        )
        job = new_job(kind, pinned.to_attributes(), f"{kind}{name}", of=of and of.job_id)
        # In small steps: each gets on by a chunk.
        return self.jobs.run(Surviving(self.work(kind)), job, has_time=lambda: False, again=again)

    def happen(self, amount: int, who: str) -> None:
        """Something else is recorded and applied."""
        row = activity(
            str(amount),
            activity_id=f"ik_live{len(self.live)}",
            roles={"buyer": [PEOPLE[who]]},
            recorded_at=self.now("demo"),
        )
        self.live.append(row)
        self.book.recorded[row.network_id, row.activity_id] = row
        assert not RuleApplier(self.catalog, self.book, lambda: self.at).apply([row])

    @property
    def replays(self) -> list[Activity]:
        return [row for row in self.book.rows.values() if row.kind is Kind.REPLAY]

    def states(self) -> dict[str, MembershipState]:
        return {ref.program_membership_id: b.state for (_, ref), b in self.book.balances.items()}


@dataclass
class Surviving:
    """Does a step until it is done."""

    work: JobWork

    def advance(self, job: Job, has_time: Callable[[], bool]) -> JobStep:
        while True:
            try:
                return self.work.advance(job, has_time)
            except DiedError:
                continue


def logged(amounts: Sequence[tuple[int, str]]) -> list[Activity]:
    return [
        activity(
            str(amount),
            activity_id=f"ik_{number:04d}",
            roles={"buyer": [PEOPLE[who]]},
            # Two of one moment.
            seconds=number // 2,
            settled_outcome=Outcome.UNDEFINED_TYPE,
        )
        for number, (amount, who) in enumerate(amounts)
    ]


PURCHASES = st.lists(
    st.tuples(st.integers(1, 200), st.sampled_from(sorted(PEOPLE))), min_size=1, max_size=12
)
DEATHS = st.sets(st.integers(1, 300), max_size=6)
TWICE = st.lists(st.booleans(), max_size=12)
PROGRAMS = st.sampled_from([PLAIN, ORDERED])


def repeating(twice: Sequence[bool]) -> Callable[[], bool]:
    left = list(twice)
    return lambda: bool(left) and left.pop()


@given(PROGRAMS, PURCHASES, PURCHASES, DEATHS, TWICE)
def test_it_comes_to_what_the_same_would_have_earned_now(
    program: Program,
    purchases: Sequence[tuple[int, str]],
    before: Sequence[tuple[int, str]],
    deaths: set[int],
    twice: Sequence[bool],
) -> None:
    bench = Bench(program, logged(purchases))
    for amount, who in before:
        bench.happen(amount, who)
    bench.dies_at = {bench.calls + each for each in deaths}

    preview = bench.do(JobKind.REPLAY_PREVIEW, again=repeating(twice))
    commit = bench.do(JobKind.REPLAY_COMMIT, preview, again=repeating(twice))

    assert commit.counts == {
        "applied": preview.counts["activities"],
        "changed": 0,
        "already_replayed": 0,
        "skipped": 0,
    }
    assert commit.report["points"] == preview.report["points"]
    again = Bench(program, [])
    applier = RuleApplier(again.catalog, again.book, lambda: bench.at)
    for row in in_order([*bench.live, *bench.replays]):
        assert not applier.apply([as_activity(row)])
    assert bench.states() == again.states()
    assert_book_is_sound(bench.book, [*bench.logged, *bench.live])


@given(PROGRAMS, PURCHASES, PURCHASES, DEATHS, TWICE)
def test_what_goes_on_meanwhile_changes_nothing_but_what_is_told(
    program: Program,
    purchases: Sequence[tuple[int, str]],
    meanwhile: Sequence[tuple[int, str]],
    deaths: set[int],
    twice: Sequence[bool],
) -> None:
    bench = Bench(program, logged(purchases))
    bench.dies_at = deaths
    preview = bench.do(JobKind.REPLAY_PREVIEW, again=repeating(twice))
    bench.dies_at = set()
    for amount, who in meanwhile:
        bench.happen(amount, who)
    other = bench.do(JobKind.REPLAY_PREVIEW, again=repeating(twice), name="-2")
    bench.dies_at = {bench.calls + each for each in deaths}

    commit = bench.do(JobKind.REPLAY_COMMIT, preview, again=repeating(twice))

    shown = {r["activity_id"]: r["earned"] for _, r in bench.jobs.records[preview.job_id]}
    changed = {each["activity_id"] for each in bench.jobs.findings[commit.job_id]}
    assert commit.counts["changed"] == len(changed)
    assert commit.counts["applied"] == len(shown) - len(changed)
    assert Counter(row.of for row in bench.replays) == Counter(shown.keys() - changed)
    bench.dies_at = set()
    for row in bench.replays:
        (posting,) = bench.book.find_postings(row).values()
        assert [each["points"] for each in shown[row.of or ""]] == [posting.points]
    second = bench.do(JobKind.REPLAY_COMMIT, other, again=repeating(twice), name="-2")
    also_shown = {record["activity_id"] for _, record in bench.jobs.records[other.job_id]}
    assert second.counts["already_replayed"] == len(also_shown & shown.keys() - changed)
    assert set(Counter(row.of for row in bench.replays).values()) <= {1}
    assert_book_is_sound(bench.book, [*bench.logged, *bench.live])


@given(PURCHASES, PURCHASES, DEATHS, TWICE)
def test_its_reversal_leaves_what_would_be_without_it(
    purchases: Sequence[tuple[int, str]],
    before: Sequence[tuple[int, str]],
    deaths: set[int],
    twice: Sequence[bool],
) -> None:
    bench = Bench(PLAIN, logged(purchases))
    for amount, who in before:
        bench.happen(amount, who)
    without = bench.states()
    preview = bench.do(JobKind.REPLAY_PREVIEW, again=repeating(twice))
    commit = bench.do(JobKind.REPLAY_COMMIT, preview, again=repeating(twice))
    bench.dies_at = {bench.calls + each for each in deaths}

    reversal = bench.do(JobKind.REPLAY_REVERSAL, commit, again=repeating(twice))

    assert reversal.counts["reversed"] == commit.counts["applied"]
    assert Decimal(reversal.report["points"]) == -Decimal(commit.report["points"])
    for name, state in bench.states().items():
        earlier = without.get(name, MembershipState())
        assert (state.points, state.lifetime_points) == (earlier.points, earlier.lifetime_points)
        completions = {each: quest.completions for each, quest in earlier.quests.items()}
        for quest_id, state_of_quest in state.quests.items():
            assert state_of_quest.completions == completions.get(quest_id, 0)
    assert_book_is_sound(bench.book, [*bench.logged, *bench.live])


def in_order(rows: Iterable[Activity]) -> list[Activity]:
    return sorted(rows, key=lambda row: row.recorded_at)


def as_activity(row: Activity) -> Activity:
    return replace(row, kind=Kind.ACTIVITY, program_versions={}, of=None, job_id=None)
