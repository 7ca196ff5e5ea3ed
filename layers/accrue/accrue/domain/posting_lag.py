"""How long activities waited for what came of them: from `recorded_at` until all of it was written.

Counted once, by whoever writes the last of it: one that was applied already has no lag again, and
one that failed has none yet. What is answered with its posting, such as a spend, never waits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accrue.domain.activity import Activity, Kind

# What the stream brings.
WAITING_KINDS = frozenset({Kind.ACTIVITY, Kind.DUPLICATE})


@dataclass(frozen=True, slots=True)
class PostingLag:
    """How long an activity waited."""

    network_id: str
    activity_id: str
    lag: timedelta


class PostingLags:
    """Notes what is written of activities, one after the other."""

    def __init__(self) -> None:
        self._lags: dict[tuple[str, str], PostingLag] = {}

    def note_written(self, activities: Iterable[Activity], at: datetime) -> None:
        """Something new of each of these was written, by real time `at`."""
        for row in activities:
            lag = at - row.recorded_at
            # A sandbox's clock runs ahead, so what it recorded may seem to be posted before.
            if row.kind in WAITING_KINDS and lag >= timedelta(0):
                key = (row.network_id, row.activity_id)
                self._lags[key] = PostingLag(row.network_id, row.activity_id, lag)

    def note_failed(self, activities: Iterable[Activity]) -> None:
        """Something of each of these is not written, whatever else was."""
        for row in activities:
            self._lags.pop((row.network_id, row.activity_id), None)

    def take(self) -> Sequence[PostingLag]:
        """The lags so far, which are forgotten."""
        lags, self._lags = list(self._lags.values()), {}
        return lags
