"""Postings of what was spent, held, adjusted and reversed, and of what fell due."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from accrue.domain.activity import Kind, Outcome
from accrue.domain.deciding.debts import line_of_debt
from accrue.domain.decision import (
    HoldChange,
    HoldStatus,
    PointLine,
    QuestChange,
    RequirementProgress,
    TierChange,
)
from accrue.domain.posting import Posting
from accrue.domain.purse import Lot, LotChange
from tests.unit.activities import NOON
from tests.unit.postings import EVERYTHING, NOTHING

ENDING = Lot(None, date(2026, 12, 31))
WAITING = Lot(date(2026, 3, 15), date(2026, 12, 31))
HOLD = HoldChange("ik_hold", HoldStatus.HELD, Decimal(40), NOON + timedelta(days=7))

APPLIED = replace(NOTHING, outcome=Outcome.APPLIED, reason=None, considered=())
AWARDED = replace(
    EVERYTHING,
    quests=(),
    tier=None,
    lots=(LotChange(ENDING, Decimal(20)), LotChange(WAITING, Decimal(100))),
    available_after=Decimal("32.50"),
)
REDEEMED = replace(
    APPLIED,
    kind=Kind.REDEMPTION,
    lines=(PointLine("member", Decimal(-30), "redeemed"),),
    points=Decimal(-30),
    lots=(LotChange(ENDING, Decimal(-20)), LotChange(Lot(), Decimal("-10.00"))),
    available_after=Decimal("2.50"),
)
ADJUSTED = replace(
    APPLIED,
    kind=Kind.ADJUSTMENT,
    lines=(PointLine("member", Decimal(-30), "sent twice"),),
    points=Decimal(-30),
    balance_after=Decimal("-17.50"),
    available_after=Decimal("-17.50"),
)
HELD = replace(APPLIED, kind=Kind.HOLD, holds=(HOLD,), available_after=Decimal("2.50"))
CAPTURED = replace(
    APPLIED,
    kind=Kind.CAPTURE,
    lines=(PointLine("member", Decimal(-15), "captured"),),
    points=Decimal(-15),
    holds=(replace(HOLD, status=HoldStatus.CAPTURED, captured=Decimal(15)),),
)
RELEASED = replace(APPLIED, kind=Kind.RELEASE, holds=(replace(HOLD, status=HoldStatus.RELEASED),))
FELL_DUE = replace(
    APPLIED,
    kind=Kind.DUE,
    lines=(PointLine("member", Decimal(-25), "expired"),),
    points=Decimal(-25),
    lots=(LotChange(ENDING, Decimal(-25)), LotChange(WAITING, Decimal(-50))),
    matured=Decimal(50),
    holds=tuple(
        replace(HOLD, hold_id=f"ik_hold{number}", status=HoldStatus.LAPSED) for number in (1, 2)
    ),
    tier=TierChange("silver", None),
)
# Of 110 points 80 were spent, and balances don't go below zero.
REVERSED = replace(
    APPLIED,
    kind=Kind.REVERSAL,
    of="ik_sale",
    lines=(
        PointLine("buyer", Decimal(-10), "takes back 10: 10 x 1", rule_id="earn"),
        PointLine("buyer", Decimal(-100), "takes back 100: 1 revoked", quest_id="tea"),
        line_of_debt(Decimal(80)),
    ),
    points=Decimal(-30),
    balance_after=Decimal(0),
    available_after=Decimal(0),
    debt_after=Decimal(80),
    quests=(
        QuestChange(
            "cake", (RequirementProgress("slices", Decimal(-1), Decimal(1), Decimal(3)),), 0, 0
        ),
        QuestChange(
            "tea", (RequirementProgress("cups", Decimal(-2), Decimal(1), Decimal(3)),), -2, 1
        ),
    ),
    tier=TierChange("gold", "silver"),
)
GAVE_BACK = replace(
    APPLIED,
    kind=Kind.REVERSAL,
    of="ik_redemption",
    lines=(
        PointLine("member", Decimal(30), "takes back -30: redeemed"),
        line_of_debt(Decimal(-20)),
    ),
    points=Decimal(10),
)
ALL = (
    AWARDED,
    REDEEMED,
    ADJUSTED,
    HELD,
    CAPTURED,
    RELEASED,
    FELL_DUE,
    REVERSED,
    GAVE_BACK,
)


def paying(posting: Posting, debt: Decimal) -> Posting:
    """The posting if what came in had first paid so much of what was owed beside the balance."""
    return replace(
        posting,
        lines=(*posting.lines, line_of_debt(debt.copy_negate())),
        points=posting.points - debt,
    )
