"""What rules award: conditions, the award, limits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from accrue.domain.activity import FrontDoor
from accrue.domain.amounts import canonical_text
from accrue.domain.arithmetic import EXACT, rounded, rounded_down, rounding_note, within_limit
from accrue.domain.deciding.awards import Earning, earning_of
from accrue.domain.deciding.matching import first_failure
from accrue.domain.deciding.periods import Counters, period_key
from accrue.domain.deciding.situation import Failure, Situation, considered
from accrue.domain.decision import Considered, Part, PointLine
from accrue.domain.program.awards import AmountTimesRate
from accrue.domain.program.counters import counter_name, limit_counter
from accrue.domain.program.parts import IDENTITY_RULE_ID
from accrue.domain.program.rules import Limit, Rule
from accrue.domain.roles import MEMBER_ROLE

# The identity rule stands in no document.
_IDENTITY_POSITION = -1


@dataclass(frozen=True, slots=True)
class RuleAward:
    """A rule's line, and what bonuses have to know of it."""

    rule: Rule
    line: PointLine
    earning: Earning


def award_rules(
    situation: Situation, counters: Counters
) -> tuple[list[RuleAward], list[Considered]]:
    """What the rules on the activity award, and why the others do not; `counters` move on."""
    awards: list[RuleAward] = []
    all_considered: list[Considered] = []
    for position, rule in _rules_on(situation):
        result = _award(rule, situation, counters)
        if isinstance(result, Failure):
            all_considered.append(considered(Part.RULE, position, result))
            continue
        awards.append(result)
        if position != _IDENTITY_POSITION:
            all_considered.append(considered(Part.RULE, position, None))
    return awards, all_considered


def _rules_on(situation: Situation) -> Iterator[tuple[int, Rule]]:
    activity = situation.activity
    for role in situation.roles:
        rules = situation.program.rules_on(activity.activity_type_id, role)
        yield from rules
        # Hang: "value: the value of the activity in points". A program without a rule takes it at
        # its word.
        if not rules and activity.front_door is FrontDoor.MEMBERSHIP and role == MEMBER_ROLE:
            yield _IDENTITY_POSITION, _identity_rule(activity.activity_type_id)


# Making one took a sixth of folding an activity.
@lru_cache
def _identity_rule(activity_type_id: str) -> Rule:
    return Rule.model_construct(
        rule_id=IDENTITY_RULE_ID,
        activity_type_id=activity_type_id,
        role=MEMBER_ROLE,
        award=AmountTimesRate.model_construct(rate=Decimal(1)),
    )


def _award(rule: Rule, situation: Situation, counters: Counters) -> RuleAward | Failure:
    failure = first_failure(rule.when, situation) or _nth_failure(rule, situation, counters)
    if failure:
        return failure
    earning = earning_of(rule, situation)
    if isinstance(earning, Failure):
        return earning
    line = _line(rule, earning, situation)
    if line.points > 0:
        limited = _limited(rule, line, situation, counters)
        if isinstance(limited, Failure):
            return limited
        line = limited
        _count(rule, line, situation, counters)
    return RuleAward(rule, line, earning)


def _nth_failure(rule: Rule, situation: Situation, counters: Counters) -> Failure | None:
    nth = rule.when.nth
    if nth is None:
        return None
    counter = (
        counter_name(rule.rule_id, "nth", nth.per),
        period_key(nth.per, situation.occurred_at),
    )
    counters.add(*counter, Decimal(1))
    number = counters.count(*counter)
    return None if nth.includes(int(number)) else Failure("nth", _used(counters, counter))


def _line(rule: Rule, earning: Earning, situation: Situation) -> PointLine:
    unit = situation.program.points
    points = within_limit(rounded(earning.exact, unit), f"what {rule.rule_id} awards")
    reason = earning.reason + rounding_note(earning.exact, points, unit)
    return PointLine(role=rule.role, points=points, reason=reason, rule_id=rule.rule_id)


def _limited(
    rule: Rule, line: PointLine, situation: Situation, counters: Counters
) -> PointLine | Failure:
    left, tightest = line.points, None
    for position, limit in enumerate(rule.limits):
        counter = _counter(rule, limit, situation)
        used = counters.count(*counter)
        if limit.times is not None and used >= limit.times:
            return Failure(f"limits.{position}", _used(counters, counter))
        if limit.points is not None:
            # What was used may have more decimals than points have now: an earlier version's.
            rest = rounded_down(EXACT.subtract(limit.points, used), situation.program.points)
            if rest <= 0:
                return Failure(f"limits.{position}", _used(counters, counter))
            if rest < left:
                left, tightest = rest, limit
    if tightest is None:
        return line
    reason = line.reason + _cut(tightest, left, counters, _counter(rule, tightest, situation))
    return replace(line, points=left, reason=reason)


def _used(counters: Counters, counter: tuple[str, str]) -> str:
    """How much is counted, and with which period if it is not the activity's own."""
    number = canonical_text(counters.count(*counter))
    return f"{number} {counters.counted_with(*counter)}".rstrip()


def _cut(limit: Limit, left: Decimal, counters: Counters, counter: tuple[str, str]) -> str:
    assert limit.points is not None
    cut = f", cut to {canonical_text(left)}: at most {canonical_text(limit.points)}"
    later = counters.counted_with(*counter)
    return f"{cut} {limit.per.phrase}" + (f", counted with {later}" if later else "")


def _count(rule: Rule, line: PointLine, situation: Situation, counters: Counters) -> None:
    for limit in rule.limits:
        more = Decimal(1) if limit.points is None else line.points
        counters.add(*_counter(rule, limit, situation), more)


def _counter(rule: Rule, limit: Limit, situation: Situation) -> tuple[str, str]:
    return limit_counter(rule, limit), period_key(limit.per, situation.occurred_at)
