"""The largest posting that a program can lead to, and the smallest with the longest ids."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from accrue.domain.activity import MembershipRef, Outcome
from accrue.domain.decision import (
    MAX_SEEN_CHARS,
    Considered,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
)
from accrue.domain.limits import MAX_ID_CHARS
from accrue.domain.posting import Posting
from accrue.domain.program.contradictions.program import MAX_PARTS_AN_ACTIVITY

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
    available_after=LONGEST_NUMBER,
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
