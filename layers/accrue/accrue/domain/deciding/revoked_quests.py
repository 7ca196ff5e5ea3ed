"""Quests once progress is revoked: a completion that falls below its threshold was none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from accrue.domain.activity import Reversal
from accrue.domain.amounts import MAX_DECIMAL_PLACES, canonical_text
from accrue.domain.arithmetic import EXACT
from accrue.domain.deciding.requirements import reported_by
from accrue.domain.deciding.reversed_shares import ReversedShares
from accrue.domain.deciding.standing_completions import with_what_completions_took
from accrue.domain.decision import PointLine, QuestChange, RequirementProgress
from accrue.domain.membership_state import QuestState
from accrue.domain.program.quests import Quest, Requirement
from accrue.domain.reversed_part import ReversedPart, points_of_share
from accrue.domain.roles import MEMBER_ROLE
from accrue.domain.undone import Undone

_NONE = Decimal(0)

type Amounts = Mapping[str, Decimal]
"""By requirement."""


@dataclass(frozen=True, slots=True)
class RevokedQuests:
    """What a reversal does to quests."""

    lines: list[PointLine] = field(default_factory=list)
    changes: list[QuestChange] = field(default_factory=list)
    states: dict[str, QuestState] = field(default_factory=dict)


def revoke_quests(
    reversal: Reversal, undone: Undone, states: Mapping[str, QuestState]
) -> RevokedQuests:
    """Take what the original added to quests from where they are now.

    What all activities added is what the completions took and the progress since. Completions stay
    as far as what is left is enough for them, whichever activity completed them.
    """
    result = RevokedQuests()
    quests = {quest.quest_id: quest for quest in undone.program.quests}
    for change in undone.posting.quests:
        quest, state = quests[change.quest_id], states.get(change.quest_id)
        gains = dict(_revoked_gains(change, quest, reversal, undone))
        if state is None or not any(gains.values()):
            continue
        state = with_what_completions_took(quest, state)
        _revoke(_Revocation(quest, state, gains), reversal, undone, result)
    return result


@dataclass(frozen=True, slots=True)
class _Revocation:
    quest: Quest
    state: QuestState
    gains: Amounts

    def completions(self) -> int:
        """How many of the completions what is left is enough for, by what they took on average: if
        versions of the program had different thresholds, which took how much is not known.
        """
        enough_for = (
            int(EXACT.divide_int(EXACT.multiply(self._left(name), self._times), taken))
            for name, taken in self.state.taken.items()
        )
        return min([self.state.completions, *enough_for])

    def taken(self, completions: int) -> dict[str, Decimal]:
        """What those that stay took: no more than what is left, which is enough for them."""
        taken = {
            name: _share_kept(number, completions, self.state.completions)
            for name, number in self.state.taken.items()
        }
        return {name: number for name, number in taken.items() if number}

    def progress(self, taken: Amounts) -> dict[str, Decimal]:
        """What counts towards the next one: all else that is left."""
        names = [each.requirement_id for each in self.quest.requirements]
        return {
            name: EXACT.subtract(self._left(name), taken.get(name, _NONE))
            for name in dict.fromkeys((*names, *self.state.taken, *self.state.progress))
        }

    @property
    def _times(self) -> Decimal:
        return Decimal(self.state.completions)

    def _left(self, requirement_id: str) -> Decimal:
        """What is left of all that was ever added to it."""
        added = EXACT.add(
            self.state.taken.get(requirement_id, _NONE),
            self.state.progress.get(requirement_id, _NONE),
        )
        # What went over a threshold may have been dropped.
        return max(EXACT.subtract(added, self.gains.get(requirement_id, _NONE)), _NONE)


def _share_kept(number: Decimal, completions: int, before: int) -> Decimal:
    """Rounded up, so that what the others give back is not more than they took."""
    return points_of_share(number, Fraction(completions, before), MAX_DECIMAL_PLACES)


def _revoke(
    revocation: _Revocation, reversal: Reversal, undone: Undone, result: RevokedQuests
) -> None:
    quest, state = revocation.quest, revocation.state
    completions = revocation.completions()
    taken = revocation.taken(completions)
    progress = revocation.progress(taken)
    kept = _kept(state.awarded, completions, state.completions, undone)
    if revoked := EXACT.subtract(state.awarded, kept):
        result.lines.append(_line(revocation, state.completions - completions, revoked))
    result.states[quest.quest_id] = replace(
        state,
        progress={name: number for name, number in progress.items() if number},
        completions=completions,
        checked_in=_checked_in(revocation, reversal, undone),
        awarded=kept,
        taken=taken,
        rewarded_on=state.rewarded_on if completions else None,
    )
    result.changes.append(
        QuestChange(
            quest.quest_id,
            tuple(_requirements(revocation, progress)),
            completions - state.completions,
            completions,
        )
    )


def _revoked_gains(
    change: QuestChange, quest: Quest, reversal: Reversal, undone: Undone
) -> Iterator[tuple[str, Decimal]]:
    requirements = {each.requirement_id: each for each in quest.requirements}
    for each in change.requirements:
        requirement = requirements[each.requirement_id]
        before, after = (
            _gain(each.gained, requirement, part, undone)
            for part in (reversal.before, reversal.after)
        )
        yield each.requirement_id, EXACT.subtract(after, before)


def _gain(gained: Decimal, requirement: Requirement, part: ReversedPart, undone: Undone) -> Decimal:
    """What of a gain is revoked once so much is reversed: of what was over a threshold and dropped,
    the gain had nothing, so that goes first.
    """
    share = ReversedShares(undone, part).of_requirement(requirement)
    reported = reported_by(requirement, undone.activity)
    left = EXACT.subtract(reported, points_of_share(reported, share, MAX_DECIMAL_PLACES))
    return max(EXACT.subtract(gained, left), _NONE)


def _kept(awarded: Decimal, completions: int, before: int, undone: Undone) -> Decimal:
    """What those that stay were worth: on average, if versions of the program gave differently."""
    if completions == before:
        return awarded
    share = Fraction(before - completions, before)
    revoked = points_of_share(awarded, share, undone.program.points.scale)
    # Another version may have given fractions of points that this one does not have.
    return max(EXACT.subtract(awarded, revoked), _NONE)


def _line(revocation: _Revocation, times: int, points: Decimal) -> PointLine:
    requirements = revocation.quest.requirements
    gaining = (each for each in requirements if revocation.gains.get(each.requirement_id))
    role = next((each.role for each in gaining), MEMBER_ROLE)
    return PointLine(
        role=role,
        points=points.copy_negate(),
        reason=f"takes back {canonical_text(points)}: {times} revoked",
        quest_id=revocation.quest.quest_id,
    )


def _checked_in(revocation: _Revocation, reversal: Reversal, undone: Undone) -> dict[str, date]:
    """The day is free again if it counted last: no further from the time before than it was."""
    checked_in = dict(revocation.state.checked_in)
    for each in revocation.quest.requirements:
        interval = each.check_in_interval_days
        is_revoked = reversal.after.is_whole and bool(revocation.gains.get(each.requirement_id))
        if interval and is_revoked and checked_in.get(each.requirement_id) == undone.day:
            checked_in[each.requirement_id] = undone.day - timedelta(days=interval)
    return checked_in


def _requirements(revocation: _Revocation, progress: Amounts) -> Iterator[RequirementProgress]:
    for each in revocation.quest.requirements:
        if gain := revocation.gains.get(each.requirement_id):
            yield RequirementProgress(
                each.requirement_id,
                gain.copy_negate(),
                progress[each.requirement_id],
                each.threshold,
            )
