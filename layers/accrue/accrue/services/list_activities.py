"""List a network's activities, newest first, with what came of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.activity_query import PENDING, RESULT_OUTCOMES, SETTLED_OUTCOMES, ActivityQuery
from accrue.domain.concerned import concerned_memberships
from accrue.domain.ids import id_from_idempotency_key
from accrue.domain.ledger_pages import Allowance, ListCursor, Span, Stretch, position_of
from accrue.domain.posting import Posting
from accrue.domain.timestamps import to_text
from accrue.services.get_activity import ActivityView, MembershipResult
from accrue.services.ports import LedgerReader

# Where an outcome is looked for, the results of so many are read together, at least.
RESULTS_AT_ONCE = 25
# An answer of Lambda has at most 6 MB, and as text in JSON the body gets longer, at most twice.
MOST_ANSWER_BYTES = 2_900_000
# What the reconciler has seen, it has seen twice by then, whatever the index showed late.
SWEPT_TWICE_AFTER = timedelta(minutes=2)


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


class PostingsReader(Protocol):
    """Reads what came of many activities, consistently, by activity id and membership."""

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> Mapping[str, Mapping[MembershipRef, Posting]]: ...


class SweepReader(Protocol):
    """Up to when everything recorded in a network was seen to have its results."""

    def swept_until(self, network_id: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Some activities without explanations. `begun` says which times the list is about; `following`
    is None if there are no more. `unreadable` are ids of activities that had to be left out.
    """

    activities: tuple[ActivityView, ...]
    begun: ListCursor
    following: ListCursor | None
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityLister:
    """The ports that listing activities needs; `size_of` is how many bytes one takes in an answer,
    at most.
    """

    ledger: LedgerReader
    lists: LedgerLists
    book: PostingsReader
    progress: SweepReader
    size_of: Callable[[ActivityView], int]

    def list_activities(
        self, network_id: str, query: ActivityQuery, settled_until: datetime
    ) -> ActivityPage:
        """A page of the network's activities.

        Before `settled_until`, nothing is under way any more: so far a list goes that does not name
        its activities.
        """
        begun = query.begun_at(settled_until)
        span = query.span_of(begun)
        position = span.before
        found: list[ActivityView] = []
        unreadable: list[str] = []
        room = MOST_ANSWER_BYTES
        for stretch in self._stretches(network_id, query, span):
            unreadable += stretch.unreadable
            for view in self._views(filter(query.matches, stretch.things), query, found):
                room -= self.size_of(view)
                if found and room < 0:
                    return _cut(begun, found, unreadable)
                found.append(view)
                if len(found) == query.limit:
                    return _cut(begun, found, unreadable)
            position = stretch.down_to
        is_over = position <= span.since or query.idempotency_key is not None
        following = None if is_over else replace(begun, position=position)
        return ActivityPage(tuple(found), begun, following, tuple(unreadable))

    def _stretches(
        self, network_id: str, query: ActivityQuery, span: Span
    ) -> Iterator[Stretch[Activity]]:
        allowance = Allowance()
        if query.idempotency_key is not None:
            return iter([self._named(network_id, query.idempotency_key, span)])
        if query.reference_id is not None:
            reference_id = query.reference_id
            return self.lists.referenced(network_id, reference_id, span, allowance, query.limit)
        if query.outcome in RESULT_OUTCOMES:
            return self.lists.with_outcome(network_id, query.outcome, span, allowance, query.limit)
        if query.outcome in SETTLED_OUTCOMES:
            return self._settled(network_id, query.outcome, span, allowance, query.limit)
        return self.lists.recorded(network_id, span, allowance, query.limit)

    def _named(self, network_id: str, idempotency_key: str, span: Span) -> Stretch[Activity]:
        row = self.ledger.find_row(network_id, id_from_idempotency_key(network_id, idempotency_key))
        is_there = isinstance(row, Activity) and span.contains(_place(row))
        return Stretch((row,) if isinstance(row, Activity) and is_there else (), span.since)

    def _settled(
        self, network_id: str, outcome: str, span: Span, allowance: Allowance, wanted: int
    ) -> Iterator[Stretch[Activity]]:
        """Such activities have their outcome before it is written down: so those of which nobody
        has seen yet that it is are looked through.
        """
        swept_until = self.progress.swept_until(network_id)
        swept = to_text(swept_until - SWEPT_TWICE_AFTER) if swept_until else span.since
        recent = Span(max(span.since, swept), span.before)
        older = Span(span.since, min(span.before, swept))
        if not recent.is_empty:
            yield from self.lists.recorded(network_id, recent, allowance, wanted)
        if not older.is_empty:
            yield from self.lists.with_outcome(network_id, outcome, older, allowance, wanted)

    def _views(
        self, activities: Iterator[Activity], query: ActivityQuery, found: Sequence[ActivityView]
    ) -> Iterator[ActivityView]:
        while True:
            room = query.limit - len(found)
            at_once = room if query.outcome is None else max(room, RESULTS_AT_ONCE)
            some = list(islice(activities, at_once))
            if not some:
                return
            for view in self._with_results(some):
                if query.outcome in (None, view.outcome or PENDING):
                    yield view

    def _with_results(self, activities: Sequence[Activity]) -> Iterable[ActivityView]:
        postings = self.book.find_postings_of(activities)
        for activity in activities:
            yield ActivityView(activity, _results(activity, postings), None)


def _results(
    activity: Activity, postings: Mapping[str, Mapping[MembershipRef, Posting]]
) -> tuple[MembershipResult, ...]:
    if activity.settled_outcome is not None:
        return ()
    of_activity = postings.get(activity.activity_id, {})
    return tuple(
        MembershipResult(membership, roles, of_activity.get(membership), ())
        for membership, roles in concerned_memberships(activity).items()
    )


def _cut(
    begun: ListCursor, found: Sequence[ActivityView], unreadable: Sequence[str]
) -> ActivityPage:
    following = replace(begun, position=_place(found[-1].activity))
    return ActivityPage(tuple(found), begun, following, tuple(unreadable))


def _place(activity: Activity) -> str:
    return position_of(to_text(activity.recorded_at), activity.activity_id)
