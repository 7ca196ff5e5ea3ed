"""What share of what an activity did is reversed: of a point line, or of a quest's progress.

What goes by certain line items goes with them. What goes by the activity's amount goes with that,
even if it asks for certain items: they may be the least of it. Without what it asks for (items, an
amount) there would have been none of it.

A share never falls as more is reversed: else what earlier parts took would be more than the later
ones say, and parts would not add up. Items and amounts that are reversed only grow; so what is left
of the amount comes ever nearer to 0, and once it is outside a range, which the whole was in, it
stays outside; and of steps ever fewer are reached, each of which gives ever less.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from accrue.domain.deciding.matching import selected_items
from accrue.domain.decision import PointLine
from accrue.domain.program.awards import Flat, MatchedItems, StepTable
from accrue.domain.program.bonuses import Add, Bonus, Multiply
from accrue.domain.program.conditions import Conditions, LineItemsCondition
from accrue.domain.program.quests import Progress, Quest, Requirement
from accrue.domain.program.rules import Rule
from accrue.domain.reversed_part import ReversedPart
from accrue.domain.undone import Undone

_NONE = Fraction(0)
_ALL = Fraction(1)

type _Positions = frozenset[int]


@dataclass(frozen=True, slots=True)
class ReversedShares:
    """The shares, from 0 to 1, once `part` of the activity is reversed."""

    undone: Undone
    part: ReversedPart

    def of_line(self, line: PointLine) -> Fraction:
        """Of a line of the original that a rule, a bonus or the row itself awarded or took."""
        rule = next((r for r in self.undone.program.rules if r.rule_id == line.rule_id), None)
        bonus = next((b for b in self.undone.program.bonuses if b.bonus_id == line.bonus_id), None)
        of_rule = self._of_rule(rule, self._awarded(line))
        return of_rule if bonus is None else self._of_bonus(bonus, rule, line, of_rule)

    def of_requirement(self, requirement: Requirement) -> Fraction:
        """Of what the original added to a requirement of the program. A time that counted is one,
        or none.
        """
        when = (self._quest_with(requirement).when, requirement.when)
        if any(self._lacks_amount(each) or self._lacks_items(each.line_items) for each in when):
            return _ALL
        if requirement.progress_by is Progress.COUNT:
            return Fraction(int(self._of_progress(requirement) == _ALL))
        return self._of_progress(requirement)

    def _of_rule(self, rule: Rule | None, awarded: Decimal) -> Fraction:
        if rule is None:
            return self._of_all()
        if self._is_lost(rule.when, awarded):
            return _ALL
        if isinstance(rule.award, StepTable) and awarded > 0:
            return max(self._of_award(rule), self._above_steps(rule.award, awarded))
        return self._of_award(rule)

    def _of_award(self, rule: Rule) -> Fraction:
        if rule.when.line_items is None:
            return self._of_all()
        positions = self._selected(rule.when.line_items.item_ids, rule.when.line_items.group_ids)
        if isinstance(rule.award, MatchedItems):
            return self._of_items(positions, by_count=rule.award.points_each is not None)
        of_items = self._of_items(positions)
        return of_items if isinstance(rule.award, Flat) else self._all_without(of_items)

    def _of_bonus(
        self, bonus: Bonus, rule: Rule | None, line: PointLine, of_rule: Fraction
    ) -> Fraction:
        """Nothing of it stays without what it was on."""
        if self._is_lost(bonus.when, line.points):
            return _ALL
        if bonus.when.line_items is None:
            return of_rule
        effect = bonus.effect
        is_on_award = isinstance(effect, Multiply) and effect.on == "award"
        is_by_count = isinstance(effect, Add) and effect.per == "matched_item"
        is_by_value = isinstance(effect, Multiply) and effect.on == "matched_items"
        positions = self._bonus_items(bonus, rule if is_by_count or is_by_value else None)
        of_items = self._of_items(positions, by_count=is_by_count)
        if _ALL in (of_rule, of_items):
            return _ALL
        return of_rule if is_on_award else of_items

    def _bonus_items(self, bonus: Bonus, rule: Rule | None) -> _Positions:
        """Those that it asks for; if it goes by them, of those that the award was for."""
        wanted = bonus.when.line_items
        assert wanted is not None
        positions = self._selected(wanted.item_ids, wanted.group_ids)
        if rule is None or rule.when.line_items is None:
            return positions
        if not isinstance(rule.award, MatchedItems) or rule.award.rate is None:
            return positions
        awarded = rule.when.line_items
        return positions & self._selected(awarded.item_ids, awarded.group_ids)

    def _is_lost(self, when: Conditions, points: Decimal) -> bool:
        """Whether what is left would not have been awarded. What was taken comes back by shares, or
        a cent that comes back would free from all of it.
        """
        return self._lacks_items(when.line_items) or (points > 0 and self._lacks_amount(when))

    def _lacks_amount(self, when: Conditions) -> bool:
        return when.amount is not None and not when.amount.contains(self._amount_left())

    def _lacks_items(self, wanted: LineItemsCondition | None) -> bool:
        """Whether nothing is left of what has to be there."""
        if wanted is None:
            return False
        if wanted.match == "any":
            return self._is_all_of(wanted.item_ids, wanted.group_ids)
        return any(self._is_all_of((each,), ()) for each in wanted.item_ids) or any(
            self._is_all_of((), (each,)) for each in wanted.group_ids
        )

    def _is_all_of(self, item_ids: tuple[str, ...], group_ids: tuple[str, ...]) -> bool:
        return self._of_items(self._selected(item_ids, group_ids), by_count=True) == _ALL

    def _above_steps(self, table: StepTable, awarded: Decimal) -> Fraction:
        """The share of an award that is more than the steps give for what is left."""
        left = self._amount_left()
        if left < 0 or not self._of_all():
            # It may have been rounded up: that is no reason to take any of it.
            return _NONE
        reached = (step for step in table.steps if step.at_least <= left)
        given = (
            Fraction(step.points or 0) + Fraction(step.rate or 0) * Fraction(left)
            for step in reached
        )
        return max(_ALL - max((_NONE, *given)) / Fraction(awarded), _NONE)

    def _amount_left(self) -> Decimal:
        return self.undone.worth.left(self.part).copy_sign(self.undone.activity.amount)

    def _awarded(self, line: PointLine) -> Decimal:
        """The award of the rule that it is of, or is on."""
        if line.bonus_id is None:
            return line.points
        same = (line.role, line.rule_id, None)
        return next(
            (
                each.points
                for each in self.undone.posting.lines
                if (each.role, each.rule_id, each.bonus_id) == same
            ),
            line.points,
        )

    def _quest_with(self, requirement: Requirement) -> Quest:
        quests = self.undone.program.quests
        # By identity: ids are unique within a quest alone.
        return next(q for q in quests if any(each is requirement for each in q.requirements))

    def _of_progress(self, requirement: Requirement) -> Fraction:
        if not requirement.is_restricted:
            return self._of_all()
        positions = self._selected(
            requirement.restricted_to_item_ids, requirement.restricted_to_group_ids
        )
        of_items = self._of_items(positions)
        by_amount = requirement.progress_by is Progress.ACTIVITY_VALUE
        return self._all_without(of_items) if by_amount else of_items

    def _all_without(self, of_items: Fraction) -> Fraction:
        """Of what goes by the amount, and needs one of the items."""
        return _ALL if of_items == _ALL else self._of_all()

    def _of_all(self) -> Fraction:
        return self.undone.worth.share(self.part)

    def _of_items(self, positions: _Positions, *, by_count: bool = False) -> Fraction:
        return self.undone.worth.share(self.part, positions, by_count=by_count)

    def _selected(self, item_ids: tuple[str, ...], group_ids: tuple[str, ...]) -> _Positions:
        items = self.undone.activity.line_items
        selected = selected_items(items, item_ids, group_ids)
        return frozenset(position for position, item in enumerate(items) if item in selected)
