"""Into which lot points go: from when they can be spent, and until when they are good."""

from datetime import date, timedelta

from accrue.domain.program.program import Program
from accrue.domain.program.rules import Rule
from accrue.domain.purse import Lot


def lot_of(rule: Rule | None, earned_on: date, program: Program) -> Lot:
    """The lot of what `rule` awards, and the bonuses on it; without a rule, of rewards and others.

    `earned_on` is the day on which the activity occurred, in the program's time zone. Either day of
    the lot may be over already, of what is reported late.
    """
    pending_days = rule.pending_days if rule else None
    expiry = (rule.expiry if rule else None) or program.points.expiry
    return Lot(
        spendable_on=earned_on + timedelta(days=pending_days) if pending_days else None,
        last_day=expiry.last_day(earned_on),
    )
