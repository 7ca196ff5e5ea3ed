"""The largest postings and balances that programs can lead to can be written.

moto takes items and transactions of any size, so sizes are counted here.
"""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

from accrue.domain.activity import Kind
from accrue.domain.balance import Balance, Entry
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.posting import Posting
from accrue.domain.program.contradictions.program import MAX_PROGRAM_BYTES
from accrue.domain.program.kept_lots import MAX_LOTS, Period
from accrue.domain.program.program import Program
from accrue.domain.program.stored import kept_digests
from accrue.domain.program_publication import MAX_KEPT_COUNTS
from accrue.domain.purse import Lot, Purse, lot_changes
from accrue.storage.balances import MAX_POSTINGS_PER_WRITE, BalanceTable
from accrue.storage.dynamo import to_item
from tests.integration.item_size import item_size
from tests.integration.networks import demo_network
from tests.integration.world import World
from tests.unit.largest_postings import LARGEST, LONGEST_ID, LONGEST_NUMBER, MEMBERSHIP, SMALLEST

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
FIRST_DAY = date(2026, 3, 2)
COUNTING = Program.model_validate(demo_network()["programs"][0])
# As many lots as there may be, most of which wait.
PURSE = Purse(
    {
        Lot(FIRST_DAY + timedelta(days=n), FIRST_DAY + timedelta(days=n)): -LONGEST_NUMBER
        for n in range(MAX_LOTS)
    }
)


def _bytes(posting: Posting) -> int:
    keys = {"membership_key": "k" * 200, "item_key": "k" * 80}
    return item_size(to_item({**posting.to_attributes(), **keys}))


def _entry(posting: Posting) -> Entry:
    return Entry(posting, Balance())


def test_the_largest_posting_is_an_item() -> None:
    assert _bytes(LARGEST) < ITEM_BYTES


def test_a_posting_about_every_lot_is_an_item() -> None:
    """Of a day on which all that waited becomes spendable, say."""
    lots = lot_changes(PURSE, Purse())
    fallen = replace(SMALLEST, kind=Kind.DUE, lots=(*lots, *lots), matured=-LONGEST_NUMBER)

    assert _bytes(fallen) < ITEM_BYTES


def test_as_many_postings_are_written_at_once_as_a_transaction_takes(world: World) -> None:
    book = BalanceTable(world.client, "balance")

    fitting = book.how_many_fit([_entry(LARGEST)] * MAX_POSTINGS_PER_WRITE)

    assert 1 <= fitting < MAX_POSTINGS_PER_WRITE
    assert fitting * _bytes(LARGEST) + ITEM_BYTES < TRANSACTION_BYTES
    assert book.how_many_fit([_entry(SMALLEST)] * MAX_POSTINGS_PER_WRITE) == MAX_POSTINGS_PER_WRITE
    assert book.how_many_fit([_entry(LARGEST)]) == 1


def test_the_largest_version_of_a_program_is_an_item() -> None:
    """With what members keep of all versions before it, and the periods of all their lots."""
    kept = [sha256(bytes([n // 256, n % 256])).hexdigest()[:16] for n in range(MAX_KEPT_COUNTS)]
    periods = [Period(0, f"{2000 + n}-12-31").text for n in range(MAX_LOTS)]
    version = {
        "program_id": LONGEST_ID,
        "document": "x" * MAX_PROGRAM_BYTES,
        "kept": [*kept, *periods],
    }
    around = {"catalog_key": "k" * 200, "effective_at": "t" * 27, "content_hash": "h" * 64}

    assert item_size(to_item(version | around)) < ITEM_BYTES
    assert all(len(each) == len(kept[0]) for each in kept_digests(COUNTING))


def test_the_largest_balance_is_an_item() -> None:
    """Counters take most, with two periods each; then lots, and the days of the longest rolling
    window.
    """
    counters = {
        f"{LONGEST_ID}{number:04d}/points/month": {
            "2026-03": LONGEST_NUMBER,
            "2026-02": LONGEST_NUMBER,
        }
        for number in range(MAX_KEPT_COUNTS)
    }
    days = {date(2026, 3, 1) - timedelta(days=n): LONGEST_NUMBER for n in range(366)}
    state = MembershipState(
        points=PURSE.total,
        lifetime_points=LONGEST_NUMBER,
        tier_id=LONGEST_ID,
        tier_by=LONGEST_ID,
        tier_from=LONGEST_ID,
        counters=counters,
        earned_by_day=days,
        as_of=date(2026, 3, 1),
        purse=PURSE,
    )

    assert item_size(to_item(Balance(state).to_attributes(LONGEST_ID, MEMBERSHIP))) < ITEM_BYTES


def test_the_largest_balance_of_quests_is_an_item() -> None:
    """Each with one requirement, and a check-in, which counts for one more."""
    quests = {
        f"{LONGEST_ID}{number:04d}": QuestState(
            {LONGEST_ID: LONGEST_NUMBER},
            10**6,
            {LONGEST_ID: date(2026, 3, 1)},
            awarded=LONGEST_NUMBER,
            taken={LONGEST_ID: LONGEST_NUMBER},
            rewarded_on=date(2026, 3, 1),
        )
        for number in range(MAX_KEPT_COUNTS // 2)
    }

    balance = Balance(MembershipState(points=PURSE.total, quests=quests, purse=PURSE))

    assert item_size(to_item(balance.to_attributes(LONGEST_ID, MEMBERSHIP))) < ITEM_BYTES
