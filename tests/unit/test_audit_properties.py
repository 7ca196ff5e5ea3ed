"""An audit finds nothing where nothing is wrong, and whatever was changed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, override

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accrue.domain.history import position_of
from accrue.domain.jobs.chain_audit import ChainAudit
from accrue.domain.jobs.job import JobKind
from accrue.services.audit_membership import AuditedMembership, Budget, MembershipAuditor
from accrue.services.carry_audit import AuditCarry
from accrue.services.job_carry import JobCarry
from accrue.services.walk_chain import ChainPlace, ChainWalk
from tests.unit.activities import ANN, BEN, NOON, earn, written
from tests.unit.fake_chains import FakeChains
from tests.unit.fake_jobs import FakeJobs, kept, new_job
from tests.unit.fakes import Place
from tests.unit.pasts import HOUR, Story
from tests.unit.reversing import reverse
from tests.unit.spending import Till

# What of a posting may be changed without its being another one's.
CHANGES = (
    "points",
    "balance_after",
    "reason",
    "lines",
    "activity_hash",
    "program_version",
    "quests",
)
VALUES = ("another", 77, None, [["x"]], Decimal("1E+100"), Decimal("1E-100"))


@dataclass
class ChangedChains(FakeChains):
    """With one posting changed."""

    position: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @override
    def pages_after(self, *of: Any) -> Any:
        for page in super().pages_after(*of):
            yield [(place, self._changed(place, posting)) for place, posting in page]

    @override
    def find_postings_at(self, *of: Any) -> Any:
        found = super().find_postings_at(*of)
        return {place: self._changed(place, posting) for place, posting in found.items()}

    def _changed(self, place: str, posting: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**posting, **self.changes} if place == self.position else posting


def audited(chains: FakeChains, story: Story, place: Place, chance: random.Random) -> ChainAudit:
    """The audit of a membership, left and taken up now and then."""
    auditor = MembershipAuditor(chains, story.catalog, place[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accrue.services.audit_membership.CHUNK", chance.choice([1, 2, 5]))
        one = auditor.begin(place[1])
        while not one.is_done:
            one = auditor.go_on(one, Budget(lambda: chance.random() < 0.6, 100))
            if not one.is_done:
                one = AuditedMembership.from_attributes(kept(one.to_attributes(place[0])))
        return auditor.result(one)


@settings(max_examples=150)
@given(st.integers(0, 10**9))
def test_nothing_is_found_where_nothing_is_wrong(seed: int) -> None:
    story = Story(seed)
    chains = FakeChains(story.book, page_size=story.chance.choice([1, 3, 100]))

    for place, balance in story.book.balances.items():
        audit = audited(chains, story, place, story.chance)

        assert audit.findings == ()
        assert audit.postings == balance.sequence
        assert audit.missing_points == 0
        assert audit.balance.state == balance.state


@settings(max_examples=100)
@given(st.integers(0, 10**9))
def test_what_was_changed_in_a_posting_is_one_finding(seed: int) -> None:
    story = Story(seed)
    chance = story.chance
    if not story.book.balances:
        return
    place = chance.choice(list(story.book.balances))
    posting = chance.choice(story.book.chain(place))
    position = f"{kept(posting.to_attributes())['recorded_at']}#{posting.activity_id}"
    changes = {chance.choice(CHANGES): chance.choice(VALUES)}
    chains = ChangedChains(story.book, position=position, changes=changes)

    audit = audited(chains, story, place, chance)

    (found,) = audit.findings
    assert (found["about"], found["activity_id"]) == ("posting", posting.activity_id)
    assert found["sequence"] == posting.sequence
    assert audit.balance.state == story.book.balances[place].state


@given(st.integers(0, 10**9), st.integers(1, 7), st.integers(1, 5))
def test_a_walk_goes_by_sequence_wherever_it_is_left(seed: int, limit: int, page: int) -> None:
    story = Story(seed)
    chains = FakeChains(story.book, page_size=page)
    for membership in (ANN, BEN):
        seen, place = [], ChainPlace()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("accrue.services.walk_chain.MOST_KEPT", story.chance.choice([0, 2, 99]))
            patch.setattr("accrue.services.walk_chain.MOST_WAITING", story.chance.choice([0, 99]))
            while True:
                walk = ChainWalk(chains, "demo", membership, place)
                postings = walk.next_postings(limit)
                if not postings:
                    break
                seen += postings
                place = ChainPlace.from_attributes(kept(walk.leave().to_attributes()))

        chain = story.book.chain(("demo", membership))
        assert [each.posting() for each in seen] == chain
        assert [each.row().activity_id for each in seen] == [p.activity_id for p in chain]


@pytest.mark.parametrize(
    ("sequence", "findings"), [(0, 1), (2, 1), (3, 1), (5, 2), (7, 3), (12, 3), (100, 4)]
)
def test_a_changed_sequence_is_few_findings(sequence: int, findings: int) -> None:
    till = Till(written(rules=[earn()]))
    for hour in range(12):
        till.report(10, NOON + hour * HOUR, NOON + hour * HOUR)
    position = position_of(till.book.chain(("demo", ANN))[3])
    changed = ChangedChains(till.book, position=position, changes={"sequence": sequence})
    auditor = MembershipAuditor(changed, till.catalog, "demo")

    audit = auditor.result(auditor.go_on(auditor.begin(ANN), Budget(lambda: True, 100)))

    assert audit.differences == findings, audit.findings
    assert audit.balance.state == till.balance.state


def test_what_a_step_leaves_is_small_however_large_postings_are() -> None:
    """And reversals in a later step are decided on what was recomputed."""
    rules = [earn(f"0.0{number % 9 + 1}", rule_id=f"r-{number}") for number in range(100)]
    till = Till(written(rules=rules))
    for hour in range(15):
        till.report(100, NOON + hour * HOUR, NOON + hour * HOUR)
    for number in (3, 7):
        original = till.reported[number]
        reverse(till.book, till.catalog, original, key=f"r{number}", when=NOON + 99 * HOUR)
    jobs, job = FakeJobs(), new_job(JobKind.AUDIT, {})
    chains = AllChangedChains(till.book, page_size=100)
    carry = AuditCarry(JobCarry(jobs), chains)
    auditor = MembershipAuditor(chains, till.catalog, "demo")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accrue.services.audit_membership.CHUNK", 15)
        one = auditor.go_on(auditor.begin(ANN), Budget(lambda: False, 100))
        assert not one.is_done
        key = carry.keep(job, one)
        one = auditor.go_on(carry.find(job, key), Budget(lambda: True, 100))

    assert auditor.result(one).differences == 15
    sizes = {where: len(str(thing)) for (_, _, where), thing in jobs.scratch.items()}
    largest = max(len(str(kept(each.to_attributes()))) for each in till.book.chain(("demo", ANN)))
    assert len(sizes) == 3
    assert sizes[key] < 20 * 1_500 < 5 * largest


@dataclass
class AllChangedChains(FakeChains):
    """With all postings of activities changed."""

    @override
    def pages_after(self, *of: Any) -> Any:
        for page in super().pages_after(*of):
            yield [(place, _with_no_lines(posting)) for place, posting in page]

    @override
    def find_postings_at(self, *of: Any) -> Any:
        found = super().find_postings_at(*of)
        return {place: _with_no_lines(posting) for place, posting in found.items()}


def _with_no_lines(posting: Mapping[str, Any]) -> Mapping[str, Any]:
    return posting if posting.get("kind") == "reversal" else {**posting, "lines": []}


def test_a_walk_reads_no_further_ahead_than_it_must() -> None:
    till = Till(written(rules=[earn()]))
    for hour in range(40):
        till.report(1, NOON + hour * HOUR, NOON + hour * HOUR)
    pages = 0

    class Counted(FakeChains):
        @override
        def pages_after(self, *of: Any) -> Any:
            nonlocal pages
            for page in super().pages_after(*of):
                pages += 1
                yield page

    walk = ChainWalk(Counted(till.book, page_size=5), "demo", ANN)

    assert len(walk.next_postings(10, before="9")) == 10
    assert pages == 2
    place = walk.leave()
    assert place.waiting == ()
    rest = ChainWalk(Counted(till.book, page_size=5), "demo", ANN, place)
    assert [each.sequence for each in rest.next_postings(99)] == list(range(11, 41))
