"""What a posting did to a membership's points, and when: as much of it as sums over many need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Kind
from accrue.domain.decision import HoldChange, PointLine
from accrue.domain.errors import UnreadableRowError
from accrue.domain.packing import unpack_hold, unpack_line
from accrue.domain.purse import LotChange
from accrue.domain.stored_purse import unpack_lot_change
from accrue.domain.timestamps import from_text

# The attributes of a posting that a movement is read from.
ATTRIBUTES = (
    *("activity_id", "kind", "sequence", "points", "occurred_at", "recorded_at"),
    *("program_version", "lots", "holds", "balance_after", "available_after", "debt_after"),
    "lines",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A posting's points; the other fields say of them what `domain.posting.Posting` says.

    `lines` are only those of what fell due: of others the sum will do.
    """

    activity_id: str
    kind: Kind
    sequence: int
    points: Decimal
    occurred_at: datetime
    recorded_at: datetime
    program_version: int
    lots: tuple[LotChange, ...] = ()
    holds: tuple[HoldChange, ...] = ()
    available_after: Decimal
    debt_after: Decimal = Decimal(0)
    lines: tuple[PointLine, ...] = ()

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "Movement":
        """From those of a posting that `ATTRIBUTES` names; raises UnreadableRowError."""
        try:
            kind = Kind(attributes.get("kind", Kind.ACTIVITY))
            lines = attributes["lines"] if kind is Kind.DUE else ()
            return cls(
                activity_id=attributes["activity_id"],
                kind=kind,
                sequence=int(attributes["sequence"]),
                points=attributes["points"],
                occurred_at=from_text(attributes["occurred_at"]),
                recorded_at=from_text(attributes["recorded_at"]),
                program_version=int(attributes["program_version"]),
                lots=tuple(map(unpack_lot_change, attributes.get("lots", ()))),
                holds=tuple(map(unpack_hold, attributes.get("holds", ()))),
                available_after=attributes.get("available_after", attributes["balance_after"]),
                debt_after=attributes.get("debt_after", Decimal(0)),
                lines=tuple(map(unpack_line, lines)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableRowError(f"posting: {error!r}") from error
