"""What is owed beside the balance: it is told in lines, so that the lines are the balance."""

from dataclasses import replace

from accrue.domain.arithmetic import EXACT
from accrue.domain.decision import OWED, PAID, Decision, PointLine
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.parts import MEMBER_ROLE


def with_debt_told(before: MembershipState, decision: Decision) -> Decision:
    """The decision with a line for what became owed, or paid a part of what was."""
    more = EXACT.subtract(decision.after.purse.debt, before.purse.debt)
    if not more:
        return decision
    line = PointLine(role=MEMBER_ROLE, points=more, reason=OWED if more > 0 else PAID)
    after = replace(decision.after, points=EXACT.add(decision.after.points, more))
    return replace(decision, lines=(*decision.lines, line), after=after)
