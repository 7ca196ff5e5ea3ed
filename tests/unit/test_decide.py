"""What activities are worth: the promises of the two source documents, as tables."""

from decimal import Decimal, Inexact, localcontext

import pytest

from accrue.domain.activity import FrontDoor, Outcome
from accrue.domain.arithmetic import BALANCE_LIMIT, rounded, total
from accrue.domain.decide import decide
from accrue.domain.deciding.periods import Counters
from accrue.domain.decision import Decision, Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.points_unit import PointsUnit
from accrue.domain.program.program import Program
from accrue.domain.rounding import Rounding
from tests.unit.activities import (
    ANN,
    Story,
    activity,
    earn,
    failures,
    in_force,
    lifetime_tiers,
    lines_of,
    program,
    quest,
    require,
    rule,
    why,
    written,
)

NOTHING_YET = MembershipState()


def decide_for(
    amount: str,
    document: Program,
    *roles: str,
    activity_type_id: str = "sale",
    front_door: FrontDoor = FrontDoor.NETWORK,
    before: MembershipState = NOTHING_YET,
) -> Decision:
    """What an activity of this amount means for a membership whose user played these roles."""
    reported = activity(
        amount,
        activity_type_id=activity_type_id,
        roles={role: [ANN] for role in roles},
        front_door=front_door,
    )
    return decide(reported, Facts(roles), before, in_force(document))


def test_fifty_dollars_for_each_task() -> None:
    pay = program(rule("task", "doer", "50"))

    done = decide_for("1", pay, "doer", activity_type_id="task")

    assert done.points == Decimal("50.00")
    assert [line.reason for line in done.lines] == ["1 x 50"]


def test_the_mistake_of_sending_dollars_where_tasks_are_counted() -> None:
    """The source document warns of it: the amount is the number of tasks, not the pay."""
    pay = program(rule("task", "doer", "50"))

    mistaken = decide_for("50", pay, "doer", activity_type_id="task")

    assert mistaken.points == Decimal("2500.00")
    assert [line.reason for line in mistaken.lines] == ["50 x 50"]


def test_one_percent_cash_back_of_500() -> None:
    cash_back = program(rule("sale", "buyer", "0.01"))

    assert decide_for("500", cash_back, "buyer").points == Decimal("5.00")


def test_without_a_rule_a_single_members_activity_is_worth_its_value() -> None:
    decided = decide_for("50", program(), "member", front_door=FrontDoor.MEMBERSHIP)

    assert decided.outcome is Outcome.APPLIED
    assert [(line.rule_id, line.points, line.reason) for line in decided.lines] == [
        ("identity", Decimal("50.00"), "50 x 1")
    ]
    assert decided.considered == ()


def test_a_rule_takes_the_place_of_the_identity() -> None:
    double = program(rule("visit", "member", "2"))

    decided = decide_for(
        "50", double, "member", activity_type_id="visit", front_door=FrontDoor.MEMBERSHIP
    )

    assert [(line.rule_id, line.points) for line in decided.lines] == [
        ("visit-member", Decimal("100.00"))
    ]


@pytest.mark.parametrize(
    ("activity_type_id", "role"),
    [("sale", "seller"), ("visit", "buyer"), ("Sale", "buyer"), ("sale", "Buyer")],
)
def test_no_rule_no_points_and_the_why(activity_type_id: str, role: str) -> None:
    cash_back = program(rule("sale", "buyer", "0.01"))
    before = MembershipState(Decimal(7), Decimal(9), program_version=1)

    decided = decide_for("500", cash_back, role, activity_type_id=activity_type_id, before=before)

    assert decided == Decision(
        Outcome.NO_RULE, (), before, f"no rule of coffee-club is on {activity_type_id}"
    )
    assert decided.points == 0


def test_a_member_in_the_network_form_has_no_identity() -> None:
    assert decide_for("50", program(), "member").outcome is Outcome.NO_RULE


@pytest.mark.parametrize(
    ("amount", "rate", "scale", "points"),
    [
        ("4.45", "0.1", 2, "0.45"),
        ("4.45", "0.1", 3, "0.445"),
        ("4.45", "0.1", 0, "0"),
        ("100.99", "0.01", 2, "1.01"),
        ("100.99", "0.01", 4, "1.0099"),
        ("100.99", "0.01", 6, "1.009900"),
        ("1000000000000000", "1", 0, "1000000000000000"),
        ("1000000000000000", "1000000", 6, "1000000000000000000000.000000"),
        ("999999999999999.999999999", "1", 6, "1000000000000000.000000"),
        ("0.000000001", "0.000001", 6, "0.000000"),
        ("0.1", "3", 2, "0.30"),
        ("-12.5", "0.1", 2, "-1.25"),
        ("0", "50", 2, "0.00"),
        ("12.5", "-2", 2, "-25.00"),
    ],
)
def test_amount_times_rate_is_exact_and_rounded_to_the_scale(
    amount: str, rate: str, scale: int, points: str
) -> None:
    decided = decide_for(amount, program(rule("sale", "buyer", rate), scale=scale), "buyer")

    assert str(decided.points) == points


@pytest.mark.parametrize(
    ("amount", "half_up", "half_even", "down", "up"),
    [
        ("2.344", "2.34", "2.34", "2.34", "2.35"),
        ("2.345", "2.35", "2.34", "2.34", "2.35"),
        ("2.355", "2.36", "2.36", "2.35", "2.36"),
        ("2.3450001", "2.35", "2.35", "2.34", "2.35"),
        ("2.34", "2.34", "2.34", "2.34", "2.34"),
        ("-2.345", "-2.35", "-2.34", "-2.34", "-2.35"),
        ("-2.3401", "-2.34", "-2.34", "-2.34", "-2.35"),
        ("0.001", "0.00", "0.00", "0.00", "0.01"),
    ],
)
def test_rounding_is_as_the_program_says(
    amount: str, half_up: str, half_even: str, down: str, up: str
) -> None:
    wanted = {
        Rounding.HALF_UP: half_up,
        Rounding.HALF_EVEN: half_even,
        Rounding.DOWN: down,
        Rounding.UP: up,
    }
    for rounding, points in wanted.items():
        document = program(rule("sale", "buyer", "1"), rounding=rounding)
        assert decide_for(amount, document, "buyer").points == Decimal(points), rounding


def test_a_rounded_award_says_what_it_was_and_how_it_was_rounded() -> None:
    decided = decide_for("4.45", program(rule("sale", "buyer", "0.1")), "buyer")

    assert [line.reason for line in decided.lines] == ["4.45 x 0.1 = 0.445, rounded half_up"]


def test_each_award_is_rounded_by_itself() -> None:
    """Two lines of 0.005 are 0.01 each, not 0.01 together."""
    document = program(
        rule("sale", "buyer", "0.005", "first"), rule("sale", "buyer", "0.005", "second")
    )

    assert decide_for("1", document, "buyer").points == Decimal("0.02")


def test_the_largest_award_is_rounded_to_the_last_digit() -> None:
    unit = PointsUnit(unit="points", scale=6)

    points = rounded(Decimal("123456789012345678901234.1234565"), unit)

    assert points == Decimal("123456789012345678901234.123457")


def test_a_sum_never_loses_a_digit() -> None:
    with pytest.raises(Inexact):
        total([Decimal(10) ** 60, Decimal("0.5")])


def test_one_person_in_two_roles_gets_a_line_for_each_in_their_order() -> None:
    document = program(rule("sale", "seller", "0.05"), rule("sale", "buyer", "0.01"))

    decided = decide_for("100", document, "buyer", "seller")

    assert [(line.role, line.points) for line in decided.lines] == [
        ("buyer", Decimal("1.00")),
        ("seller", Decimal("5.00")),
    ]
    assert decided.after == MembershipState(Decimal(6), Decimal(6), program_version=1)


def test_a_role_without_a_rule_does_not_take_the_other_roles_points() -> None:
    decided = decide_for("100", program(rule("sale", "seller", "0.05")), "buyer", "seller")

    assert [(line.role, line.points) for line in decided.lines] == [("seller", Decimal("5.00"))]


def test_lifetime_points_count_only_what_is_awarded() -> None:
    document = program(rule("sale", "seller", "-0.5"), rule("sale", "buyer", "1"))
    before = MembershipState(Decimal(10), Decimal(40))

    decided = decide_for("100", document, "buyer", "seller", before=before)

    assert decided.after == MembershipState(Decimal(60), Decimal(140), program_version=1)


@pytest.mark.parametrize(
    ("before", "amount", "outcome"),
    [
        (MembershipState(BALANCE_LIMIT - 1, Decimal(0)), "1", Outcome.APPLIED),
        (MembershipState(BALANCE_LIMIT - 1, Decimal(0)), "1.01", Outcome.REJECTED),
        (MembershipState(1 - BALANCE_LIMIT, Decimal(0)), "-1", Outcome.APPLIED),
        (MembershipState(1 - BALANCE_LIMIT, Decimal(0)), "-1.01", Outcome.REJECTED),
        (MembershipState(Decimal(0), BALANCE_LIMIT), "0.01", Outcome.REJECTED),
        (MembershipState(Decimal(0), BALANCE_LIMIT), "-0.01", Outcome.APPLIED),
    ],
)
def test_a_balance_never_passes_its_limit(
    before: MembershipState, amount: str, outcome: Outcome
) -> None:
    decided = decide_for(amount, program(rule("sale", "buyer", "1")), "buyer", before=before)

    assert decided.outcome is outcome
    if outcome is Outcome.REJECTED:
        assert (decided.lines, decided.after) == ((), before)
        what = "the balance" if before.points else "lifetime points"
        assert decided.reason == f"{what} would pass 1e+24"


def test_a_bug_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decided by it: the activity waits for the fix, and is applied after it."""
    monkeypatch.delattr(Counters, "all")

    with pytest.raises(AttributeError):
        decide_for("10", program(rule("sale", "buyer", "1")), "buyer")


def test_what_is_rejected_moves_nothing() -> None:
    """Neither a counter nor a quest nor the tier, though each would have moved."""
    document = written(
        rules=[earn(when={"nth": {"first": 5}}, limits=[{"per": "day", "times": 5}])],
        quests=[quest(require("1"))],
        tiers=lifetime_tiers(silver="100"),
    )
    before = MembershipState(BALANCE_LIMIT, Decimal(99))

    decided = Story(document, before).report("1")

    assert decided.outcome is Outcome.REJECTED
    assert (decided.lines, decided.quests, decided.tier) == ((), (), None)
    assert decided.after == before


def test_what_a_completed_quest_awards_counts_towards_the_limit() -> None:
    document = written(quests=[quest(require("1"), points="1")])
    before = MembershipState(BALANCE_LIMIT, BALANCE_LIMIT)

    assert Story(document, before).report("1").outcome is Outcome.REJECTED


def test_if_rules_are_on_the_activity_but_none_matches_the_why_says_so() -> None:
    document = written(rules=[earn(when={"amount": {"at_least": "100"}})])

    decided = Story(document).report("99")

    assert decided.outcome is Outcome.NO_RULE
    assert decided.reason == "nothing of coffee-club took effect"
    assert why(decided) == ["r0 amount 99"]


def test_a_quest_alone_is_something_that_may_take_effect() -> None:
    document = written(quests=[quest(require("10", restricted_to_item_ids=["tea"]))])

    assert Story(document).report("5").reason == "nothing of coffee-club took effect"


def test_a_rule_that_does_not_match_keeps_the_identity_away() -> None:
    document = written(rules=[earn(role="member", when={"amount": {"at_least": "100"}})])

    decided = Story(document).report("99", roles=["member"], front_door=FrontDoor.MEMBERSHIP)

    assert decided.outcome is Outcome.NO_RULE
    assert decided.points == 0


def test_a_quest_alone_does_not_keep_the_identity_away() -> None:
    document = written(quests=[quest(require("2", role="member", progress="count"))])

    decided = Story(document).report("50", roles=["member"], front_door=FrontDoor.MEMBERSHIP)

    assert lines_of(decided) == [("identity", "50")]
    assert failures(decided, "q") == [None]


def test_progress_in_a_quest_is_something_applied() -> None:
    decided = Story(written(quests=[quest(require("100"))])).report("10")

    assert decided.outcome is Outcome.APPLIED
    assert (decided.lines, decided.reason) == ((), None)


def test_rules_are_considered_by_role_and_then_in_the_order_of_the_document() -> None:
    """Those on other types, or on roles that this person did not play, are not considered."""
    document = written(
        rules=[
            earn(rule_id="sell", role="seller"),
            earn(rule_id="dear", when={"amount": {"more_than": "10"}}),
            earn(rule_id="visit", activity_type_id="visit"),
            earn(rule_id="buy"),
            earn(rule_id="advise", role="adviser"),
        ]
    )

    decided = Story(document).report("10", roles=["buyer", "seller"])

    assert why(decided) == ["r1 amount 10", "r3", "r0"]
    assert lines_of(decided) == [("buy", "10"), ("sell", "10")]


def test_rules_are_considered_before_bonuses_and_bonuses_before_quests() -> None:
    double = {"bonus_id": "double", "effect": {"kind": "multiply", "factor": "2"}}
    document = written(rules=[earn()], bonuses=[double], quests=[quest(require("100"))])

    assert why(Story(document).report("10")) == ["r0", "b0", "q0.0"]


def test_what_the_surroundings_compute_with_does_not_matter() -> None:
    document = program(rule("sale", "buyer", "0.123456"), scale=6)
    expected = decide_for("999999999999999.999999999", document, "buyer")

    with localcontext(prec=3):
        assert decide_for("999999999999999.999999999", document, "buyer") == expected
