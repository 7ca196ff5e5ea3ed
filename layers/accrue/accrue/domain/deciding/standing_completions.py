"""What the completions of a quest that stand took, and what they were worth."""

from dataclasses import replace
from decimal import Decimal

from accrue.domain.arithmetic import EXACT
from accrue.domain.membership_state import QuestState
from accrue.domain.program.quests import Quest


def with_what_completions_took(quest: Quest, state: QuestState) -> QuestState:
    """The state; if it is from before that was kept, with what the document says of each.

    Every completion took something: a state with completions that has not kept what is an old one.
    """
    if state.taken or not state.completions:
        return state
    times = Decimal(state.completions)
    return replace(
        state,
        awarded=EXACT.multiply(quest.reward.points, times),
        taken={
            each.requirement_id: EXACT.multiply(each.threshold, times)
            for each in quest.requirements
        },
    )
