"""Postings with nothing in them, and with everything."""

from dataclasses import replace
from decimal import Decimal

from accrue.domain.activity import Outcome
from accrue.domain.decision import (
    Considered,
    Part,
    PointLine,
    QuestChange,
    RequirementProgress,
    TierChange,
)
from accrue.domain.posting import Posting
from tests.unit.activities import ANN, NOON

NOTHING = Posting(
    network_id="demo",
    membership=ANN,
    activity_id="ik_1",
    activity_type_id="sale",
    activity_hash="activity's",
    occurred_at=NOON,
    recorded_at=NOON,
    posted_at=NOON.replace(second=1),
    program_version=3,
    outcome=Outcome.NO_RULE,
    reason="no rule of coffee-club matched",
    lines=(),
    points=Decimal(0),
    balance_after=Decimal("12.50"),
    available_after=Decimal("12.50"),
    sequence=7,
    previous_hash="previous",
    considered=(Considered(Part.RULE, 0, None, "amount", "5"),),
)
LINES = (
    PointLine("buyer", Decimal("10.00"), "10 x 1", rule_id="earn"),
    PointLine("buyer", Decimal("10.00"), "10 x (2 - 1)", rule_id="earn", bonus_id="double"),
    PointLine("buyer", Decimal(100), "1 x 100", quest_id="tea"),
)
TEA = QuestChange(
    "tea",
    (
        RequirementProgress("cups", Decimal(2), Decimal("1.0"), Decimal(3)),
        RequirementProgress("pots", Decimal(1), Decimal(0), Decimal(1)),
    ),
    completions=3,
    completions_after=5,
)
CAKE = QuestChange(
    "cake", (RequirementProgress("slices", Decimal(1), Decimal(1), Decimal(3)),), 0, 0
)
EVERYTHING = replace(
    NOTHING,
    outcome=Outcome.APPLIED,
    reason=None,
    lines=LINES,
    points=Decimal(120),
    balance_after=Decimal("132.50"),
    available_after=Decimal("132.50"),
    quests=(CAKE, TEA),
    tier=TierChange(None, "silver"),
)
