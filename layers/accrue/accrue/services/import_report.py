"""What an import came to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue.domain.changes import Change, PartChange
from accrue.services.administer_api_keys import IssuedKey


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each part of a document, and the keys that were minted: their texts are shown
    now and never again.
    """

    network_id: str
    parts: tuple[PartChange, ...]
    minted: tuple[IssuedKey, ...]

    @property
    def counts(self) -> Counter[Change]:
        """How many things were created, updated and found as they should be."""
        return Counter(part.change for part in self.parts)

    def to_document(self) -> Mapping[str, Any]:
        """The report as it is shown, naming what is not as it was."""
        return {
            "network_id": self.network_id,
            **{change.value: self.counts[change] for change in Change},
            "changes": [
                {"pointer": part.pointer, "change": part.change.value}
                for part in self.parts
                if part.change is not Change.UNCHANGED
            ],
            "api_keys": [
                {"key_id": each.key.key_id, "role": each.key.role.value, "api_key": each.text}
                for each in self.minted
            ],
        }
