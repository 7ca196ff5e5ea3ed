"""Rules: what an activity earns."""

from typing import Self

from pydantic import Field, model_validator

from accrue.domain.program.awards import Award
from accrue.domain.program.conditions import RuleConditions
from accrue.domain.program.expiry import Expiry
from accrue.domain.program.parts import ActivityTypeId, CatalogId, Document, PositivePoints, Role
from accrue.domain.program.period import Period


class Limit(Document):
    """How much a rule awards to a membership within a period, by when the activities occurred.

    The award that reaches the limit in points is cut to what is left. Negative awards are not
    limited.
    """

    per: Period
    points: PositivePoints | None = None
    times: int | None = Field(default=None, ge=1, le=10**6)

    @model_validator(mode="after")
    def _is_one_limit(self) -> Self:
        if (self.points is None) is (self.times is None):
            raise ValueError("say either points or times")
        return self


class Rule(Document):
    """On an activity of this type, awards points to the participant in this role.

    They can be spent at once, or `pending_days` days after the activity occurred, and are good
    until `expiry`, instead of the program's. Bonuses on the award go with it.
    """

    rule_id: CatalogId
    activity_type_id: ActivityTypeId
    role: Role
    when: RuleConditions = RuleConditions()
    award: Award
    limits: tuple[Limit, ...] = Field(default=(), max_length=8)
    pending_days: int | None = Field(default=None, ge=1, le=366)
    expiry: Expiry | None = None
