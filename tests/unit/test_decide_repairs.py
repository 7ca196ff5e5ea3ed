"""A repair says what the postings lacked, and leaves the membership as its other rows made it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accrue.domain.activity import Kind
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.reversal_errors import NotReversibleError
from tests.unit.activities import earn, in_force, written
from tests.unit.spending import order

AUDIT = "jb_" + "a" * 32
VERSION = in_force(written(rules=[earn()]))


@pytest.mark.parametrize("points", ["-1020", "0", "7.123456"])
def test_points_are_posted_and_nothing_changes(points: str) -> None:
    before = MembershipState(Decimal(50), Decimal(80), program_version=1)
    row = order(Kind.ADJUSTMENT, points, of=AUDIT)

    decision = decide(row, Facts(("member",), is_damaged=True), before, VERSION)

    assert decision.after == before
    assert decision.points == Decimal(points)
    assert len(decision.lines) == (1 if Decimal(points) else 0)
    assert decision.lots == ()


def test_applied_anew_it_posts_no_points() -> None:
    """What it made up for is gone."""
    before = MembershipState(Decimal(50), Decimal(80), program_version=1)

    decision = decide(
        order(Kind.ADJUSTMENT, "-1020", of=AUDIT), Facts(("member",)), before, VERSION
    )

    assert (decision.after, decision.lines) == (before, ())
    assert decision.reason == "nothing_to_repair"


def test_only_a_row_that_speaks_of_a_job_is_a_repair() -> None:
    row = order(Kind.ADJUSTMENT, "5", of=AUDIT)

    assert row.is_repair
    assert not replace(row, of="ik_hold").is_repair
    assert not replace(row, of=None).is_repair
    assert not replace(row, kind=Kind.REDEMPTION).is_repair
    assert NotReversibleError.about(row)
    assert NotReversibleError.about(replace(row, of=None)) is None
