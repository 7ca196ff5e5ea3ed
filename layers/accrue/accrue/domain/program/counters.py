"""The names of what rules count in a membership's state."""

from collections.abc import Iterator
from typing import Literal

from accrue.domain.program.period import Period
from accrue.domain.program.rules import Limit, Rule


def counter_name(rule_id: str, counts: Literal["points", "times", "nth"], per: Period) -> str:
    """Which counter it is; ids have no slash."""
    return f"{rule_id}/{counts}/{per.value}"


def limit_counter(rule: Rule, limit: Limit) -> str:
    """What a limit goes by."""
    return counter_name(rule.rule_id, "times" if limit.points is None else "points", limit.per)


def counters_of(rule: Rule) -> Iterator[str]:
    """All counters of a rule."""
    yield from (limit_counter(rule, limit) for limit in rule.limits)
    if rule.when.nth is not None:
        yield counter_name(rule.rule_id, "nth", rule.when.nth.per)
