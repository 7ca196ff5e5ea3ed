"""Which of a network's activities are asked for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accrue.domain.activity import Activity, Kind, Outcome
from accrue.domain.canonical import canonical_json
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.ledger_pages import LISTED_FOR, NOTHING_BEFORE, ListCursor, Span, position_of
from accrue.domain.pages import PageRequest
from accrue.domain.query_fields import time_of, unknown_parameters
from accrue.domain.timestamps import to_text

PENDING = "pending"
# Markers only hold a place for another row.
LISTED_KINDS = tuple(
    kind for kind in Kind if kind not in (Kind.REFERENCE_MARKER, Kind.REVERSAL_MARKER)
)
OUTCOMES = (*(outcome.value for outcome in Outcome), PENDING)
_TEXTS = ("activity_type_id", "user_id", "reference_id", "idempotency_key")
_TIMES = ("recorded_since", "recorded_until", "occurred_since", "occurred_until")
PARAMETERS = (*_TEXTS, "outcome", "kind", *_TIMES, "limit", "cursor")
# Those that a row has from the beginning.
SETTLED_OUTCOMES: tuple[str, ...] = (
    *(Outcome.UNDEFINED_TYPE, Outcome.HELD),
    *(Outcome.NOBODY_ENROLLED, Outcome.DUPLICATE),
)
# Those that come with postings that are few: most are applied.
RESULT_OUTCOMES: tuple[str, ...] = (Outcome.NO_RULE, Outcome.REJECTED)
_OF_PAGES = ("limit", "cursor")
_OTHER_FILTERS = "is of another list: send the parameters with which the list began, or no cursor"
# Enough to tell one client's lists from each other.
_FILTERS_CHARS = 16
# Sorts behind all times.
_LAST = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery:
    """At most `limit` activities with all of these properties; None is any. Since is inclusive,
    until is exclusive. `outcome` is of the whole, `pending` included. `filters` stands for all that
    was asked for, which must be the same on each page.
    """

    limit: int
    cursor: ListCursor | None = None
    activity_type_id: str | None = None
    user_id: str | None = None
    reference_id: str | None = None
    idempotency_key: str | None = None
    outcome: str | None = None
    kind: Kind | None = None
    recorded_since: datetime | None = None
    recorded_until: datetime | None = None
    occurred_since: datetime | None = None
    occurred_until: datetime | None = None
    filters: str = ""

    @classmethod
    def parse(
        cls, query: Mapping[str, str], page: PageRequest, page_faults: tuple[Fault, ...] = ()
    ) -> "ActivityQuery":
        """As a query string has it, of which somebody else has read the page.

        Raises InvalidRequestError with every fault, those of the page included.
        """
        faults = [*unknown_parameters(query, PARAMETERS), *_empty_texts(query)]
        faults += _unknown_value(query, "outcome", OUTCOMES)
        faults += _unknown_value(query, "kind", LISTED_KINDS)
        times = {name: time_of(query, name, faults) for name in _TIMES}
        faults += _reversed_times(times, "recorded") + _reversed_times(times, "occurred")
        faults += page_faults
        cursor = None
        try:
            cursor = None if page.after is None else ListCursor.from_text(page.after)
        except InvalidRequestError as refusal:
            faults += refusal.faults
        filters = filters_hash(query)
        if cursor is not None and cursor.filters != filters:
            faults.append(Fault("query:cursor", _OTHER_FILTERS))
        if faults:
            raise InvalidRequestError.of(*faults)
        return cls(
            limit=page.limit,
            filters=filters,
            cursor=cursor,
            activity_type_id=query.get("activity_type_id"),
            user_id=query.get("user_id"),
            reference_id=query.get("reference_id"),
            idempotency_key=query.get("idempotency_key"),
            outcome=query.get("outcome"),
            kind=Kind(query["kind"]) if "kind" in query else None,
            recorded_since=times["recorded_since"],
            recorded_until=times["recorded_until"],
            occurred_since=times["occurred_since"],
            occurred_until=times["occurred_until"],
        )

    @property
    def is_by_name(self) -> bool:
        """Whether the partner's own word for the activity is given: then it is found at once, and
        however old it is.
        """
        return self.idempotency_key is not None or self.reference_id is not None

    def begun_at(self, settled_until: datetime) -> "ListCursor":
        """What the page is about: as the first one was, or, of the first page, as of now.

        Nothing recorded before `settled_until` is under way any more.
        """
        if self.is_by_name:
            until = self.recorded_until
            position = to_text(until) if until else _LAST
            begun = ListCursor(position, self.recorded_since, until, self.filters)
            return self.cursor or begun
        if self.cursor is not None:
            # A made-up one may be from the end of all times.
            position = min(self.cursor.position, to_text(settled_until))
            return replace(self.cursor, position=position)
        until = min(self.recorded_until or settled_until, settled_until)
        # Who asks from a time on that a list does not reach yet goes on from there, not before.
        until = max(until, self.recorded_since or until)
        since = max(self.recorded_since or _before(until, LISTED_FOR), NOTHING_BEFORE)
        return ListCursor(to_text(until), min(since, until), until, self.filters)

    def span_of(self, begun: "ListCursor") -> Span:
        """What is left of the list at the cursor."""
        return Span(to_text(begun.since or NOTHING_BEFORE), begun.position)

    def matches(self, activity: Activity) -> bool:
        """Whether the row has all the properties, as far as it tells itself: the outcome that it
        may have, and nothing of when it was recorded.
        """
        return (
            self._may_have_outcome(activity)
            and _is(self.activity_type_id, activity.activity_type_id)
            and _is(self.reference_id, activity.reference_id)
            and _is(self.kind, activity.kind)
            and self._has_participant(activity)
            and (self.occurred_since is None or self.occurred_since <= activity.occurred_at)
            and (self.occurred_until is None or activity.occurred_at < self.occurred_until)
        )

    def _may_have_outcome(self, activity: Activity) -> bool:
        if self.outcome in SETTLED_OUTCOMES:
            return activity.settled_outcome == self.outcome
        return self.outcome is None or activity.settled_outcome is None

    def _has_participant(self, activity: Activity) -> bool:
        return self.user_id is None or any(
            each.user_id == self.user_id for each in activity.participants
        )


def place_of(activity: Activity) -> str:
    """The position below it."""
    return position_of(to_text(activity.recorded_at), activity.activity_id)


def filters_hash(query: Mapping[str, str]) -> str:
    """Stands for all parameters of a query string that say which list it is."""
    filters = {name: value for name, value in query.items() if name not in _OF_PAGES}
    return hashlib.sha256(canonical_json(filters).encode()).hexdigest()[:_FILTERS_CHARS]


def _is(wanted: str | None, value: str | None) -> bool:
    return wanted is None or wanted == value


def _before(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment - length
    except OverflowError:
        return NOTHING_BEFORE


def _empty_texts(query: Mapping[str, str]) -> list[Fault]:
    remedy = "is empty: send what is looked for, or leave the parameter out"
    return [Fault(f"query:{name}", remedy) for name in _TEXTS if query.get(name) == ""]


def _unknown_value(query: Mapping[str, str], name: str, known: tuple[str, ...]) -> list[Fault]:
    if name not in query or query[name] in known:
        return []
    return [Fault(f"query:{name}", f"is no {name}: send one of {', '.join(known)}")]


def _reversed_times(times: Mapping[str, datetime | None], what: str) -> list[Fault]:
    since, until = times[f"{what}_since"], times[f"{what}_until"]
    if since is None or until is None or since < until:
        return []
    remedy = f"is not after {what}_since: nothing is from then until then"
    return [Fault(f"query:{what}_until", remedy)]
