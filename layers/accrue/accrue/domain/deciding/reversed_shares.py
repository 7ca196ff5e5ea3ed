"""What share of what an activity did is reversed: of a point line, or of a quest's progress.

What goes by certain line items goes with them. What goes by the activity's amount goes with that,
even if it asks for certain items: they may be the least of it. Without any of the items that it
asks for, there would have been none of it.
"""

from dataclasses import dataclass
from fractions import Fraction

from accrue.domain.deciding.matching import selected_items
from accrue.domain.decision import PointLine
from accrue.domain.program.awards import Flat, MatchedItems
from accrue.domain.program.bonuses import Add, Bonus, Multiply
from accrue.domain.program.quests import Progress, Requirement
from accrue.domain.program.rules import Rule
from accrue.domain.reversed_part import ReversedPart
from accrue.domain.undone import Undone

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
        if bonus is None or bonus.when.line_items is None:
            return self._of_rule(rule)
        return self._of_bonus(bonus, rule)

    def of_requirement(self, requirement: Requirement) -> Fraction:
        """Of what the original added to a requirement. A time that counted is one, or none."""
        if requirement.progress_by is Progress.COUNT:
            return Fraction(int(self._of_progress(requirement) == _ALL))
        return self._of_progress(requirement)

    def _of_rule(self, rule: Rule | None) -> Fraction:
        if rule is None or rule.when.line_items is None:
            return self._of_all()
        positions = self._selected(rule.when.line_items.item_ids, rule.when.line_items.group_ids)
        if isinstance(rule.award, MatchedItems):
            return self._of_items(positions, by_count=rule.award.points_each is not None)
        of_items = self._of_items(positions)
        return of_items if isinstance(rule.award, Flat) else self._all_without(of_items)

    def _of_bonus(self, bonus: Bonus, rule: Rule | None) -> Fraction:
        """Nothing of it stays without what it was on."""
        of_rule, effect = self._of_rule(rule), bonus.effect
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
