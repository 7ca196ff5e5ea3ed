"""Whatever is delivered, in whatever order, pieces and repetitions: the balances are the same."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import batched
from typing import override

from hypothesis import given, settings
from hypothesis import strategies as st

from accrue.domain.activity import Activity, FrontDoor, Outcome
from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT
from accrue.domain.balance import Balance, Entry
from accrue.domain.concerned import concerned_memberships
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.program.awards import AmountTimesRate
from accrue.domain.program.parts import MAX_RATE
from accrue.domain.program.period import Period
from accrue.domain.program.program import Program
from accrue.domain.program.rules import Limit, Rule
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.rounding import Rounding
from accrue.services.apply_rules import RuleApplier
from accrue.storage.dynamo import to_attributes, to_item
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    PROGRAM_ID,
    activity,
    in_force,
    program,
    rounded,
    rule,
)
from tests.unit.chains import assert_balances_are_folds, assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog, Place
from tests.unit.program_strategies import Case, cases

TYPES = ("sale", "task")
ROLES = ("buyer", "seller", MEMBER_ROLE)

amounts = st.decimals(-MAX_ABSOLUTE_AMOUNT, MAX_ABSOLUTE_AMOUNT, places=9) | st.decimals(
    Decimal(-1000), Decimal(1000), places=3
)
rates = st.decimals(-MAX_RATE, MAX_RATE, places=6) | st.sampled_from(
    [Decimal("0.01"), Decimal("0.005"), Decimal(1), Decimal(50)]
)
someones = st.lists(st.sampled_from([ANN, BEN]), max_size=2, unique=True)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program with up to five rules."""
    chosen = draw(
        st.lists(st.tuples(st.sampled_from(TYPES), st.sampled_from(ROLES), rates), max_size=5)
    )
    rules = [
        rule(activity_type_id, role, str(rate), f"rule-{number}")
        for number, (activity_type_id, role, rate) in enumerate(chosen)
    ]
    return program(*rules, scale=draw(st.integers(0, 6)), rounding=draw(st.sampled_from(Rounding)))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Activity]:
    """Up to eight activities of two networks that have the same membership ids."""
    return [
        activity(
            draw(amounts),
            activity_id=f"ik_{number}",
            network_id=draw(st.sampled_from(["demo", "other"])),
            activity_type_id=draw(st.sampled_from([*TYPES, "visit"])),
            roles=draw(st.dictionaries(st.sampled_from(ROLES), someones, min_size=1)),
            front_door=draw(st.sampled_from(FrontDoor)),
            settled_outcome=draw(st.none() | st.sampled_from([Outcome.HELD, Outcome.DUPLICATE])),
            seconds=draw(st.integers(0, 3)),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


def exact_balances(ledger: list[Activity], document: Program) -> dict[Place, Fraction]:
    """What the activities come to, with fractions: each award rounded once, then added up."""
    sums: dict[Place, Fraction] = defaultdict(Fraction)
    for row in ledger:
        if row.settled_outcome is not None:
            continue
        for participant in row.participants:
            for membership in participant.memberships:
                for each in rules_for(participant.role, row, document):
                    assert isinstance(each.award, AmountTimesRate)
                    exact = Fraction(row.amount) * Fraction(each.award.rate)
                    points = rounded(exact, document.points)
                    sums[row.network_id, membership] += points
    return {place: points for place, points in sums.items() if points}


def rules_for(role: str, row: Activity, document: Program) -> list[Rule]:
    """The rules on a role of an activity, or the identity where the value is taken at its word."""
    found = [
        each
        for each in document.rules
        if (each.activity_type_id, each.role) == (row.activity_type_id, role)
    ]
    takes_value = row.front_door is FrontDoor.MEMBERSHIP and role == MEMBER_ROLE
    return found or ([rule(row.activity_type_id, role, "1", "identity")] if takes_value else [])


def balances(book: FakeBook) -> dict[Place, Fraction]:
    """The book's balances that are not zero."""
    return {
        place: Fraction(balance.state.points)
        for place, balance in book.balances.items()
        if balance.state.points
    }


@settings(max_examples=200)
@given(
    ledger=ledgers(),
    document=programs(),
    order=st.randoms(use_true_random=False),
    batch_size=st.integers(1, 20),
    per_write=st.integers(1, 4),
    fitting=st.integers(1, 4),
    repetitions=st.integers(1, 3),
)
def test_any_order_batching_and_repetition_gives_the_exact_balances(  # noqa: PLR0917
    ledger: list[Activity],
    document: Program,
    order: random.Random,
    batch_size: int,
    per_write: int,
    fitting: int,
    repetitions: int,
) -> None:
    book = FakeBook(per_write, fitting=fitting)
    applier = RuleApplier(FakeCatalog({"coffee-club": [in_force(document)]}), book, lambda: NOON)
    deliveries = ledger * repetitions
    order.shuffle(deliveries)

    for batch in batched(deliveries, batch_size, strict=False):
        assert applier.apply(batch) == []
        assert_book_is_sound(book, ledger)

    assert balances(book) == exact_balances(ledger, document)
    assert book.find_unapplied(ledger) == []
    settled = {row.activity_id for row in ledger if row.settled_outcome is not None}
    assert book.outcomes.keys() == settled
    places = {
        ((row.network_id, membership), row.activity_id)
        for row in ledger
        if row.settled_outcome is None
        for membership in concerned_memberships(row)
    }
    assert book.postings.keys() == places


@given(
    row=ledgers().filter(bool).map(lambda ledger: ledger[0]),
    document=programs(),
    roles=st.lists(st.sampled_from(ROLES), max_size=3, unique=True),
    points=amounts,
    lifetime=amounts.map(abs),
)
def test_decide_is_a_function_of_what_it_is_given(
    row: Activity, document: Program, roles: list[str], points: Decimal, lifetime: Decimal
) -> None:
    facts, before = Facts(tuple(roles)), MembershipState(points, lifetime)
    version = in_force(document)
    given_before = repr((row, facts, before, version))

    first = decide(row, facts, before, version)

    assert decide(row, facts, before, version) == first
    assert repr((row, facts, before, version)) == given_before
    change = Fraction(first.after.points) - Fraction(before.points)
    assert sum(Fraction(line.points) for line in first.lines) == change
    awarded = sum(Fraction(line.points) for line in first.lines if line.points > 0)
    assert Fraction(first.after.lifetime_points) - Fraction(before.lifetime_points) == awarded
    assert bool(first.lines) is (first.outcome is Outcome.APPLIED)
    assert bool(first.reason) is (first.outcome is not Outcome.APPLIED)
    for line in first.lines:
        assert -line.points.as_tuple().exponent <= document.points.scale  # type: ignore[operator]


@dataclass
class StoringBook(FakeBook):
    """A book in which everything goes through the form in which a table has it."""

    @override
    def post(self, entries: Sequence[Entry], expected_sequence: int) -> None:
        (place,) = {(entry.posting.network_id, entry.posting.membership) for entry in entries}
        attributes = entries[-1].balance.to_attributes(*place)
        stored = Balance.from_attributes(to_attributes(to_item(attributes)))
        assert stored == entries[-1].balance
        for entry in entries:
            attributes = entry.posting.to_attributes()
            assert Posting.from_attributes(to_attributes(to_item(attributes))) == entry.posting
        last = replace(entries[-1], balance=stored)
        FakeBook.post(self, [*entries[:-1], last], expected_sequence)


def delivered(
    case: Case, deliveries: Sequence[Sequence[Activity]], per_write: int = 99
) -> FakeBook:
    """The book after these batches; `at` most so many postings are written at once."""
    book = StoringBook(per_write)
    applier = RuleApplier(FakeCatalog({PROGRAM_ID: case.versions}, case.traits), book, lambda: NOON)
    for batch in deliveries:
        assert applier.apply(batch) == []
    return book


@st.composite
def deliveries_of(draw: st.DrawFn, case: Case) -> list[Sequence[Activity]]:
    """The ledger in any order, each activity once at least, in batches of any size."""
    ledger = list(case.ledger)
    again = draw(st.lists(st.sampled_from(ledger), max_size=6))
    order = draw(st.permutations(ledger + again))
    return list(batched(order, draw(st.integers(1, 6)), strict=False))


def in_order(case: Case) -> list[Sequence[Activity]]:
    """Each activity by itself, as it was recorded."""
    return [[row] for row in sorted(case.ledger, key=lambda row: row.recorded_at)]


type Award = tuple[str | None, str | None, str | None]


def what_it_came_to(case: Case, book: FakeBook) -> dict[Place, object]:
    """Of each membership: points, what awarded how many of them, and quests."""
    caps = {
        quest.quest_id: quest.max_completions
        for version in case.versions
        for quest in version.program.quests
    }
    return {
        place: _membership(balance, book.chain(place), caps) for place, balance in _posted(book)
    }


def _posted(book: FakeBook) -> list[tuple[Place, Balance]]:
    return list(book.balances.items())


def _membership(balance: Balance, chain: Sequence[Posting], caps: Mapping[str, int]) -> object:
    by_award: dict[Award, Decimal] = defaultdict(Decimal)
    for posting in chain:
        for line in posting.lines:
            by_award[line.rule_id, line.bonus_id, line.quest_id] += line.points
    state = balance.state
    # Behind the last completion there is what went over: the last activity that counted did.
    quests = {
        quest_id: (quest.completions, quest.completions < caps[quest_id] and dict(quest.progress))
        for quest_id, quest in state.quests.items()
    }
    return (
        (state.points, state.lifetime_points, state.tier_id),
        {award: points for award, points in by_award.items() if points},
        {quest_id: quest for quest_id, quest in quests.items() if quest != (0, {})},
    )


@settings(max_examples=100)
@given(cases(in_any_order=True), st.data())
def test_without_order_dependent_parts_any_delivery_comes_to_the_same(
    case: Case, data: st.DataObject
) -> None:
    deliveries = data.draw(deliveries_of(case))

    book = delivered(case, deliveries, data.draw(st.integers(1, 4)))

    assert_book_is_sound(book, case.ledger)
    assert what_it_came_to(case, book) == what_it_came_to(case, delivered(case, in_order(case)))


@settings(max_examples=200)
@given(cases(in_any_order=False), st.data())
def test_whatever_the_program_balances_are_the_fold_of_the_postings(
    case: Case, data: st.DataObject
) -> None:
    deliveries = data.draw(deliveries_of(case))

    book = delivered(case, deliveries, data.draw(st.integers(1, 4)))

    assert_book_is_sound(book, case.ledger)
    assert_balances_are_folds(book, case.ledger, case.versions)
    assert book.find_unapplied(case.ledger) == []
    for place, balance in book.balances.items():
        _assert_completions_are_right(case, balance.state, book.chain(place))
        _assert_state_is_bounded(case, balance.state)
        _assert_lines_are_rounded(case, book.chain(place))


def _assert_completions_are_right(
    case: Case, state: MembershipState, chain: Sequence[Posting]
) -> None:
    """Each is told in one posting, and there are no more than the greatest cap."""
    told: Counter[str] = Counter()
    for posting in chain:
        for change in posting.quests:
            told[change.quest_id] += change.completions
            assert change.completions_after == told[change.quest_id]
            reward = [line for line in posting.lines if line.quest_id == change.quest_id]
            assert len(reward) == (1 if change.completions else 0)
    caps: dict[str, int] = defaultdict(int)
    for version in case.versions:
        for quest in version.program.quests:
            caps[quest.quest_id] = max(caps[quest.quest_id], quest.max_completions)
    for quest_id, quest_state in state.quests.items():
        assert quest_state.completions == told[quest_id] <= caps[quest_id]
        assert all(number >= 0 for number in quest_state.progress.values())


def _assert_lines_are_rounded(case: Case, chain: Sequence[Posting]) -> None:
    scales = {each.version: each.program.points.scale for each in case.versions}
    for posting in chain:
        for line in posting.lines:
            assert Decimal(line.points).scaleb(scales[posting.program_version]) % 1 == 0


def _assert_state_is_bounded(case: Case, state: MembershipState) -> None:
    longest = max(
        getattr(version.program.tiers and version.program.tiers.by, "days", 0)
        for version in case.versions
    )
    # What is dated up to 24 hours ahead waits for its day: tomorrow, or the one after a short one.
    assert len(state.earned_by_day) <= (longest + 2 if longest else 0)
    assert all(len(periods) <= 2 for periods in state.counters.values())


@settings(max_examples=100)
@given(cases(in_any_order=False, in_time=True, may_change=False))
def test_in_order_of_time_no_limit_is_ever_passed(case: Case) -> None:
    program = case.versions[0].program

    book = delivered(case, in_order(case))

    for place in book.balances:
        for each in program.rules:
            for limit in each.limits:
                awards: dict[object, list[Decimal]] = defaultdict(list)
                for posting in book.chain(place):
                    day = posting.occurred_at.astimezone(program.zone)
                    awards[period_of(day, limit.per)] += [
                        line.points
                        for line in posting.lines
                        if line.rule_id == each.rule_id and not line.bonus_id and line.points > 0
                    ]
                assert all(is_within(limit, points) for points in awards.values())


def is_within(limit: Limit, awards: Sequence[Decimal]) -> bool:
    """Whether awards of one period are no more than the limit allows."""
    if limit.points is not None:
        return sum(awards) <= limit.points
    assert limit.times is not None
    return len(awards) <= limit.times


def period_of(moment: datetime, per: Period) -> object:
    """The period that a local time is in."""
    return {
        Period.DAY: moment.date(),
        Period.WEEK: moment.isocalendar()[:2],
        Period.MONTH: (moment.year, moment.month),
        Period.LIFETIME: None,
    }[per]
