"""What else the ledger holds beside activities: markers, each of which holds a place for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accrue.domain.activity import LEDGER_ROW_SCHEMA_VERSION, Activity, Kind
from accrue.domain.canonical import content_hash
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.ids import id_from_reference, id_of_reversal_marker
from accrue.domain.reversed_part import ReversedPart
from accrue.domain.timestamps import from_text, to_text

# Where storage keeps a marker; derived from what it says.
_PLACES = frozenset({"content_hash", "activity_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceMarker:
    """Holds a reference for an activity whose own id comes from an idempotency key.

    Written in the same transaction as that activity (`of`). The stream filter ignores it.
    """

    network_id: str
    reference_id: str
    activity_id: str
    of: str
    recorded_at: datetime
    request_id: str

    @classmethod
    def of_row(cls, row: Activity, reference_id: str) -> "ReferenceMarker":
        """The marker by which a row holds a reference."""
        return cls(
            network_id=row.network_id,
            reference_id=reference_id,
            activity_id=id_from_reference(row.network_id, reference_id),
            of=row.activity_id,
            recorded_at=row.recorded_at,
            request_id=row.request_id,
        )

    def to_attributes(self) -> dict[str, Any]:
        """The marker as plain attributes."""
        said = {
            "schema_version": LEDGER_ROW_SCHEMA_VERSION,
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "kind": Kind.REFERENCE_MARKER.value,
            "reference_id": self.reference_id,
            "of": self.of,
            "recorded_at": to_text(self.recorded_at),
            "request_id": self.request_id,
        }
        return {**said, "content_hash": content_hash(said)}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "ReferenceMarker":
        """Read a marker back; raises UnreadableRowError for a shape that this release does not
        know.
        """
        try:
            if attributes["schema_version"] != LEDGER_ROW_SCHEMA_VERSION:
                raise UnreadableRowError(f"marker schema {attributes['schema_version']}")
            return cls(
                network_id=attributes["network_id"],
                reference_id=attributes["reference_id"],
                activity_id=attributes["activity_id"],
                of=attributes["of"],
                recorded_at=from_text(attributes["recorded_at"]),
                request_id=attributes["request_id"],
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"reference marker: {error!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalMarker:
    """Holds a place among an activity's reversals, each of which takes the next `number`.

    Written in the same transaction as the reversal (`of`): so two that were decided on the same
    state of things are never both written. `after` is how much was reversed then.
    """

    network_id: str
    activity_id: str
    reverses: str
    number: int
    of: str
    amount: Decimal
    after: ReversedPart
    recorded_at: datetime
    request_id: str

    @classmethod
    def of_row(cls, row: Activity) -> "ReversalMarker":
        """The marker by which a reversal holds its place."""
        assert row.reversal is not None
        assert row.of is not None
        return cls(
            network_id=row.network_id,
            activity_id=id_of_reversal_marker(row.network_id, row.of, row.reversal.number),
            reverses=row.of,
            number=row.reversal.number,
            of=row.activity_id,
            amount=row.amount,
            after=row.reversal.after,
            recorded_at=row.recorded_at,
            request_id=row.request_id,
        )

    def to_attributes(self) -> dict[str, Any]:
        """The marker as plain attributes."""
        said = {
            "schema_version": LEDGER_ROW_SCHEMA_VERSION,
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "kind": Kind.REVERSAL_MARKER.value,
            "reverses": self.reverses,
            "number": self.number,
            "of": self.of,
            "amount": self.amount,
            "after": self.after.to_attributes(),
            "recorded_at": to_text(self.recorded_at),
            "request_id": self.request_id,
        }
        return {**said, "content_hash": content_hash(said)}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "ReversalMarker":
        """Read a marker back, without what storage adds to it.

        Raises UnreadableRowError as for a reference's, and for one that is not the one that was
        written: how much is left hangs on it.
        """
        try:
            if attributes["schema_version"] != LEDGER_ROW_SCHEMA_VERSION:
                raise UnreadableRowError(f"marker schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("reversal marker: its content_hash is another content's")
            return cls(
                network_id=attributes["network_id"],
                activity_id=attributes["activity_id"],
                reverses=attributes["reverses"],
                number=int(attributes["number"]),
                of=attributes["of"],
                amount=attributes["amount"],
                after=ReversedPart.from_attributes(attributes["after"]),
                recorded_at=from_text(attributes["recorded_at"]),
                request_id=attributes["request_id"],
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"reversal marker: {error!r}") from error


type Marker = ReferenceMarker | ReversalMarker
type LedgerRow = Activity | Marker


def ledger_row_from_attributes(attributes: Mapping[str, Any]) -> LedgerRow:
    """Read any ledger row back."""
    match attributes.get("kind"):
        case Kind.REFERENCE_MARKER:
            return ReferenceMarker.from_attributes(attributes)
        case Kind.REVERSAL_MARKER:
            return ReversalMarker.from_attributes(attributes)
    return Activity.from_attributes(attributes)
