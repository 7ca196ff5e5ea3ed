"""A seal in the making."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from accrue.domain.activity import Activity
from accrue.domain.seal import Seal, SealedPosting
from accrue.services.seal_entries import SealEntry
from accrue.services.seal_results import sealable_results

# With their postings, a seal of some megabytes: what a run holds in memory.
MOST_ROWS = 20_000
# Whatever waits for what comes of it, rows are sealed on. But each seal names all that wait: so
# many are ten more megabytes, and while there are more, no further rows are sealed.
MOST_UNSETTLED = 100_000
_MICROSECOND = timedelta(microseconds=1)


class ResultFinder(Protocol):
    """Finds what came of activities, as it is stored, of each of which all is there, by its id."""

    def find_settled(
        self, activities: Sequence[Activity]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...


@dataclass
class SealDraft:
    """What is sealed from `since` on. Only what is as it was written is attested: what is not waits
    among the unsettled, where it is seen.
    """

    network_id: str
    results: ResultFinder
    since: datetime
    rows: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    postings: list[SealedPosting] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    unsettled: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.until = self.since

    @property
    def is_full(self) -> bool:
        """Whether the window must end here."""
        return len(self.rows) + len(self.late) >= MOST_ROWS or len(self.unsettled) >= MOST_UNSETTLED

    def take_up(self, waiting: Mapping[str, str], rows: Iterable[Sequence[SealEntry]]) -> None:
        """Take up rows that wait, by their hashes; one that has none was not sealed yet."""
        for some in rows:
            for entry in some:
                if entry.row is not None and not waiting[entry.activity_id]:
                    self.late[entry.activity_id] = entry.row.content_hash
            self._settle(some, waiting)

    def add(self, entries: Sequence[SealEntry]) -> None:
        """Add the next rows of the window, which ends behind the last that can be read."""
        # One that could not be read, and was behind the end of the window before, was taken up.
        entries = [each for each in entries if each.activity_id not in self.late]
        for entry in entries:
            if entry.row is not None:
                self.until = entry.row.recorded_at + _MICROSECOND
                self.rows[entry.activity_id] = entry.row.content_hash
        self._settle(entries, {})

    def _settle(self, entries: Sequence[SealEntry], sealed: Mapping[str, str]) -> None:
        readable = [entry.row for entry in entries if entry.row is not None]
        settled = self.results.find_settled(readable) if readable else {}
        for entry in entries:
            came = settled.get(entry.activity_id)
            results = None if came is None else sealable_results(entry.activity_id, came)
            if results is not None:
                self.postings += results.postings
                self.outcomes |= results.outcomes
            else:
                known = sealed.get(entry.activity_id, "")
                self.unsettled[entry.activity_id] = known or (
                    entry.row.content_hash if entry.row else ""
                )

    def is_worth_a_seal(self, longest_silence: timedelta) -> bool:
        """Whether there is anything to seal, or was nothing for long."""
        has_anything = self.rows or self.late or self.postings or self.outcomes
        return bool(has_anything) or self.until - self.since >= longest_silence

    def to_seal(self, last: Seal | None, sealed_at: datetime) -> Seal:
        """The seal behind the last one."""
        return Seal(
            network_id=self.network_id,
            number=last.number + 1 if last else 1,
            since=self.since,
            until=self.until,
            sealed_at=sealed_at,
            previous_hash=last.content_hash if last else "",
            rows=self.rows,
            late=self.late,
            postings=tuple(self.postings),
            outcomes=self.outcomes,
            unsettled=self.unsettled,
        )
