"""A posting as it is stored, which may not be the one that was written, and its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.posting import Posting

# More than there can be; what says more says nothing.
MAX_SEQUENCE = 10**12

type Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """What is stored of a posting and of its ledger row, each None if it is not there.

    `position` is where the posting is among those of its membership, by when its row was recorded;
    `sequence` is what it says of its place among them.
    """

    sequence: int
    position: str
    attributes: Attributes
    row_attributes: Attributes | None

    @property
    def activity_id(self) -> str:
        """That of its key, whatever it says itself."""
        return activity_id_at(self.position)

    def posting(self) -> Posting:
        """The posting; raises UnreadableRowError if it is not the one that was written."""
        return Posting.from_attributes(self.attributes)

    def row(self) -> Activity:
        """Its row; raises UnreadableRowError if there is none, or not the one that was written."""
        if self.row_attributes is None:
            raise UnreadableRowError("there is no such row in the ledger")
        return Activity.from_attributes(self.row_attributes)


def activity_id_at(position: str) -> str:
    """The activity of the posting at a position."""
    return position.rpartition("#")[2]
