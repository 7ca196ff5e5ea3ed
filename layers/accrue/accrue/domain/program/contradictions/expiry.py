"""Points that expire before they can be spent, and more lots of them than a member can keep."""

from collections.abc import Iterator
from datetime import date, timedelta

from accrue.domain.program.contradictions.surroundings import Contradiction, Surroundings
from accrue.domain.program.expiry import Expiry, OnDate, days_good
from accrue.domain.program.kept_lots import MAX_LOTS, most_lots, periods_of
from accrue.domain.program.places import Place
from accrue.domain.program.program import Program


def in_expiry(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    """What contradicts in how long points wait and are good."""
    for index, rule in enumerate(program.rules):
        good = days_good(rule.expiry or program.points.expiry)
        # One that can't be read is not there, and then the program's would seem to be meant.
        is_known = not around.is_unsure(("rules", index, "expiry"))
        if is_known and rule.pending_days and good and rule.pending_days > good[0]:
            yield Contradiction(
                ("rules", index, "pending_days"),
                f"is more than the {_days(good[0])} that some of the points are good: they would "
                "expire before they can be spent. Lower it, or let them expire later",
            )
    yield from _too_many_lots(program, around)


def over_already(program: Program, first_day: date) -> Iterator[Contradiction]:
    """Dates on which points expire that nobody could spend, if they are earned from this day on."""
    yield from _over(program.points.expiry, ("points", "expiry"), first_day, 0)
    for index, rule in enumerate(program.rules):
        pending_days = rule.pending_days or 0
        if rule.expiry:
            yield from _over(rule.expiry, ("rules", index, "expiry"), first_day, pending_days)
        elif pending_days:
            expiry = program.points.expiry
            for found in _over(expiry, ("rules", index), first_day, pending_days):
                if not [*_over(expiry, (), first_day, 0)]:
                    yield found._replace(place=("rules", index, "pending_days"))


def _over(
    expiry: Expiry, place: Place, first_day: date, pending_days: int
) -> Iterator[Contradiction]:
    if not isinstance(expiry, OnDate):
        return
    first = first_day + timedelta(days=pending_days)
    if expiry.date < first:
        yield Contradiction(
            (*place, "date"),
            f"the points expire on {expiry.date}, and {first} is the first day on which any can be "
            "spent: let them expire later",
        )


def _too_many_lots(program: Program, around: Surroundings) -> Iterator[Contradiction]:
    number = most_lots(periods_of(program))
    if number <= MAX_LOTS or around.is_unsure(("rules",)):
        return
    # Without points that wait, there can't be so many.
    waits = [rule.pending_days or 0 for rule in program.rules]
    worst = waits.index(max(waits))
    yield Contradiction(
        ("rules", worst, "pending_days"),
        f"is the longest of so many that members may have {number:,} lots of points at once, and "
        f"{MAX_LOTS:,} is the most (a lot for each day on which some become spendable or expire): "
        "lower it, or give several rules the same pending_days and expiry",
    )


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
