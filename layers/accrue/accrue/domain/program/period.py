"""The periods in which things are counted."""

from enum import StrEnum


class Period(StrEnum):
    """A calendar period in the program's time zone (a week begins on Monday), or a lifetime."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    LIFETIME = "lifetime"

    @property
    def phrase(self) -> str:
        """`a day`, `in a lifetime`."""
        return "in a lifetime" if self is Period.LIFETIME else f"a {self.value}"
