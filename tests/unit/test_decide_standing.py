"""Whoever is suspended or forgotten earns nothing; traits are not even asked for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accrue.domain.activity import Activity, Outcome
from accrue.domain.decide import decide
from accrue.domain.decision import Decision, Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import ProgramVersion
from accrue.domain.user_standing import UserStanding
from accrue.services.apply_rules import RuleApplier
from tests.unit.activities import (
    ANN,
    BEN,
    NOON,
    activity,
    earn,
    in_force,
    lifetime_tiers,
    program,
    quest,
    require,
    rule,
    written,
)
from tests.unit.fakes import FakeBook, FakeCatalog

# Every part of it would take effect.
PROGRAM = in_force(
    written(
        rules=[earn(limits=[{"per": "day", "times": 5}])],
        quests=[quest(require("1"))],
        tiers=lifetime_tiers(silver="1"),
    )
)
BOTH = in_force(program(rule("sale", "buyer", "1"), rule("sale", "seller", "1")))
ASKING = in_force(written(rules=[earn(when={"traits": [{"trait": "city", "equals": "Bonn"}]})]))
NOT_ACTIVE = [
    (UserStanding.SUSPENDED, "the user is suspended"),
    (UserStanding.FORGOTTEN, "the user was forgotten"),
]


@pytest.mark.parametrize(("standing", "reason"), NOT_ACTIVE)
def test_nothing_is_earned_and_nothing_moves(standing: UserStanding, reason: str) -> None:
    before = MembershipState(Decimal(7), Decimal(9), tier_id="silver")

    decision = decide(activity(), Facts(("buyer",), standing=standing), before, PROGRAM)

    assert decision == Decision(Outcome.REJECTED, (), before, reason)


def test_an_active_user_earns() -> None:
    decision = decide(activity(), Facts(("buyer",)), MembershipState(), PROGRAM)

    assert (decision.outcome, decision.points) == (Outcome.APPLIED, Decimal(150))


@pytest.mark.parametrize(("standing", "reason"), NOT_ACTIVE)
def test_the_others_in_the_activity_earn(standing: UserStanding, reason: str) -> None:
    book = FakeBook()
    sale = _of(standing, activity(roles={"buyer": [ANN], "seller": [BEN]}))

    _apply(book, sale, BOTH)

    (ann,), (ben,) = book.chain(("demo", ANN)), book.chain(("demo", BEN))
    assert (ann.outcome, ann.reason, ann.points) == (Outcome.REJECTED, reason, Decimal(0))
    assert (ben.outcome, ben.reason, ben.points) == (Outcome.APPLIED, None, Decimal(50))


@pytest.mark.parametrize(("standing", "_reason"), NOT_ACTIVE)
def test_traits_of_those_who_can_earn_nothing_are_not_read(
    standing: UserStanding, _reason: str
) -> None:
    assert _apply(FakeBook(), _of(standing, activity()), ASKING).asked_about == []
    assert _apply(FakeBook(), activity(), ASKING).asked_about == ["user-ann"]


def _of(standing: UserStanding, row: Activity) -> Activity:
    """The activity, its first participant of that standing."""
    first, *others = row.participants
    return replace(row, participants=(replace(first, standing=standing), *others))


def _apply(book: FakeBook, row: Activity, version: ProgramVersion) -> FakeCatalog:
    catalog = FakeCatalog({"coffee-club": [version]})
    assert RuleApplier(catalog, book, lambda: NOON).apply([row]) == []
    return catalog
