"""List a network's activities, newest first, with what came of them."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.activity_query import PENDING, ActivityQuery, place_of
from accrue.domain.concerned import concerned_memberships
from accrue.domain.ledger_pages import Allowance, ListCursor
from accrue.domain.pages import MOST_ANSWER_BYTES
from accrue.domain.posting import Posting
from accrue.services.find_activities import ActivityFinder
from accrue.services.get_activity import ActivityView, MembershipResult

# Where an outcome is looked for, the results of so many are read together, at least.
ACTIVITIES_AT_ONCE = 25
# Results that are read together, and may be large; of one activity they all are.
RESULTS_AT_ONCE = 100


class PostingsReader(Protocol):
    """Reads what came of many activities, consistently, by activity id and membership; and says of
    which ids something could not be read.
    """

    def find_postings_of(
        self, activities: Sequence[Activity]
    ) -> tuple[Mapping[str, Mapping[MembershipRef, Posting]], Collection[str]]: ...


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
class _Step:
    """Down to where a page has looked by now, and what it came across there."""

    position: str
    view: ActivityView | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityLister:
    """The ports that listing activities needs; `size_of` is how many bytes one takes in an answer,
    at most.
    """

    finder: ActivityFinder
    book: PostingsReader
    size_of: Callable[[ActivityView], int]

    def list_activities(
        self, network_id: str, query: ActivityQuery, settled_until: datetime
    ) -> ActivityPage:
        """A page of the network's activities.

        Before `settled_until`, nothing is under way any more: so far a list goes that does not name
        its activities.
        """
        begun = self.finder.begun(network_id, query, settled_until)
        span = query.span_of(begun)
        position = span.before
        found: list[ActivityView] = []
        unreadable: dict[str, None] = {}
        room = MOST_ANSWER_BYTES
        for step in self._steps(network_id, query, begun, found):
            if step.view is not None:
                room -= self.size_of(step.view)
                if found and room < 0:
                    break
                found.append(step.view)
            unreadable |= dict.fromkeys(step.unreadable)
            position = step.position
            if len(found) == query.limit:
                break
        is_over = position <= span.since or query.idempotency_key is not None
        following = None if is_over else replace(begun, position=position)
        return ActivityPage(tuple(found), begun, following, tuple(unreadable))

    def _steps(
        self,
        network_id: str,
        query: ActivityQuery,
        begun: ListCursor,
        found: Sequence[ActivityView],
    ) -> Iterator[_Step]:
        """What the page looks at, one after the other, until it has looked at enough."""
        allowance = Allowance()
        position = query.span_of(begun).before
        for stretch in self.finder.stretches(network_id, query, begun, allowance):
            yield _Step(position, unreadable=stretch.unreadable)
            things = deque(filter(query.matches, stretch.things))
            while things:
                some = list(_taken_together(things, query, query.limit - len(found)))
                yield from self._with_results(some, query, allowance)
                if things and allowance.is_used_up_by_rows:
                    return
            position = stretch.down_to
            yield _Step(position)

    def _with_results(
        self, activities: Sequence[Activity], query: ActivityQuery, allowance: Allowance
    ) -> Iterator[_Step]:
        allowance.rows -= sum(map(_result_count, activities))
        postings, unreadable = self.book.find_postings_of(activities)
        for activity in activities:
            place = place_of(activity)
            if activity.activity_id in unreadable:
                yield _Step(place, unreadable=(activity.activity_id,))
                continue
            view = ActivityView(activity, _results(activity, postings), None)
            is_wanted = query.outcome in (None, view.outcome or PENDING)
            yield _Step(place, view if is_wanted else None)


def _taken_together(things: deque[Activity], query: ActivityQuery, room: int) -> Iterator[Activity]:
    """Takes those from the things whose results are read next: one at least."""
    most = room if query.outcome is None else max(room, ACTIVITIES_AT_ONCE)
    results = 0
    while things and most > 0 and results < RESULTS_AT_ONCE:
        results += _result_count(things[0])
        most -= 1
        yield things.popleft()


def _result_count(activity: Activity) -> int:
    return 0 if activity.settled_outcome else len(concerned_memberships(activity))


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
