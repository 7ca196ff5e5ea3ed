"""Bonuses: what comes on top of a rule's award."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from accrue.domain.program.conditions import Choices, Conditions
from accrue.domain.program.parts import CatalogId, Document, Factor, PositivePoints


class Stacking(StrEnum):
    """What several bonuses on one award come to.

    `add`: each multiplies the award itself. `multiply`: each multiplies what the award and the
    multipliers before it came to, in the order of the document. Additions are never multiplied.
    `best_only`: only the one that gives most; of equals, the first of the document.
    """

    ADD = "add"
    MULTIPLY = "multiply"
    BEST_ONLY = "best_only"


class Multiply(Document):
    """Multiplies the award, or only the part of it that comes from the bonus's `line_items`."""

    kind: Literal["multiply"] = "multiply"
    factor: Factor
    on: Literal["award", "matched_items"] = "award"


class Add(Document):
    """Adds points, once or for each of the bonus's `line_items`; nothing to a negative award."""

    kind: Literal["add"] = "add"
    points: PositivePoints
    per: Literal["activity", "matched_item"] = "activity"


Effect = Annotated[Multiply | Add, Field(discriminator="kind")]


class Bonus(Document):
    """Comes on top of what rules award after their limits: of these rules, or of all."""

    bonus_id: CatalogId
    rule_ids: Choices[CatalogId] = ()
    when: Conditions = Conditions()
    effect: Effect
