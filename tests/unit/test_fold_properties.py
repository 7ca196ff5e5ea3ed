"""Whatever is delivered, in whatever order, pieces and repetitions: the balances are the same."""

import random
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import batched

from hypothesis import given, settings
from hypothesis import strategies as st

from accrue.domain.activity import Activity, FrontDoor, Outcome
from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT
from accrue.domain.concerned import concerned_memberships
from accrue.domain.decide import Facts, MembershipPoints, decide
from accrue.domain.program import MAX_RATE, MEMBER_ROLE, Program, Rounding, Rule
from accrue.services.apply_rules import RuleApplier
from tests.unit.activities import ANN, BEN, NOON, activity, in_force, program, rounded, rule
from tests.unit.chains import assert_book_is_sound
from tests.unit.fakes import FakeBook, FakeCatalog, Place

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
        place: Fraction(balance.figures.points)
        for place, balance in book.balances.items()
        if balance.figures.points
    }


@settings(deadline=None, max_examples=200)
@given(
    ledger=ledgers(),
    document=programs(),
    order=st.randoms(use_true_random=False),
    batch_size=st.integers(1, 20),
    per_write=st.integers(1, 4),
    repetitions=st.integers(1, 3),
)
def test_any_order_batching_and_repetition_gives_the_exact_balances(  # noqa: PLR0917
    ledger: list[Activity],
    document: Program,
    order: random.Random,
    batch_size: int,
    per_write: int,
    repetitions: int,
) -> None:
    book = FakeBook(per_write)
    applier = RuleApplier(FakeCatalog({"coffee-club": [in_force(document)]}), book, NOON)
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


@settings(deadline=None)
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
    facts, before = Facts(tuple(roles)), MembershipPoints(points, lifetime)
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
