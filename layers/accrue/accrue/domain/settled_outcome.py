"""What became of an activity that nothing is posted for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accrue.domain.activity import Outcome
from accrue.domain.canonical import content_hash
from accrue.domain.errors import WRONG_SHAPE, UnreadableRowError
from accrue.domain.timestamps import from_text, to_text

OUTCOME_SCHEMA_VERSION = 1
# Where storage keeps an outcome; derived from what it says.
_PLACES = frozenset({"content_hash", "membership_key", "item_key", "outcome_shard", "outcome_at"})


@dataclass(frozen=True, slots=True)
class SettledOutcome:
    """Undefined type, held, nobody enrolled, duplicate: one outcome for the whole activity."""

    network_id: str
    activity_id: str
    activity_hash: str
    outcome: Outcome
    recorded_at: datetime
    settled_at: datetime

    def to_attributes(self) -> dict[str, Any]:
        """The outcome as plain attributes."""
        said = {
            "schema_version": OUTCOME_SCHEMA_VERSION,
            "network_id": self.network_id,
            "activity_id": self.activity_id,
            "activity_hash": self.activity_hash,
            "outcome": self.outcome.value,
            "recorded_at": to_text(self.recorded_at),
            "settled_at": to_text(self.settled_at),
        }
        return {**said, "content_hash": content_hash(said)}

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> "SettledOutcome":
        """Read an outcome back; raises UnreadableRowError as for a posting."""
        try:
            if attributes["schema_version"] != OUTCOME_SCHEMA_VERSION:
                raise UnreadableRowError(f"outcome schema {attributes['schema_version']}")
            said = {name: value for name, value in attributes.items() if name not in _PLACES}
            if content_hash(said) != attributes["content_hash"]:
                raise UnreadableRowError("outcome: its content_hash is another content's")
            return cls(
                network_id=attributes["network_id"],
                activity_id=attributes["activity_id"],
                activity_hash=attributes["activity_hash"],
                outcome=Outcome(attributes["outcome"]),
                recorded_at=from_text(attributes["recorded_at"]),
                settled_at=from_text(attributes["settled_at"]),
            )
        except WRONG_SHAPE as error:
            raise UnreadableRowError(f"outcome: {error!r}") from error
