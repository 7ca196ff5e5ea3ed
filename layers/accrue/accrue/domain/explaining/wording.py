"""The words for values, ranges and choices."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from accrue.domain.amounts import canonical_text
from accrue.domain.decision import MAX_SEEN_CHARS
from accrue.domain.program.conditions import Range, ValueCondition

# A condition may have a hundred choices; nobody reads them in a sentence.
MAX_CHOICES_SHOWN = 10
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def seen_text(seen: str) -> str:
    """The value met; dots say that it may have been cut when it was packed."""
    return f"{seen}..." if len(seen) >= MAX_SEEN_CHARS else seen


def listed(choices: Sequence[str]) -> str:
    """`a, b, c`; of many only the first."""
    shown = ", ".join(choices[:MAX_CHOICES_SHOWN])
    more = len(choices) - MAX_CHOICES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def one_of(choices: Sequence[str]) -> str:
    """`gold`, or `one of gold, platinum`."""
    return choices[0] if len(choices) == 1 else f"one of {listed(choices)}"


def range_text(bounds: Range) -> str:
    """`at least 20 and less than 50`."""
    ends = (
        ("at least", bounds.at_least),
        ("more than", bounds.more_than),
        ("at most", bounds.at_most),
        ("less than", bounds.less_than),
    )
    return " and ".join(f"{word} {canonical_text(end)}" for word, end in ends if end is not None)


def items_text(item_ids: Sequence[str], group_ids: Sequence[str]) -> str:
    """`item_1, group beverages`."""
    return listed([*item_ids, *(f"group {group_id}" for group_id in group_ids)])


def demand(condition: ValueCondition) -> str:
    """What the value must be: `one of a, b`, `at least 5`, `present`."""
    if condition.equals is not None:
        return condition.equals
    if condition.one_of:
        return one_of(condition.one_of)
    if condition.none_of:
        return f"none of {listed(condition.none_of)}"
    if condition.in_range is not None:
        return range_text(condition.in_range)
    return "present" if condition.is_present else "absent"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    is_teen = number % 100 in range(11, 14)
    return f"{number}{'th' if is_teen else _SUFFIXES.get(number % 10, 'th')}"


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the program's clocks."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def counted_with(later: Sequence[str]) -> str:
    """Of what is older than the two periods that are kept."""
    return f" (counted with {later[0]}: only the two latest are kept apart)" if later else ""


def times(number: int) -> str:
    """`1 time`, `3 times`."""
    return f"{number} time" if number == 1 else f"{number} times"
