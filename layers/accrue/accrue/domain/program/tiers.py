"""Tiers: levels that memberships reach by points, with benefits that rules can ask for."""

from typing import Annotated, Literal

from pydantic import Field

from accrue.domain.program.conditions import Choices
from accrue.domain.program.parts import Amount, CatalogId, Document


class LifetimePoints(Document):
    """By all points ever awarded. They never become fewer, so nobody falls."""

    kind: Literal["lifetime_points"] = "lifetime_points"


class RollingPoints(Document):
    """By the points awarded for what occurred on the last `days` calendar days, today included.

    What was deducted does not count.
    """

    kind: Literal["rolling_points"] = "rolling_points"
    # State has a bucket for each of these days.
    days: int = Field(ge=1, le=366)


class Level(Document):
    """One tier: reached at `enters_at` points, lost below `stays_at` (by default the same)."""

    tier_id: CatalogId
    name: str = Field(min_length=1, max_length=64)
    enters_at: Amount
    stays_at: Amount | None = None
    benefits: Choices[CatalogId] = ()

    @property
    def lost_below(self) -> Amount:
        """Fewer points than this lose the tier."""
        return self.enters_at if self.stays_at is None else self.stays_at


class Tiers(Document):
    """The tiers of a program, lowest first."""

    by: Annotated[LifetimePoints | RollingPoints, Field(discriminator="kind")]
    levels: tuple[Level, ...] = Field(min_length=1, max_length=20)
