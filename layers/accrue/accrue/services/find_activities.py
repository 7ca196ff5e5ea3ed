"""Where a network's activities are looked for, by what is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from accrue.domain.activity import Activity
from accrue.domain.activity_query import (
    PENDING,
    RESULT_OUTCOMES,
    SETTLED_OUTCOMES,
    ActivityQuery,
    place_of,
)
from accrue.domain.errors import UnreadableRowError
from accrue.domain.ids import id_from_idempotency_key
from accrue.domain.ledger_pages import Allowance, ListCursor, Span, Stretch
from accrue.domain.timestamps import to_text
from accrue.services.ports import LedgerReader

# What was recorded so long before the reconciler's progress was visible when it was looked at: a
# sweep looks at its last minute again. Doubled, for the index of what it wrote then.
SWEPT_TWICE_AFTER = timedelta(minutes=2)
# So many rows that would not apply are read for each page, at most. If there are more, something is
# broken, and looking through everything that was recorded costs no more than looking at them.
MOST_STUCK = 500


class LedgerLists(Protocol):
    """Reads activities in stretches that follow each other, as far as is allowed.

    Each may hold activities that are not wanted; `wanted` says how many the page has room for.
    `with_outcome` finds what is settled, and what has a posting with the outcome.
    """

    def recorded(
        self, network_id: str, span: Span, allowance: Allowance, wanted: int
    ) -> Iterator[Stretch[Activity]]: ...
    def referenced(
        self, network_id: str, reference_id: str, span: Span, allowance: Allowance, wanted: int
    ) -> Iterator[Stretch[Activity]]: ...
    def with_outcome(
        self, network_id: str, outcome: str, span: Span, allowance: Allowance, wanted: int
    ) -> Iterator[Stretch[Activity]]: ...
    def with_ids(
        self, network_id: str, ids: Iterable[str], span: Span, allowance: Allowance
    ) -> Iterator[Stretch[Activity]]: ...


class SweepReader(Protocol):
    """Up to when everything recorded in a network was seen to have its results, but for what is
    stuck.
    """

    def swept_until(self, network_id: str) -> datetime | None: ...
    def list_stuck(self, network_id: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class ActivityFinder:
    """The ports that finding activities needs."""

    ledger: LedgerReader
    lists: LedgerLists
    progress: SweepReader

    def begun(self, network_id: str, query: ActivityQuery, settled_until: datetime) -> ListCursor:
        """What a page is about. Before `settled_until`, nothing is under way any more."""
        begun = query.begun_at(settled_until)
        is_first = query.cursor is None
        if query.is_by_name or not is_first or query.outcome not in (*SETTLED_OUTCOMES, PENDING):
            return begun
        return replace(begun, swept_until=self._swept_until(network_id, query))

    def _swept_until(self, network_id: str, query: ActivityQuery) -> datetime | None:
        swept_until = self.progress.swept_until(network_id)
        if swept_until is None:
            return None
        # Asked behind the progress: what is swept and pending was stuck before.
        if query.outcome == PENDING and len(self.progress.list_stuck(network_id)) > MOST_STUCK:
            return None
        return swept_until - SWEPT_TWICE_AFTER

    def stretches(
        self, network_id: str, query: ActivityQuery, begun: ListCursor, allowance: Allowance
    ) -> Iterator[Stretch[Activity]]:
        """What is left of the list in stretches, others among them, as far as is allowed."""
        span = query.span_of(begun)
        if query.idempotency_key is not None:
            return iter([self._named(network_id, query.idempotency_key, span)])
        if query.reference_id is not None:
            reference_id = query.reference_id
            return self.lists.referenced(network_id, reference_id, span, allowance, query.limit)
        if query.outcome in RESULT_OUTCOMES:
            return self.lists.with_outcome(network_id, query.outcome, span, allowance, query.limit)
        if begun.swept_until is not None:
            swept = to_text(begun.swept_until)
            recent = Span(max(span.since, swept), span.before)
            older = Span(span.since, min(span.before, swept))
            return self._swept(network_id, query, recent, older, allowance)
        return self.lists.recorded(network_id, span, allowance, query.limit)

    def _named(self, network_id: str, idempotency_key: str, span: Span) -> Stretch[Activity]:
        activity_id = id_from_idempotency_key(network_id, idempotency_key)
        try:
            row = self.ledger.find_row(network_id, activity_id)
        except UnreadableRowError:
            return Stretch((), span.since, (activity_id,))
        is_there = isinstance(row, Activity) and span.contains(place_of(row))
        return Stretch((row,) if isinstance(row, Activity) and is_there else (), span.since)

    def _swept(
        self, network_id: str, query: ActivityQuery, recent: Span, older: Span, allowance: Allowance
    ) -> Iterator[Stretch[Activity]]:
        """What is settled has its outcome before that is written down, and what is pending may be
        under way: so those of which nobody has seen yet what became of them are looked through.
        """
        if not recent.is_empty:
            yield from self.lists.recorded(network_id, recent, allowance, query.limit)
        if older.is_empty or allowance.is_used_up:
            return
        if query.outcome == PENDING:
            stuck = self.progress.list_stuck(network_id)
            yield from self.lists.with_ids(network_id, stuck, older, allowance)
        elif query.outcome is not None:
            outcome = query.outcome
            yield from self.lists.with_outcome(network_id, outcome, older, allowance, query.limit)
