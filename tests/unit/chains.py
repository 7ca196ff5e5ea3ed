"""What must be true of a book of postings at every moment."""

from collections.abc import Iterable
from fractions import Fraction

from accrue.domain.activity import Activity
from accrue.domain.concerned import concerned_memberships
from tests.unit.fakes import FakeBook


def assert_book_is_sound(book: FakeBook, ledger: Iterable[Activity]) -> None:
    """Assert that each balance is the fold of its postings, chained without a gap, each of an
    activity that concerns the membership and as it stands in the ledger.
    """
    rows = {(row.network_id, row.activity_id): row for row in ledger}
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
            lifetime += sum(line for line in lines if line > 0)
            assert Fraction(posting.balance_after) == points
        assert Fraction(balance.figures.points) == points
        assert Fraction(balance.figures.lifetime_points) == lifetime
        assert balance.sequence == len(chain)
        assert balance.last_posting_hash == previous
