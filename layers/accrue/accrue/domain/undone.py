"""What a reversal undoes, for one membership."""

from dataclasses import dataclass
from datetime import date, datetime

from accrue.domain.activity import Activity, Reversal
from accrue.domain.posting import Posting
from accrue.domain.program.days import day_of
from accrue.domain.program.program import Program
from accrue.domain.reversed_part import Worth


@dataclass(frozen=True, slots=True)
class Undone:
    """The activity, the posting that it had, and the program as it was in the version that decided.

    Later postings stand as they were decided: nothing but these is looked at.
    """

    activity: Activity
    posting: Posting
    program: Program

    @property
    def occurred_at(self) -> datetime:
        """When it occurred, in the program's time zone."""
        return self.activity.occurred_at.astimezone(self.program.zone)

    @property
    def day(self) -> date:
        """The day that its points count from: as `deciding` has it."""
        if self.activity.kind.earns_by_rules:
            return self.occurred_at.date()
        return day_of(self.activity.decided_as_of, self.program.zone)

    @property
    def worth(self) -> Worth:
        """What its parts are measured by."""
        return worth_of(self.activity)


def worth_of(activity: Activity) -> Worth:
    """The amount of an activity and the values of its line items."""
    return Worth.of(activity.amount, (item.value for item in activity.line_items))


def reversal_of(row: Activity) -> Reversal:
    """What a row of kind `reversal` says of how much it undoes."""
    assert row.reversal is not None
    return row.reversal
