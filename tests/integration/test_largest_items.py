"""The largest postings and balances that programs can lead to can be written.

moto takes items and transactions of any size, so sizes are counted here.
"""

from datetime import date, timedelta
from hashlib import sha256

from accrue.domain.balance import Balance
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.posting import Posting
from accrue.domain.program.contradictions.program import MAX_PROGRAM_BYTES
from accrue.domain.program.program import Program
from accrue.domain.program.stored import kept_digests
from accrue.domain.program_publication import MAX_KEPT_COUNTS
from accrue.storage.balances import MAX_POSTINGS_PER_WRITE, BalanceTable
from accrue.storage.dynamo import to_item
from tests.integration.item_size import item_size
from tests.integration.networks import demo_network
from tests.integration.world import World
from tests.unit.largest_postings import LARGEST, LONGEST_ID, LONGEST_NUMBER, MEMBERSHIP, SMALLEST

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
COUNTING = Program.model_validate(demo_network()["programs"][0])


def _bytes(posting: Posting) -> int:
    keys = {"membership_key": "k" * 200, "item_key": "k" * 80}
    return item_size(to_item({**posting.to_attributes(), **keys}))


def test_the_largest_posting_is_an_item() -> None:
    assert _bytes(LARGEST) < ITEM_BYTES


def test_as_many_postings_are_written_at_once_as_a_transaction_takes(world: World) -> None:
    book = BalanceTable(world.client, "balance")

    fitting = book.how_many_fit([LARGEST] * MAX_POSTINGS_PER_WRITE)

    assert 1 <= fitting < MAX_POSTINGS_PER_WRITE
    assert fitting * _bytes(LARGEST) + ITEM_BYTES < TRANSACTION_BYTES
    assert book.how_many_fit([SMALLEST] * MAX_POSTINGS_PER_WRITE) == MAX_POSTINGS_PER_WRITE
    assert book.how_many_fit([LARGEST]) == 1


def test_the_largest_version_of_a_program_is_an_item() -> None:
    """With what members keep of all versions before it."""
    kept = [sha256(bytes([n // 256, n % 256])).hexdigest()[:16] for n in range(MAX_KEPT_COUNTS)]
    version = {"program_id": LONGEST_ID, "document": "x" * MAX_PROGRAM_BYTES, "kept": kept}
    around = {"catalog_key": "k" * 200, "effective_at": "t" * 27, "content_hash": "h" * 64}

    assert item_size(to_item(version | around)) < ITEM_BYTES
    assert all(len(each) == len(kept[0]) for each in kept_digests(COUNTING))


def test_the_largest_balance_is_an_item() -> None:
    """Counters take most, with two periods each; then the days of the longest rolling window."""
    counters = {
        f"{LONGEST_ID}{number:04d}/points/month": {
            "2026-03": LONGEST_NUMBER,
            "2026-02": LONGEST_NUMBER,
        }
        for number in range(MAX_KEPT_COUNTS)
    }
    days = {date(2026, 3, 1) - timedelta(days=n): LONGEST_NUMBER for n in range(366)}
    state = MembershipState(
        LONGEST_NUMBER, LONGEST_NUMBER, LONGEST_ID, {}, counters, days, date(2026, 3, 1)
    )

    assert item_size(to_item(Balance(state).to_attributes(LONGEST_ID, MEMBERSHIP))) < ITEM_BYTES


def test_the_largest_balance_of_quests_is_an_item() -> None:
    """Each with one requirement, and a check-in, which counts for one more."""
    quests = {
        f"{LONGEST_ID}{number:04d}": QuestState(
            {LONGEST_ID: LONGEST_NUMBER}, 10**6, {LONGEST_ID: date(2026, 3, 1)}
        )
        for number in range(MAX_KEPT_COUNTS // 2)
    }

    balance = Balance(MembershipState(quests=quests))

    assert item_size(to_item(balance.to_attributes(LONGEST_ID, MEMBERSHIP))) < ITEM_BYTES
