"""A seal: what the ledger of a network said at a moment, kept where nobody can change it.

Each seal holds the hashes of what was recorded in its window and of what came of it, and the hash
of the seal before. So whoever has the seals can tell which item was changed, removed or added
afterwards, whoever did it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from accrue.domain.canonical import canonical_json, content_hash
from accrue.domain.errors import UnreadableSealError
from accrue.domain.seal_text import SEAL_SCHEMA_VERSION, SealText
from accrue.domain.timestamps import to_text


@dataclass(frozen=True, slots=True, order=True)
class SealedPosting:
    """A posting of a membership, which no other one of the network has the id of."""

    program_membership_id: str
    sequence: int
    activity_id: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The `number`-th seal of a network: of the rows with `since` <= recorded_at < `until`.

    `rows`, `late` and `outcomes` are hashes by activity id. `late` are rows of windows before,
    which the index showed only by now. `postings` and `outcomes` are of rows of this seal, or of
    some that waited: `unsettled` are those of which not everything has come yet, with their hash,
    or with none if the row itself could not be read; the next seal takes them up again.
    """

    network_id: str
    number: int
    since: datetime
    until: datetime
    sealed_at: datetime
    previous_hash: str
    rows: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)
    postings: tuple[SealedPosting, ...] = ()
    outcomes: Mapping[str, str] = field(default_factory=dict)
    unsettled: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the seal says, the hash of the seal before included."""
        return content_hash(self._said())

    def to_text(self) -> str:
        """The seal as canonical JSON."""
        return canonical_json({**self._said(), "content_hash": self.content_hash})

    def _said(self) -> dict[str, Any]:
        return {
            "schema_version": SEAL_SCHEMA_VERSION,
            "network_id": self.network_id,
            "number": self.number,
            "from": to_text(self.since),
            "until": to_text(self.until),
            "sealed_at": to_text(self.sealed_at),
            "previous_hash": self.previous_hash,
            "rows": _pairs(self.rows),
            "late": _pairs(self.late),
            "postings": [
                [each.program_membership_id, each.sequence, each.activity_id, each.content_hash]
                for each in sorted(self.postings)
            ],
            "outcomes": _pairs(self.outcomes),
            "unsettled": _pairs(self.unsettled),
        }

    @classmethod
    def from_text(cls, text: str) -> "Seal":
        """Read a seal back. Raises UnreadableSealError if it is not one that was written."""
        said = _said_in(text)
        seal = cls(
            network_id=said.network_id,
            number=said.number,
            since=said.since,
            until=said.until,
            sealed_at=said.sealed_at,
            previous_hash=said.previous_hash,
            rows=dict(said.rows),
            late=dict(said.late),
            postings=tuple(SealedPosting(*each) for each in said.postings),
            outcomes=dict(said.outcomes),
            unsettled=dict(said.unsettled),
        )
        # Also of a seal that says something twice, or in another order.
        if seal.content_hash != said.content_hash:
            raise UnreadableSealError("its content_hash is another content's")
        if seal.until < seal.since:
            raise UnreadableSealError("it ends before it begins")
        return seal


def _said_in(text: str) -> SealText:
    try:
        return SealText.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableSealError(f"no seal: {where}: {first['msg']}") from None


def _pairs(hashes: Mapping[str, str]) -> list[list[str]]:
    return [[activity_id, hashes[activity_id]] for activity_id in sorted(hashes)]
