"""One attempt to write a ledger row and what it came to, and rows read back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from accrue.domain.activity import Activity
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ledger_row import LedgerRow, ReferenceMarker


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its id, as in its answer and its log line, and when it was received.

    `invocation_id` is unlike any other invocation's. `new_unique` gives a text that was never given
    before.
    """

    request_id: str
    invocation_id: str
    received_at: datetime
    new_unique: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row to record once. `marker` is written in the same transaction, if there is one.

    `payload_hash_under` hashes the present payload under the canonical form that an earlier row
    names; it is None where the row's id does not stand for a payload (a reference, or nothing).
    """

    activity: Activity
    marker: ReferenceMarker | None = None
    payload_hash_under: Callable[[str], str] | None = None

    def is_payload_of(self, stored: LedgerRow) -> bool:
        """False only if `stored` has this id, the id stands for a payload, and it was another.

        A row with another id has claimed the reference, and references are compared by themselves.
        """
        if self.payload_hash_under is None or not isinstance(stored, Activity):
            return True
        if stored.activity_id != self.activity.activity_id:
            return True
        return self.payload_hash_under(stored.payload_form) == stored.payload_hash


@dataclass(frozen=True, slots=True)
class Recording:
    """What an attempt came to: `stored` is its own row if `created`, else what stood in its way."""

    stored: LedgerRow
    created: bool


class WhyUnrecorded(Enum):
    """Why it is not known of a row that it is in the ledger. Sending it again is safe."""

    THROTTLED = "throttled"
    NOT_ATTEMPTED = "not_attempted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What an attempt came to that may have come to nothing; `error` is why, if it failed."""

    why: WhyUnrecorded
    error: Exception | None = None


class RowInserter(Protocol):
    """Writes an attempt's row, or gives what is there already. May raise a RefusalError."""

    def insert(self, attempt: Attempt) -> Recording: ...


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some of a network's activities. One that can't be read must not hide the others; `places` say
    when those were recorded, as they are stored.
    """

    activities: list[Activity] = field(default_factory=list)
    unreadable: dict[str, UnreadableRowError] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
