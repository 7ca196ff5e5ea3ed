"""The largest postings and balances that programs can lead to can be written.

moto takes items and transactions of any size, so sizes are counted here.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accrue.domain.activity import MembershipRef, Outcome
from accrue.domain.balance import Balance
from accrue.domain.decision import (
    MAX_SEEN_CHARS,
    Considered,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
)
from accrue.domain.membership_state import MembershipState, QuestState
from accrue.domain.posting import Posting
from accrue.domain.program.contradictions.program import MAX_PARTS_AN_ACTIVITY
from accrue.domain.program.parts import MAX_ID_CHARS
from accrue.services.import_catalog import MAX_KEPT_COUNTS
from accrue.storage.balances import MAX_POSTINGS_PER_WRITE, BalanceTable
from accrue.storage.dynamo import to_item
from tests.integration.item_size import item_size
from tests.integration.world import World

ITEM_BYTES = 400 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
LONGEST_ID = "i" * MAX_ID_CHARS
LONGEST_NUMBER = Decimal("-" + "9" * 24 + ".999999")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEMBERSHIP = MembershipRef(LONGEST_ID, LONGEST_ID)
LINE = PointLine(
    role="r" * 64,
    points=LONGEST_NUMBER,
    # The longest: items times a rate times a factor, rounded.
    reason=f"{LONGEST_NUMBER} x 999999.999999 x (999.999999 - 1) = {LONGEST_NUMBER}{'9' * 30}, "
    "rounded half_even",
    rule_id=LONGEST_ID,
    bonus_id=LONGEST_ID,
)
WHY_NOT = Considered(Part.QUEST, 49, 9, "check_in_interval_days", "s" * MAX_SEEN_CHARS)
ADVANCED = RequirementProgress(LONGEST_ID, LONGEST_NUMBER, LONGEST_NUMBER, LONGEST_NUMBER)
SMALLEST = Posting(
    network_id=LONGEST_ID,
    membership=MEMBERSHIP,
    activity_id="ik_" + "a" * 32,
    activity_type_id="t" * 128,
    activity_hash="0" * 64,
    occurred_at=NOON,
    recorded_at=NOON,
    posted_at=NOON,
    program_version=99_999_999,
    outcome=Outcome.APPLIED,
    reason=None,
    lines=(),
    points=LONGEST_NUMBER,
    balance_after=LONGEST_NUMBER,
    sequence=10**9,
    previous_hash="0" * 64,
)
# Every part that one activity may meet leads to a line, and is explained, and advances a quest.
LARGEST = replace(
    SMALLEST,
    lines=(LINE,) * MAX_PARTS_AN_ACTIVITY,
    considered=(WHY_NOT,) * MAX_PARTS_AN_ACTIVITY,
    quests=(QuestChange(LONGEST_ID, (ADVANCED,) * 10, 10**6, 10**6),) * 30,
    traits_held=tuple(range(1000)),
)


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
