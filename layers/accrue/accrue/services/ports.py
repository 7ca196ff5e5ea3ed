"""What the services need from outside, as protocols; `storage` and `runtime` implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

# Only types: whoever needs one port must not wait for what all the others speak of.
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from accrue.domain.activity import Activity, MembershipRef
    from accrue.domain.balance import Balance, BalanceChange, Entry
    from accrue.domain.catalog import ActivityType, ApiKey, Membership, Network, User
    from accrue.domain.event_log import EventPage
    from accrue.domain.event_types import EventType
    from accrue.domain.follow_up_events import FailedEvent, FollowUpEvent
    from accrue.domain.ledger_row import LedgerRow, ReversalMarker
    from accrue.domain.movement import Movement
    from accrue.domain.pages import Page, PageRequest
    from accrue.domain.posting import Posting
    from accrue.domain.program.program import ProgramVersion
    from accrue.domain.recording import Attempt, LedgerPage, Recording, Unrecorded
    from accrue.domain.settled_outcome import SettledOutcome


class VersionReader(Protocol):
    """Versions of programs; `program_version_at` raises NoVersionInForceError."""

    def program_version_at(
        self, network_id: str, program_id: str, moment: datetime
    ) -> ProgramVersion: ...
    def find_program_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None: ...


class ActivityCatalog(Protocol):
    """What recording an activity asks of the catalog."""

    def find_network(self, network_id: str) -> Network | None: ...
    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None: ...
    def list_activity_type_ids(self, network_id: str) -> Sequence[str]: ...
    def find_user(self, network_id: str, pseudonym: str) -> User | None: ...
    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None: ...


class ApiKeyReader(Protocol):
    """Reads API keys."""

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None: ...


class CatalogReader(ActivityCatalog, ApiKeyReader, VersionReader, Protocol):
    """What a network defines, as the functions see it. A miss is always looked up afresh, and
    `find_membership_now` always is.
    """

    def find_traits(self, network_id: str, user_id: str) -> Mapping[str, str]: ...
    def find_membership_now(
        self, network_id: str, program_membership_id: str
    ) -> Membership | None: ...
    def list_network_ids(self) -> Sequence[str]: ...


class NetworkClock(Protocol):
    """What time it is for a network: real time, but for sandboxes, whose clock is asked each time.

    `settled_until` is up to when, by that clock, nothing is under way any more that began before a
    moment of real time. What is about delivery (logs, webhooks, expiry of items) goes by real time.
    """

    def now(self, network_id: str) -> datetime: ...
    def settled_until(self, network_id: str, real: datetime) -> datetime: ...


class LedgerReader(Protocol):
    """Reads ledger rows, consistently; `find_rows` gives those that there are, by id."""

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None: ...
    def find_rows(
        self, network_id: str, activity_ids: Sequence[str]
    ) -> Mapping[str, LedgerRow]: ...


class Recorder(Protocol):
    """Writes a row once and for ever.

    Raises IdempotencyKeyReusedError when the id stands for another payload.
    """

    def record(self, attempt: Attempt) -> Recording: ...


class ManyInserter(Protocol):
    """Writes the rows of attempts, or gives what is there already, up to `max_attempts_per_write`
    at a time, no two of which have an id in common, markers included. Whatever comes of one spoils
    no other.
    """

    @property
    def max_attempts_per_write(self) -> int: ...
    def insert_all(self, attempts: Sequence[Attempt]) -> Sequence[Recording | Unrecorded]: ...


class BalanceReader(Protocol):
    """Reads balances, consistently."""

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance: ...


class ResultReader(Protocol):
    """Reads what came of an activity, consistently: what is missing is not there yet."""

    def find_postings(self, activity: Activity) -> Mapping[MembershipRef, Posting]: ...
    def find_outcome(self, activity: Activity) -> SettledOutcome | None: ...


class OriginalReader(Protocol):
    """Reads what a reversal undoes for a membership, consistently; None if it is not posted."""

    def find_original(
        self, row: Activity, membership: MembershipRef
    ) -> tuple[Activity, Posting] | None: ...


class BalanceBook(BalanceReader, ResultReader, OriginalReader, Protocol):
    """Reads and writes balances and postings.

    `find_balances` gives those of memberships, each with its network, in their order.
    `post` writes all postings, their rows, and the last balance in one transaction, if the balance
    is still at `expected_sequence` and none of the postings and rows exists; raises
    AlreadyPostedError or BalanceMovedError. `how_many_fit` says how many of the first ones it
    takes, one at least. `post_together` does the same for several memberships, with a marker if
    there is one: as many of the first ones as a transaction takes; it gives how many those were.
    `post_all` does it with all of them or raises, and tries nothing again.
    `keep_due_at` writes the
    balance's `due_at` alone, if it is still at its sequence; raises BalanceMovedError. `settle`
    says whether the outcome was not there yet.
    """

    max_postings_per_write: int

    def find_balances(self, of: Sequence[tuple[str, MembershipRef]]) -> Sequence[Balance]: ...
    def how_many_fit(self, entries: Sequence[Entry]) -> int: ...
    def post(self, entries: Sequence[Entry], expected_sequence: int) -> None: ...
    def post_together(
        self, changes: Sequence[BalanceChange], marker: ReversalMarker | None = None
    ) -> int: ...
    def post_all(self, changes: Sequence[BalanceChange]) -> None: ...
    def keep_due_at(self, network_id: str, membership: MembershipRef, balance: Balance) -> None: ...
    def settle(self, outcome: SettledOutcome) -> bool: ...
    def find_unapplied(self, activities: Sequence[Activity]) -> Sequence[Activity]: ...


class ReconcileProgress(Protocol):
    """Where the reconciler is: up to when a network is swept, and which rows would not apply.

    `save_swept_until` goes forward only: what is further already stays.
    """

    def swept_until(self, network_id: str) -> datetime | None: ...
    def save_swept_until(self, network_id: str, moment: datetime) -> None: ...
    def list_stuck(self, network_id: str) -> Sequence[str]: ...
    def add_stuck(self, network_id: str, activity_id: str) -> None: ...
    def remove_stuck(self, network_id: str, activity_id: str) -> None: ...


class HistoryReader(BalanceReader, Protocol):
    """Reads a membership's postings by when they were recorded, consistently.

    `movements_since` gives those of a megabyte of postings at a time, at most.
    `list_recorded_between` is with `start` and without `end`.
    """

    def movements_since(
        self, network_id: str, membership: MembershipRef, since: datetime
    ) -> Iterable[Sequence[Movement]]: ...
    def find_posting(
        self, network_id: str, membership: MembershipRef, of: Activity | Movement
    ) -> Posting | None: ...
    def list_newest_first(
        self, network_id: str, membership: MembershipRef, page: PageRequest
    ) -> Page[Posting]: ...
    def list_recorded_between(
        self,
        network_id: str,
        membership: MembershipRef,
        start: datetime,
        end: datetime,
        page: PageRequest,
    ) -> Page[Posting]: ...


class LedgerSweep(LedgerReader, Protocol):
    """Reads a network's activities in pages, by when they were recorded."""

    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterable[LedgerPage]: ...


class EventLog(Protocol):
    """Keeps a network's events, in the order of publication. Gives those that were not appended."""

    def append(self, events: Sequence[FollowUpEvent]) -> Sequence[FailedEvent]: ...


class EventLogReader(Protocol):
    """Reads a network's events behind a position, published before `until`, consistently."""

    def read(
        self,
        network_id: str,
        after: str,
        until: datetime,
        limit: int,
        event_type: EventType | None = None,
    ) -> EventPage: ...


class DeliveryPlanner(Protocol):
    """Plans what of the events is delivered to whom; idempotent by event id. Raises on failure."""

    def plan(self, events: Sequence[FollowUpEvent]) -> None: ...


class EventBus(Protocol):
    """Hands events to whoever listens. Gives those that it did not take."""

    def put(self, events: Sequence[FollowUpEvent]) -> Sequence[FailedEvent]: ...
