"""A seal that has something of everything."""

from datetime import UTC, datetime, timedelta

from accrue.domain.seal import Seal, SealedPosting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FULL = Seal(
    network_id="demo",
    number=2,
    since=NOON,
    until=NOON + timedelta(minutes=15),
    sealed_at=NOON + timedelta(minutes=22),
    previous_hash="0" * 64,
    rows={"ik_1": "1" * 64, "ik_2": "2" * 64},
    late={"fr_3": "3" * 64},
    postings=(
        SealedPosting("12345", 1, "ik_1", "4" * 64),
        SealedPosting("12345", 2, "fr_3", "5" * 64),
    ),
    outcomes={"ik_4": "6" * 64},
    unsettled={"ik_2": "2" * 64, "ik_5": ""},
)
FIRST = Seal(
    network_id="demo",
    number=1,
    since=NOON - timedelta(days=1),
    until=NOON,
    sealed_at=NOON + timedelta(minutes=7),
    previous_hash="",
)
