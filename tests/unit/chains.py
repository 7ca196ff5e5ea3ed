"""What must be true of a book of postings at every moment."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from accrue.domain.activity import Activity, Kind
from accrue.domain.concerned import concerned_memberships
from accrue.domain.decide import decide
from accrue.domain.decision import Facts, PointLine
from accrue.domain.membership_state import MembershipState
from accrue.domain.posting import Posting
from accrue.domain.program.program import ProgramVersion, version_in_force
from accrue.domain.purse import Purse
from accrue.domain.undone import Undone
from tests.unit.fakes import FakeBook, Place


def assert_book_is_sound(book: FakeBook, ledger: Iterable[Activity]) -> None:
    """Assert that each balance is the fold of its postings, chained without a gap, each of an
    activity that concerns the membership and as it stands in the ledger.
    """
    rows = book.rows | {(row.network_id, row.activity_id): row for row in ledger}
    assert {place for place, _ in book.postings} == book.balances.keys()
    for place, balance in book.balances.items():
        chain = book.chain(place)
        assert [posting.sequence for posting in chain] == list(range(1, len(chain) + 1))
        points, lifetime, previous = Fraction(0), Fraction(0), ""
        for posting in chain:
            row = rows[place[0], posting.activity_id]
            assert row.settled_outcome is None
            assert place[1] in concerned_memberships(row)
            assert posting.activity_hash == row.content_hash
            assert posting.previous_hash == previous
            previous = posting.content_hash
            lines = [Fraction(line.points) for line in posting.lines]
            assert Fraction(posting.points) == sum(lines)
            points += sum(lines)
            if posting.kind in (Kind.ACTIVITY, Kind.REPLAY):
                lifetime += sum(line for line in lines if line > 0)
            if posting.kind is Kind.REVERSAL:
                lifetime += sum(Fraction(each.points) for each in posting.lines if _unearns(each))
            assert Fraction(posting.balance_after) == points
        assert Fraction(balance.state.points) == points
        assert_purse_is_sound(balance.state.purse, points)
        assert Fraction(balance.state.lifetime_points) == lifetime
        assert balance.sequence == len(chain)
        assert balance.last_posting_hash == previous


def _unearns(line: PointLine) -> bool:
    """Whether it takes back what a rule, a bonus or a quest had awarded."""
    return line.points < 0 and bool(line.ids)


def assert_purse_is_sound(purse: Purse, points: Fraction) -> None:
    """Assert that the lots and holds, less what is owed, are the points, and none is empty."""
    lots = [Fraction(points) for points in purse.lots.values()]
    held = [Fraction(points) for hold in purse.holds.values() for points in hold.parts.values()]
    assert all(number > 0 for number in (*lots, *held))
    assert sum(lots) + sum(held) - Fraction(purse.owed) == points
    assert purse.owed >= 0
    assert purse.debt >= 0
    # What is owed is paid by what can be spent.
    assert not (purse.owed or purse.debt) or purse.available <= 0


def assert_balances_are_folds(
    book: FakeBook, ledger: Iterable[Activity], versions: Sequence[ProgramVersion]
) -> None:
    """Assert that deciding each membership's activities anew, in the order of their postings and
    with nothing but what the postings say about the person, gives these postings and this state.
    """
    rows = book.rows | {(row.network_id, row.activity_id): row for row in ledger}
    for place, balance in book.balances.items():
        state = MembershipState()
        for posting in book.chain(place):
            row = rows[place[0], posting.activity_id]
            undone = _undone(row, place, book, rows, versions)
            state = _decided_again(row, posting, state, versions, undone)
        assert state == balance.state


def _undone(
    row: Activity,
    place: Place,
    book: FakeBook,
    rows: Mapping[tuple[str, str], Activity],
    versions: Sequence[ProgramVersion],
) -> Undone | None:
    if row.kind is not Kind.REVERSAL:
        return None
    assert row.of is not None
    posting = book.postings[place, row.of]
    (program,) = (v.program for v in versions if v.version == posting.program_version)
    return Undone(rows[place[0], row.of], posting, program)


def _decided_again(
    row: Activity,
    posting: Posting,
    state: MembershipState,
    versions: Sequence[ProgramVersion],
    undone: Undone | None,
) -> MembershipState:
    version = version_in_force(versions, row.decided_as_of)
    questions = version.program.trait_conditions
    facts = Facts(
        concerned_memberships(row)[posting.membership],
        frozenset(questions[position] for position in posting.traits_held),
        undone=undone,
    )
    before = repr(state)
    again = decide(row, facts, state, version)
    assert repr(state) == before
    assert posting.program_version == version.version
    assert (again.outcome, again.reason) == (posting.outcome, posting.reason)
    assert (again.lines, again.points) == (posting.lines, posting.points)
    assert again.considered == posting.considered
    assert again.quests == posting.quests
    assert again.tier == posting.tier
    assert again.traits_held == posting.traits_held
    assert (again.lots, again.holds, again.matured) == (
        posting.lots,
        posting.holds,
        posting.matured,
    )
    assert again.after.points == posting.balance_after
    return again.after
