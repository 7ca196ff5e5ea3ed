"""What a rule awards."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from accrue.domain.program.parts import Amount, Document, Points, Rate


class AmountTimesRate(Document):
    """Awards the amount times the rate: rate 50 pays $50 a task, 0.01 is 1 % cash back."""

    kind: Literal["amount_times_rate"] = "amount_times_rate"
    rate: Rate


class Flat(Document):
    """Awards the same points for each activity; nothing for a negative amount."""

    kind: Literal["flat"] = "flat"
    points: Points


class MatchedItems(Document):
    """Awards for the line items that the rule's `line_items` select.

    Either the sum of their values times a rate (the activity's amount, if one of them has no
    value), or points for each of them.
    """

    kind: Literal["matched_items"] = "matched_items"
    rate: Rate | None = None
    points_each: Points | None = None

    @model_validator(mode="after")
    def _is_one_award(self) -> Self:
        if (self.rate is None) is (self.points_each is None):
            raise ValueError("say either rate or points_each")
        return self


class Step(Document):
    """From this amount on: points, or the whole amount times a rate."""

    at_least: Amount
    points: Points | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _is_one_award(self) -> Self:
        if (self.rate is None) is (self.points is None):
            raise ValueError("say either points or rate")
        return self


class StepTable(Document):
    """Awards what the highest step says that the amount reaches; nothing below the first."""

    kind: Literal["step_table"] = "step_table"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=50)

    def step_for(self, amount: Decimal) -> Step | None:
        """The highest step that the amount reaches."""
        reached = (step for step in self.steps if step.at_least <= amount)
        return max(reached, key=lambda step: step.at_least, default=None)


Award = Annotated[AmountTimesRate | Flat | MatchedItems | StepTable, Field(discriminator="kind")]
