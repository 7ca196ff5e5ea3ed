"""What a reversal means for a membership: it negates what the posting of its original added.

Of each line it takes the share that is reversed by now less that of before, so that whatever the
parts, all reversals together negate exactly the line. Quests go by what is left of their progress
(deciding/revoked_quests.py), limits are free again (deciding/freed_limits.py), and the tier follows
from points that no longer count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from accrue.domain.activity import Activity, Outcome, Reversal
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, total, within_limit
from accrue.domain.deciding.freed_limits import freed_limits
from accrue.domain.deciding.lots import lot_of
from accrue.domain.deciding.lots_taken import LotsTaken, rule_of
from accrue.domain.deciding.reversed_shares import ReversedShares
from accrue.domain.deciding.revoked_quests import RevokedQuests, revoke_quests
from accrue.domain.deciding.tiers import has_window
from accrue.domain.deciding.unearned import unearned, unrewarded
from accrue.domain.decision import Decision, PointLine
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program
from accrue.domain.purse import Lot, Purse
from accrue.domain.reversed_part import points_of_share
from accrue.domain.undone import Undone, reversal_of

_NOTHING = "what is reversed came to nothing here"
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class NegatedLine:
    """A line of the original, and how much of it is negated: now, and by earlier reversals.

    `is_last`: nothing of what it was for is left now, and something was before. The points may all
    be taken already: parts are rounded up.
    """

    original: PointLine
    now: Decimal
    earlier: Decimal
    is_last: bool

    @property
    def line(self) -> PointLine:
        """What is posted."""
        points = canonical_text(self.original.points)
        part = "" if self.now == self.original.points else f"{canonical_text(self.now)} of "
        return replace(
            self.original,
            points=self.now.copy_negate(),
            reason=f"takes back {part}{points}: {self.original.reason}",
        )


def decide_reversal(
    row: Activity, undone: Undone, before: MembershipState, program: Program, today: date
) -> Decision:
    """The decision about a row of kind `reversal`; `program` is the version of now.

    Points that are spent already are owed. Raises BeyondLimitError.
    """
    return _Negation(row, undone, before, program, today).decision()


@dataclass(frozen=True)
class _Negation:
    row: Activity
    undone: Undone
    before: MembershipState
    program: Program
    today: date

    @property
    def reversal(self) -> Reversal:
        return reversal_of(self.row)

    @cached_property
    def negated(self) -> tuple[NegatedLine, ...]:
        return tuple(self._negated())

    @cached_property
    def quests(self) -> RevokedQuests:
        return revoke_quests(self.reversal, self.undone, self.before.quests)

    def decision(self) -> Decision:
        lines = (*(each.line for each in self.negated if each.now), *self.quests.lines)
        points = within_limit(
            total([self.before.points, *(line.points for line in lines)]), "the balance"
        )
        is_anything = bool(lines or self.quests.changes)
        after = replace(
            self.before,
            points=points,
            purse=self._purse(),
            quests={**self.before.quests, **self.quests.states},
            counters=freed_limits(self.negated, self.reversal, self.undone, self.before.counters),
        )
        return Decision(
            outcome=Outcome.APPLIED if is_anything else Outcome.NO_RULE,
            lines=lines,
            after=self._with_tier_of_before(self._unearned(after)),
            reason=None if is_anything else _NOTHING,
            quests=tuple(self.quests.changes),
        )

    def _negated(self) -> Iterator[NegatedLine]:
        scale = self.undone.program.points.scale
        for line in self.undone.posting.lines:
            # What completions are worth goes by what is left of them. What was owed, or paid, is
            # owed again, or not, by what is there now.
            if line.quest_id is not None or line.is_of_debt:
                continue
            before, after = self._shares(line)
            earlier = points_of_share(line.points, before, scale)
            now = EXACT.subtract(points_of_share(line.points, after, scale), earlier)
            yield NegatedLine(line, now, earlier, is_last=before < 1 and after == 1)

    def _shares(self, line: PointLine) -> tuple[Fraction, Fraction]:
        parts = self.reversal.before, self.reversal.after
        before, after = (ReversedShares(self.undone, part).of_line(line) for part in parts)
        return before, after

    def _purse(self) -> Purse:
        """First what is given back comes in, then what is taken goes: of points of the same fate,
        if there still are any.
        """
        purse = self.before.purse
        for lot, points in self._given_back():
            purse = purse.put({lot: points}, self.today)
        purse, missing = purse.take_back(self._taken_back())
        if not missing:
            return purse
        deducted = purse.deduct(missing, self.today)
        if self.program.points.may_go_below_zero:
            return deducted
        spent = EXACT.subtract(deducted.owed, purse.owed)
        return replace(deducted, owed=purse.owed, debt=EXACT.add(purse.debt, spent))

    def _taken_back(self) -> dict[Lot, Decimal]:
        lots: dict[Lot, Decimal] = {}
        taken = [(self._lot(each.original), each.now) for each in self.negated if each.now > 0]
        taken += [(self._lot(line), line.points.copy_negate()) for line in self.quests.lines]
        for lot, points in taken:
            lots[lot] = EXACT.add(lots.get(lot, _NONE), points)
        return lots

    def _lot(self, line: PointLine) -> Lot:
        """Into which it was awarded."""
        rule = rule_of(line, self.undone)
        return lot_of(rule, self.undone.day, self.undone.program)

    def _given_back(self) -> list[tuple[Lot, Decimal]]:
        """Into what it was taken from; what was owed, as points of today."""
        deducted = [each for each in self.negated if each.original.points < 0]
        as_of_today = lot_of(None, self.today, self.program)
        return LotsTaken(self.undone, as_of_today).given_back(
            total(each.now.copy_negate() for each in deducted),
            earlier=total(each.earlier.copy_negate() for each in deducted),
        )

    @cached_property
    def _awarded_points(self) -> Decimal:
        """What is taken back of what rules and bonuses had awarded."""
        return total(each.now for each in self.negated if each.now > 0)

    @cached_property
    def _reward_points(self) -> Decimal:
        """What is taken back of what quests had awarded."""
        return total(line.points.copy_negate() for line in self.quests.lines)

    def _unearned(self, state: MembershipState) -> MembershipState:
        """Without what counts for tiers."""
        if not self.undone.activity.kind.earns_by_rules:
            return state
        # Of its own day first what was its own; then what quests gave, then or later.
        state = unearned(
            self._awarded_points,
            self.undone.day,
            state,
            was_in_window=has_window(self.undone.program),
        )
        for line in self.quests.lines:
            quest = self.before.quests[line.quest_id or ""]
            state = unrewarded(line.points.copy_negate(), quest.rewarded_on, state)
        return state

    def _with_tier_of_before(self, state: MembershipState) -> MembershipState:
        """As if the original had not raised the tier, unless what is left is enough to enter: what
        it takes to stay is less, and must not be had for a purchase that is taken back, be it all
        but a cent. Who lost the tier since and has it by something else is entitled to it.
        """
        if not (self._awarded_points or self._reward_points):
            return state
        if not state.lifetime_points:
            # Also where nothing at all is needed to stay, whoever raised it.
            return replace(state, tier_id=None)
        if state.tier_by != self.undone.activity.activity_id:
            return state
        return replace(state, tier_id=state.tier_from)
