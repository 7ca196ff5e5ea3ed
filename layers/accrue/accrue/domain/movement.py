"""What a posting did to a membership's points, and when: as much of it as sums over many need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Kind
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.timestamps import from_text

# The attributes of a posting that a movement is read from; they are small in each.
ATTRIBUTES = ("activity_id", "kind", "sequence", "points", "occurred_at", "recorded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A posting's points; the other fields say of them what `domain.posting.Posting` says."""

    activity_id: str
    kind: Kind
    sequence: int
    points: Decimal
    occurred_at: datetime
    recorded_at: datetime

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Movement":
        """From those of a posting that `ATTRIBUTES` names; raises UnreadableRowError."""
        try:
            return cls(
                activity_id=attributes["activity_id"],
                kind=Kind(attributes.get("kind", Kind.ACTIVITY)),
                sequence=int(attributes["sequence"]),
                points=attributes["points"],
                occurred_at=from_text(attributes["occurred_at"]),
                recorded_at=from_text(attributes["recorded_at"]),
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"posting: {error!r}") from error
