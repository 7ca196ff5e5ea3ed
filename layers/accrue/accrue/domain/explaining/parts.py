"""Why a rule, bonus, quest or requirement came to nothing though its conditions held."""

from collections.abc import Mapping
from decimal import Decimal

from accrue.domain.amounts import canonical_text
from accrue.domain.deciding.matching import NONE
from accrue.domain.explaining.conditions import Sentence
from accrue.domain.explaining.failed_place import FailedPlace
from accrue.domain.explaining.wording import counted_with, items_text, times
from accrue.domain.program.awards import MatchedItems, StepTable
from accrue.domain.program.bonuses import Bonus
from accrue.domain.program.quests import Quest, Requirement
from accrue.domain.program.rules import Rule


def _award(rule: Rule, failure: FailedPlace) -> str:
    if isinstance(rule.award, MatchedItems) and rule.when.line_items is None:
        return "no line item is selected"
    if isinstance(rule.award, StepTable):
        lowest = min(step.at_least for step in rule.award.steps)
        if Decimal(failure.met) < lowest:
            start = canonical_text(lowest)
            return f"amount is {failure.seen}, and the lowest step begins at {start}"
    return f"amount is {failure.seen}, and below 0 this award gives nothing"


def _limits(rule: Rule, failure: FailedPlace) -> str:
    limit = rule.limits[failure.index]
    if limit.points is not None:
        most = f"{canonical_text(limit.points)} points"
    else:
        assert limit.times is not None
        most = times(limit.times)
    verb = "is" if limit.times == 1 else "are"
    used, *later = failure.words
    return f"{used} of at most {most} {limit.per.phrase} {verb} used up{counted_with(later)}"


def _effect(_bonus: Bonus, failure: FailedPlace) -> str:
    return f"it comes to {failure.seen} on what the rules award"


def _stacking(_bonus: Bonus, failure: FailedPlace) -> str:
    return f"only the best bonus counts, and {failure.seen} gives more"


def _max_completions(quest: Quest, failure: FailedPlace) -> str:
    return f"it is completed {failure.seen} of at most {times(quest.max_completions)}"


def _restricted_to(requirement: Requirement, failure: FailedPlace) -> str:
    wanted = items_text(requirement.restricted_to_item_ids, requirement.restricted_to_group_ids)
    if failure.met == NONE:
        return f"there are no line items, and there must be any of {wanted}"
    return f"no line item is among {wanted}"


def _ordered(_requirement: Requirement, failure: FailedPlace) -> str:
    return f"another requirement comes first: {failure.seen}"


def _progress(_requirement: Requirement, failure: FailedPlace) -> str:
    return f"{failure.seen} was reported, and only more than 0 counts"


def _threshold(requirement: Requirement, _failure: FailedPlace) -> str:
    threshold = canonical_text(requirement.threshold)
    return f"its threshold of {threshold} is reached already, and what goes beyond is dropped"


def _check_in_interval_days(requirement: Requirement, failure: FailedPlace) -> str:
    days = requirement.check_in_interval_days
    assert days is not None
    least = "1 day" if days == 1 else f"{days} days"
    return f"the last one that counted was on {failure.seen}, and it must be {least} later at least"


RULES: Mapping[str, Sentence[Rule]] = {"award": _award, "limits": _limits}
BONUSES: Mapping[str, Sentence[Bonus]] = {"effect": _effect, "stacking": _stacking}
QUESTS: Mapping[str, Sentence[Quest]] = {"max_completions": _max_completions}
REQUIREMENTS: Mapping[str, Sentence[Requirement]] = {
    "restricted_to": _restricted_to,
    "ordered": _ordered,
    "progress": _progress,
    "threshold": _threshold,
    "check_in_interval_days": _check_in_interval_days,
}
