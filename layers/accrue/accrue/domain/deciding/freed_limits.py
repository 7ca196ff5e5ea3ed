"""What a reversal gives free again: limits of rules, and occurrences."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Protocol

from accrue.domain.activity import Reversal
from accrue.domain.deciding.periods import Counters, period_key
from accrue.domain.decision import Considered, Part, PointLine
from accrue.domain.membership_state import Counts
from accrue.domain.program.conditions import Nth
from accrue.domain.program.counters import counter_name, limit_counter
from accrue.domain.program.rules import Rule
from accrue.domain.undone import Undone

_ONE = Decimal(1)


class Negated(Protocol):
    """How much of a line is negated now, and whether that leaves nothing of it."""

    @property
    def original(self) -> PointLine: ...
    @property
    def now(self) -> Decimal: ...
    @property
    def is_last(self) -> bool: ...


def freed_limits(
    negated: Iterable[Negated],
    reversal: Reversal,
    undone: Undone,
    counters: Mapping[str, Counts],
) -> dict[str, Counts]:
    """The counters without what the original counted in them.

    Only in the period in which it occurred, if that is kept still: what was counted with a later
    one, because it came late, stays counted, as it is not known any more.
    """
    freed = Counters(counters)
    rules = {rule.rule_id: rule for rule in undone.program.rules}
    for each in negated:
        rule = rules.get(each.original.rule_id or "")
        if rule is not None and each.original.bonus_id is None and each.original.points > 0:
            _free_limits(rule, each, undone, freed)
    if reversal.after.is_whole:
        for rule, considered in _counted(undone):
            _free_occurrence(rule, considered, undone, freed)
    return freed.all()


def _free_limits(rule: Rule, each: Negated, undone: Undone, freed: Counters) -> None:
    for limit in rule.limits:
        key = period_key(limit.per, undone.occurred_at)
        if limit.points is not None:
            freed.free(limit_counter(rule, limit), key, each.now)
        elif each.is_last:
            freed.free(limit_counter(rule, limit), key, _ONE)


def _counted(undone: Undone) -> Iterator[tuple[Rule, Considered]]:
    """The rules in whose occurrences the original was counted: all their other conditions held."""
    for each in undone.posting.considered:
        if each.part is not Part.RULE:
            continue
        rule = undone.program.rules[each.position]
        first_of_place = (each.failed or "nth").partition(".")[0]
        if rule.when.nth is not None and first_of_place in ("nth", "award", "limits"):
            yield rule, each


def _free_occurrence(rule: Rule, each: Considered, undone: Undone, freed: Counters) -> None:
    """Unless a later one counted thanks to it, and was awarded: that stands, and so must what led
    to it, or the same could be had again and again.
    """
    nth = rule.when.nth
    assert nth is not None
    name = counter_name(rule.rule_id, "nth", nth.per)
    key = period_key(nth.per, undone.occurred_at)
    count = int(freed.count(name, key))
    if each.failed == "nth" and _includes_any(nth, int(each.seen.partition(" ")[0]) + 1, count):
        return
    freed.free(name, key, _ONE)


def _includes_any(nth: Nth, first: int, last: int) -> bool:
    """Whether one of these occurrences counts, both included."""
    if nth.first is not None:
        return first <= min(last, nth.first)
    if nth.every is not None:
        return last // nth.every > (first - 1) // nth.every
    return any(first <= each <= last for each in nth.exactly)
