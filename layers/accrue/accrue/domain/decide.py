"""decide(): what an activity means for one membership. Pure: no clock, no storage, no randomness.

    the tier is brought up to date
    rules award     -> their conditions, the award, its limits     deciding/rules.py
    bonuses add     -> to what the rules awarded                   deciding/bonuses.py
    quests advance  -> and award their rewards                     deciding/quests.py
    the tier follows from what was awarded                         deciding/tiers.py

A replay is decided like an activity. Rows of other kinds (a redemption, what fell due, a reversal)
are decided by what they say: deciding/at_once.py.

Everything that was considered says why it took effect or not. Arithmetic is exact (an inexact
product is a bug and raises); each line is rounded once, by itself, as the program's points unit
says. What is calendar-like goes by when the activity occurred, in the program's time zone; what
depends on order goes by the order in which activities are posted.
"""

from dataclasses import replace
from datetime import date

from accrue.domain.activity import Activity, Outcome
from accrue.domain.arithmetic import BeyondLimitError, total, within_limit
from accrue.domain.deciding.at_once import decide_at_once
from accrue.domain.deciding.bonuses import add_bonuses
from accrue.domain.deciding.debts import with_debt_told
from accrue.domain.deciding.periods import Counters
from accrue.domain.deciding.purses import BelowZeroError, ensure_whole, lots_changed, with_lines
from accrue.domain.deciding.quests import advance_quests
from accrue.domain.deciding.rules import award_rules
from accrue.domain.deciding.situation import Situation
from accrue.domain.deciding.tiers import (
    brought_up_to,
    earned,
    raised,
    starting_tier,
    with_raiser,
)
from accrue.domain.decision import Decision, Facts, TierChange
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.days import day_of
from accrue.domain.program.program import Program, ProgramVersion


def decide(
    activity: Activity, facts: Facts, before: MembershipState, version: ProgramVersion
) -> Decision:
    """What `activity` means for a membership whose state is `before`, under `version`.

    `before` is up to date: what was due when the row was recorded is posted (`deciding.due`).
    """
    today = _today(activity, version)
    present = _with_tier_of(today, before, version)
    if activity.kind.earns_by_rules:
        decision = _decide_activity(activity, facts, before, present, version)
    else:
        decision = decide_at_once(activity, facts, before, version.program)
    if decision.outcome is Outcome.REJECTED:
        return decision
    decision = with_debt_told(before, decision)
    after = with_raiser(
        activity.activity_id,
        present,
        _with_tier_of(today, decision.after, version),
        version.program,
    )
    ensure_whole(after)
    tier = _tier_change(before, after, version.program)
    lots = lots_changed(before.purse, after.purse)
    if after is decision.after and (tier, lots) == (decision.tier, decision.lots):
        return decision
    return replace(decision, after=after, tier=tier, lots=lots)


def _today(activity: Activity, version: ProgramVersion) -> date:
    return day_of(activity.decided_as_of, version.program.zone)


def _decide_activity(
    activity: Activity,
    facts: Facts,
    before: MembershipState,
    present: MembershipState,
    version: ProgramVersion,
) -> Decision:
    """What its type's rules say. Of a user who is suspended or forgotten, nothing.

    `present` is `before` with the tier of the day.
    """
    if why_nothing := facts.standing.why_nothing:
        return Decision(Outcome.REJECTED, (), before, why_nothing)
    situation = Situation(
        activity=activity,
        roles=facts.roles,
        traits_held=facts.traits_held,
        state=present,
        program=version.program,
    )
    try:
        return _decide(situation, _today(activity, version))
    except (BeyondLimitError, BelowZeroError) as refused:
        return Decision(
            Outcome.REJECTED, (), before, str(refused), traits_held=_positions(situation)
        )


def _with_tier_of(today: date, state: MembershipState, version: ProgramVersion) -> MembershipState:
    """The state with the tier that follows on the day.

    If a newer version has decided already, an activity that comes late may raise the tier: what
    the newer one said of it, in its own levels and window, must not be taken away.
    """
    if version.version < state.program_version:
        moved = raised(state, version.program)
    else:
        moved = brought_up_to(today, state, version.program)
        if moved.program_version != version.version:
            moved = replace(moved, program_version=version.version)
    if moved.tier_id == state.tier_id:
        return moved
    # What days or versions bring about is no activity's doing.
    return replace(moved, tier_by="", tier_from=None)


def _decide(situation: Situation, today: date) -> Decision:
    """Everything but the tier that follows."""
    counters = Counters(situation.state.counters)
    awards, rules = award_rules(situation, counters)
    bonus_lines, bonuses = add_bonuses(awards, situation)
    quests = advance_quests(situation)
    lines = (*(award.line for award in awards), *bonus_lines, *quests.lines)
    considered = (*rules, *bonuses, *quests.considered)
    state = situation.state
    points = within_limit(total([state.points, *(line.points for line in lines)]), "the balance")
    purse = with_lines(lines, situation, today)
    awarded = total(line.points for line in lines if line.points > 0)
    lifetime_points, earned_by_day = earned(awarded, situation.day, state)
    applied = bool(lines or quests.changes)
    return Decision(
        outcome=Outcome.APPLIED if applied else Outcome.NO_RULE,
        lines=lines,
        after=replace(
            state,
            points=points,
            lifetime_points=lifetime_points,
            quests={**state.quests, **quests.states},
            counters=counters.all(),
            earned_by_day=earned_by_day,
            purse=purse,
        ),
        reason=None if applied else _why_nothing(situation, considered=bool(considered)),
        considered=considered,
        quests=tuple(quests.changes),
        traits_held=_positions(situation),
    )


def _why_nothing(situation: Situation, *, considered: bool) -> str:
    program_id = situation.program.program_id
    if considered:
        return f"nothing of {program_id} took effect"
    return f"no rule of {program_id} is on {situation.activity.activity_type_id}"


def _tier_change(
    before: MembershipState, after: MembershipState, program: Program
) -> TierChange | None:
    if after.tier_id == before.tier_id:
        return None
    # What everybody has from the beginning is nothing that this activity changed.
    tier_before = before.tier_id or starting_tier(program)
    if after.tier_id == tier_before:
        return None
    return TierChange(tier_before, after.tier_id)


def _positions(situation: Situation) -> tuple[int, ...]:
    asked = situation.program.trait_conditions
    return tuple(i for i, each in enumerate(asked) if each in situation.traits_held)
