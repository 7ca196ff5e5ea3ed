"""When something happens to a membership by itself: points mature or expire, a hold lapses, a tier
is lost.
"""

from datetime import datetime

from accrue.domain.deciding.tiers import next_change_on
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.days import start_of
from accrue.domain.program.program import Program


def next_due_at(state: MembershipState, program: Program) -> datetime | None:
    """The moment, which may be past if nobody has posted it yet; None if there is nothing."""
    moments = [state.purse.next_due_at(program.zone)]
    if day := next_change_on(state, program):
        moments.append(start_of(day, program.zone))
    return min((moment for moment in moments if moment), default=None)
