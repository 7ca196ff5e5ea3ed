"""Seal what a network's ledger says: the hashes of what was recorded, and of what came of it.

A seal is put where nobody can change it, and has the hash of the one before. Windows follow one
another without a gap, up to a little before now: by then a row is in the index, and was applied. A
run that dies, or comes twice, spoils nothing: a number is taken once, and whoever finds it taken
goes on from what is there.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from accrue.domain.errors import UnreadableSealError
from accrue.domain.seal import Seal
from accrue.services.first_key import KeyLister, first_key_at
from accrue.services.ports import LedgerSweep
from accrue.services.seal_draft import ResultFinder, SealDraft
from accrue.services.seal_entries import RawLedger, entries_of, rows_of, whole_moments

# What the index showed late is looked for again in so much before each run's first seal; the run
# every six hours looks further.
OVERLAP = timedelta(minutes=10)
# A network where nothing happens is sealed all the same: silence is evidence, too.
LONGEST_SILENCE = timedelta(days=1)
# Days without rows take queries all the same: in between, time is asked for.
LONGEST_SLICE = timedelta(days=7)
# Clocks disagree: the first window begins so much before the network's first key.
BEFORE_FIRST_KEY = timedelta(minutes=1)
# Of the rows that wait for what comes of them, a run reads so many again: others each time.
MOST_READ_AGAIN = 10_000
# By a seal whose window ends later, somebody wants to keep us from sealing.
FARTHEST_AHEAD = timedelta(hours=1)


class SealStore(Protocol):
    """Keeps seals. `put` writes one unless its number is taken, and says whether it did; `get` is
    of one that is there. Reading raises UnreadableSealError.
    """

    def find_last(self, network_id: str) -> Seal | None: ...
    def get(self, network_id: str, number: int) -> Seal: ...
    def put(self, seal: Seal) -> bool: ...


class SealableLedger(LedgerSweep, RawLedger, Protocol):
    """A ledger that can be sealed."""


@dataclass
class SealReport:
    """What a run did. `unsettled` is how many rows wait by now for what comes of them;
    `is_complete` whether all is sealed that was to be. `hashes` are of the seals that it wrote, and
    `taken` are those that it found in the place of its own.
    """

    seals: int = 0
    rows: int = 0
    late: int = 0
    postings: int = 0
    outcomes: int = 0
    unsettled: int = 0
    is_complete: bool = True
    hashes: list[str] = field(default_factory=list)
    taken: list[Seal] = field(default_factory=list)

    def add(self, seal: Seal) -> None:
        """Count a seal that was written."""
        self.seals += 1
        self.hashes.append(seal.content_hash)
        self.rows += len(seal.rows)
        self.late += len(seal.late)
        self.postings += len(seal.postings)
        self.outcomes += len(seal.outcomes)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals networks; `has_time` says whether there is time to read on."""

    ledger: SealableLedger
    results: ResultFinder
    seals: SealStore
    keys: KeyLister
    has_time: Callable[[], bool]
    now: Callable[[], datetime]

    def seal(self, network_id: str, until: datetime, lookback: timedelta = OVERLAP) -> SealReport:
        """Seal what was recorded since the last seal and before `until`, and what the index showed
        late of the time `lookback` before. Raises UnreadableSealError if nobody can go on from the
        last seal.
        """
        report = SealReport()
        last = self.seals.find_last(network_id)
        if last and last.until > until + FARTHEST_AHEAD:
            raise UnreadableSealError(f"seal {last.number} is of a time that is still to come")
        late = self._late_rows(last, lookback) if last else {}
        again = _some_of(last.unsettled) if last else {}
        while last is None or last.until < until or late:
            draft = self._draft(network_id, last, {**again, **late}, until)
            again = {}
            report.unsettled = len(draft.unsettled)
            report.is_complete = draft.until >= until
            if not draft.is_worth_a_seal(LONGEST_SILENCE):
                break
            seal = draft.to_seal(last, self.now())
            if self.seals.put(seal):
                report.add(seal)
                last, late = seal, {}
            else:
                # Of this run before it died, or of another one: what is there counts.
                last = self.seals.get(network_id, seal.number)
                late = {each: "" for each in late if each not in last.late}
                # Unless it is the run's own, and only the answer was lost.
                if last.content_hash != seal.content_hash:
                    report.taken.append(last)
            if not report.is_complete and not self.has_time():
                break
        return report

    def _draft(
        self, network_id: str, last: Seal | None, waiting: dict[str, str], until: datetime
    ) -> SealDraft:
        """What is to be sealed next, up to `until` or to where there is enough of it. Of what
        waits, only `waiting` is read again.
        """
        since = last.until if last else self._beginning(network_id, until)
        unsettled = last.unsettled if last else {}
        left = {each: unsettled[each] for each in unsettled if each not in waiting}
        draft = SealDraft(network_id, self.results, since, unsettled=left)
        draft.take_up(waiting, rows_of(self.ledger, network_id, waiting))
        while draft.until < until and not draft.is_full and self.has_time():
            end = min(draft.until + LONGEST_SLICE, until)
            pages = self.ledger.pages_recorded_between(network_id, draft.until, end)
            for moments in whole_moments(entries_of(pages)):
                draft.add(moments)
                if not self.has_time() or draft.is_full:
                    return draft
            draft.until = end
        return draft

    def _beginning(self, network_id: str, until: datetime) -> datetime:
        return first_key_at(self.keys, network_id, until) - BEFORE_FIRST_KEY

    def _late_rows(self, last: Seal, lookback: timedelta) -> dict[str, str]:
        """Rows of windows that are sealed, and of which no seal knows; none has a hash yet."""
        found: dict[str, str] = {}
        seal, sealed_late = last, set(last.unsettled)
        begin = last.until - lookback
        while True:
            start = max(seal.since, begin)
            pages = self.ledger.pages_recorded_between(seal.network_id, start, seal.until)
            seen = {entry.activity_id for entry in entries_of(pages)}
            sealed_late |= seal.late.keys()
            found |= dict.fromkeys(seen - seal.rows.keys() - sealed_late, "")
            if seal.since <= begin or seal.number == 1 or not self.has_time():
                return found
            seal = self.seals.get(seal.network_id, seal.number - 1)


def _some_of(unsettled: Mapping[str, str]) -> dict[str, str]:
    # A seal does not say which of them waits longest; so none may keep the others from their turn.
    chosen = random.sample(sorted(unsettled), min(len(unsettled), MOST_READ_AGAIN))
    return {each: unsettled[each] for each in chosen}
