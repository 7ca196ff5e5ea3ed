"""What is owed beside the balance: it is told in lines, so that the lines are the balance."""

from dataclasses import replace
from decimal import Decimal

from accrue.domain.arithmetic import EXACT
from accrue.domain.decision import Debt, Decision, PointLine
from accrue.domain.membership_state import MembershipState
from accrue.domain.roles import MEMBER_ROLE

_REASONS = {Debt.OWED: "spent already: owed", Debt.PAID: "pays what was owed"}


def line_of_debt(points: Decimal) -> PointLine:
    """Above 0, so much became owed, and is not taken; below, so much of it is paid."""
    debt = Debt.OWED if points > 0 else Debt.PAID
    return PointLine(role=MEMBER_ROLE, points=points, reason=_REASONS[debt], debt=debt)


def with_debt_told(before: MembershipState, decision: Decision) -> Decision:
    """The decision with a line for what became owed, or paid a part of what was."""
    more = EXACT.subtract(decision.after.purse.debt, before.purse.debt)
    if not more:
        return decision
    after = replace(decision.after, points=EXACT.add(decision.after.points, more))
    return replace(decision, lines=(*decision.lines, line_of_debt(more)), after=after)
