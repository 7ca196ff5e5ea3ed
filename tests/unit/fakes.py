"""The services' ports in memory, under the conditions that the tables have."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accrue.domain.activity import Activity, MembershipRef
from accrue.domain.balance import Balance, BalanceChange, Entry
from accrue.domain.catalog import ActivityType, ApiKey, Membership, Network, User
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import AlreadyPostedError, BalanceMovedError
from accrue.domain.ledger_row import LedgerRow, ReversalMarker
from accrue.domain.posting import Posting
from accrue.domain.program.program import ProgramVersion, version_in_force
from accrue.domain.recording import LedgerPage
from accrue.domain.settled_outcome import SettledOutcome

type Place = tuple[str, MembershipRef]


def at_once() -> None:
    """Nobody else's turn in between."""


@dataclass
class FakeBook:
    """Balances, postings and the rows that came with them. `pause` is called before a call has its
    effect and after it. `recorded` are the activities that can be reversed, as the ledger has them.
    """

    max_postings_per_write: int = 99
    pause: Callable[[], None] = at_once
    balances: dict[Place, Balance] = field(default_factory=dict)
    postings: dict[tuple[Place, str], Posting] = field(default_factory=dict)
    outcomes: dict[str, SettledOutcome] = field(default_factory=dict)
    writes: list[int] = field(default_factory=list)
    fitting: int = 99
    taken_together: int = 99
    rows: dict[tuple[str, str], Activity] = field(default_factory=dict)
    markers: dict[tuple[str, str], ReversalMarker] = field(default_factory=dict)
    recorded: dict[tuple[str, str], Activity] = field(default_factory=dict)

    def how_many_fit(self, entries: Sequence[Entry]) -> int:
        return min(len(entries), self.fitting)

    def seen_by(self, pause: Callable[[], None]) -> "FakeBook":
        """The same book, with other pauses."""
        return FakeBook(
            self.max_postings_per_write,
            pause,
            self.balances,
            self.postings,
            self.outcomes,
            self.writes,
            self.fitting,
            self.taken_together,
            self.rows,
            self.markers,
            self.recorded,
        )

    def find_balance(self, network_id: str, membership: MembershipRef) -> Balance:
        self.pause()
        found = self.balances.get((network_id, membership), Balance())
        self.pause()
        return found

    def find_balances(self, of: Sequence[Place]) -> list[Balance]:
        self.pause()
        found = [self.balances.get(place, Balance()) for place in of]
        self.pause()
        return found

    def post(self, entries: Sequence[Entry], expected_sequence: int) -> None:
        self.pause()
        assert 0 < len(entries) <= self.fitting
        self._write([BalanceChange(entries, expected_sequence)], {})
        self.pause()

    def post_together(
        self, changes: Sequence[BalanceChange], marker: ReversalMarker | None = None
    ) -> int:
        self.pause()
        taken = changes[: self.taken_together]
        self._write(taken, {(marker.network_id, marker.activity_id): marker} if marker else {})
        self.pause()
        return len(taken)

    def post_all(self, changes: Sequence[BalanceChange]) -> None:
        self.pause()
        self._write(changes, {})
        self.pause()

    def _write(
        self,
        changes: Sequence[BalanceChange],
        markers: Mapping[tuple[str, str], ReversalMarker],
    ) -> None:
        entries = [
            ((entry.posting.network_id, entry.posting.membership), entry)
            for change in changes
            for entry in change.entries
        ]
        posted = frozenset(
            entry.posting.activity_id
            for place, entry in entries
            if (place, entry.posting.activity_id) in self.postings
        )
        if posted:
            raise AlreadyPostedError(posted)
        rows = {(e.row.network_id, e.row.activity_id): e.row for _, e in entries if e.row}
        if rows.keys() & self.rows.keys() or markers.keys() & self.markers.keys():
            raise BalanceMovedError
        for change in changes:
            (place,) = {(e.posting.network_id, e.posting.membership) for e in change.entries}
            if self.balances.get(place, Balance()).sequence != change.expected_sequence:
                raise BalanceMovedError
        self.rows |= rows
        self.markers |= markers
        for place, entry in entries:
            self.postings[place, entry.posting.activity_id] = entry.posting
            self.balances[place] = entry.balance
        self.writes.extend(len(change.entries) for change in changes)

    def find_original(
        self, row: Activity, membership: MembershipRef
    ) -> tuple[Activity, Posting] | None:
        key = row.network_id, row.of or ""
        self.pause()
        original = self.recorded.get(key) or self.rows.get(key)
        posting = self.postings.get(((row.network_id, membership), row.of or ""))
        return (original, posting) if original and posting else None

    def keep_due_at(self, network_id: str, membership: MembershipRef, balance: Balance) -> None:
        self.pause()
        present = self.balances[network_id, membership]
        if present.sequence != balance.sequence:
            raise BalanceMovedError
        self.balances[network_id, membership] = balance
        self.pause()

    def find_postings(self, activity: Activity) -> Mapping[MembershipRef, Posting]:
        self.pause()
        found = {
            membership: self.postings.get(((activity.network_id, membership), activity.activity_id))
            for membership in concerned_memberships(activity)
        }
        return {membership: posting for membership, posting in found.items() if posting}

    def find_outcome(self, activity: Activity) -> SettledOutcome | None:
        return self.outcomes.get(activity.activity_id)

    def settle(self, outcome: SettledOutcome) -> bool:
        self.pause()
        kept = self.outcomes.setdefault(outcome.activity_id, outcome)
        self.pause()
        return kept is outcome

    def find_unapplied(self, activities: Sequence[Activity]) -> Sequence[Activity]:
        self.pause()
        unapplied = [activity for activity in activities if not self._is_applied(activity)]
        self.pause()
        return unapplied

    def _is_applied(self, activity: Activity) -> bool:
        if activity.settled_outcome is not None:
            return activity.activity_id in self.outcomes
        return all(
            ((activity.network_id, membership), activity.activity_id) in self.postings
            for membership in concerned_memberships(activity)
        )

    def chain(self, place: Place) -> list[Posting]:
        """A membership's postings in sequence."""
        found = [posting for (where, _), posting in self.postings.items() if where == place]
        return sorted(found, key=lambda posting: posting.sequence)


@dataclass
class FakeCatalog:
    """A catalog that knows programs and users' traits, the same in every network, and nothing else.

    `asked_about` are the users whose traits somebody wanted.
    """

    programs: Mapping[str, Sequence[ProgramVersion]]
    traits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asked_about: list[str] = field(default_factory=list)

    def program_version_at(
        self, network_id: str, program_id: str, moment: datetime
    ) -> ProgramVersion:
        assert network_id
        return version_in_force(self.programs[program_id], moment)

    def find_program_version(
        self, network_id: str, program_id: str, version: int
    ) -> ProgramVersion | None:
        assert network_id
        return next((v for v in self.programs[program_id] if v.version == version), None)

    def find_network(self, network_id: str) -> Network | None:
        raise NotImplementedError

    def find_activity_type(self, network_id: str, activity_type_id: str) -> ActivityType | None:
        raise NotImplementedError

    def list_activity_type_ids(self, network_id: str) -> Sequence[str]:
        raise NotImplementedError

    def find_user(self, network_id: str, pseudonym: str) -> User | None:
        raise NotImplementedError

    def find_traits(self, network_id: str, user_id: str) -> Mapping[str, str]:
        assert network_id
        self.asked_about.append(user_id)
        return self.traits.get(user_id, {})

    def find_membership(self, network_id: str, program_membership_id: str) -> Membership | None:
        raise NotImplementedError

    def find_membership_now(self, network_id: str, program_membership_id: str) -> Membership | None:
        return self.find_membership(network_id, program_membership_id)

    def find_api_key(self, network_id: str, key_id: str) -> ApiKey | None:
        raise NotImplementedError

    def list_network_ids(self) -> Sequence[str]:
        raise NotImplementedError


@dataclass
class FakeLedger:
    """A ledger that is read in pages of two, in the order of recording."""

    rows: Sequence[Activity]
    pause: Callable[[], None] = at_once

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None:
        self.pause()
        for row in self.rows:
            if (row.network_id, row.activity_id) == (network_id, activity_id):
                return row
        return None

    def find_rows(self, network_id: str, activity_ids: Sequence[str]) -> Mapping[str, LedgerRow]:
        rows = {each: self.find_row(network_id, each) for each in activity_ids}
        return {each: row for each, row in rows.items() if row}

    def pages_recorded_between(
        self, network_id: str, start: datetime, end: datetime
    ) -> Iterable[LedgerPage]:
        found = [
            r for r in self.rows if r.network_id == network_id and start <= r.recorded_at < end
        ]
        for first in range(0, len(found), 2):
            self.pause()
            yield LedgerPage(found[first : first + 2])


@dataclass
class FakeProgress:
    """Where a reconciler is."""

    pause: Callable[[], None] = at_once
    swept: dict[str, datetime] = field(default_factory=dict)
    stuck: set[tuple[str, str]] = field(default_factory=set)

    def swept_until(self, network_id: str) -> datetime | None:
        self.pause()
        return self.swept.get(network_id)

    def save_swept_until(self, network_id: str, moment: datetime) -> None:
        self.pause()
        self.swept[network_id] = max(moment, self.swept.get(network_id, moment))
        self.pause()

    def list_stuck(self, network_id: str) -> Sequence[str]:
        self.pause()
        return sorted(activity_id for network, activity_id in self.stuck if network == network_id)

    def add_stuck(self, network_id: str, activity_id: str) -> None:
        self.pause()
        self.stuck.add((network_id, activity_id))
        self.pause()

    def remove_stuck(self, network_id: str, activity_id: str) -> None:
        self.pause()
        self.stuck.discard((network_id, activity_id))
        self.pause()
