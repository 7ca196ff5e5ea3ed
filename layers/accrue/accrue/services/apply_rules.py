"""Apply activities: a posting for each membership concerned, written once, with its balance.

May be called with anything, any number of times, by several callers at once: the posting's key is
the marker, and the balance's sequence makes sure that what was decided was decided on what is
there. Several memberships share a transaction as long as nothing is in the way (see `sharing`);
then each has its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import batched, chain

from accrue.domain.activity import Activity, Kind, MembershipRef
from accrue.domain.balance import Balance, BalanceChange, Entry
from accrue.domain.concerned import concerned_memberships, participant_with
from accrue.domain.errors import AlreadyPostedError, BalanceMovedError
from accrue.domain.posting_lag import PostingLags
from accrue.domain.settled_outcome import SettledOutcome
from accrue.services.fold import Folder, Occasion, TraitsFinder
from accrue.services.ports import BalanceBook, CatalogReader
from accrue.services.sharing import Sharing

type Place = tuple[str, MembershipRef]

# In each round somebody's write succeeds, so this many others would have to keep coming first.
MAX_ROUNDS = 50
# Of a transaction that several memberships share, when nothing falls due. With 100, a batch takes a
# hundredth of its calls in Python less, and meets others' writes more often.
MAX_ITEMS_TOGETHER = 50
# Not all of a reconciler's page: each may be large, and the last ones would be read long before
# they are written.
MAX_BALANCES_AHEAD = 100


def in_order_of_deciding(row: Activity) -> tuple[datetime, bool, str]:
    """As rows come one after the other: what fell due by a moment before what was recorded then."""
    return row.decided_as_of, row.kind is not Kind.DUE, row.activity_id


@dataclass(frozen=True, slots=True)
class FailedActivity:
    """An activity that would not apply, and the unexpected exception. Nothing was posted for it
    there.
    """

    activity: Activity
    error: Exception


@dataclass(frozen=True, slots=True)
class Group:
    """What is to be applied to a membership, in order, each once."""

    network_id: str
    membership: MembershipRef
    activities: Sequence[Activity]

    @property
    def place(self) -> Place:
        """Whose balance it is about."""
        return self.network_id, self.membership


@dataclass(frozen=True, slots=True)
class RuleApplier:
    """Applies activities; `now` says what time it is. `lags` are of those that it has applied.

    `sharing` outlives it where the same memberships may come again.
    """

    catalog: CatalogReader
    book: BalanceBook
    now: Callable[[], datetime]
    lags: PostingLags = field(default_factory=PostingLags)
    sharing: Sharing = field(default_factory=Sharing)

    def apply(self, activities: Iterable[Activity]) -> list[FailedActivity]:
        """Apply them; what could not be applied is returned and keeps nothing else from being
        applied.
        """
        failures: list[FailedActivity] = []
        groups: dict[Place, dict[str, Activity]] = {}
        for activity in activities:
            if activity.settled_outcome is not None:
                failures.extend(self._settle(activity))
                continue
            try:
                if self._is_posted_already(activity):
                    continue
            except Exception as error:  # noqa: BLE001 - reported by the caller
                failures.append(FailedActivity(activity, error))
                continue
            for membership in concerned_memberships(activity):
                # By id: a batch may hold the same activity twice.
                group = groups.setdefault((activity.network_id, membership), {})
                group[activity.activity_id] = activity
        # A batch has no order across activities; this one at least does not depend on the batch.
        ordered = [
            Group(*place, sorted(group.values(), key=in_order_of_deciding))
            for place, group in groups.items()
        ]
        for some in batched(ordered, MAX_BALANCES_AHEAD, strict=False):
            failures.extend(self._apply_groups(some))
        self.lags.note_failed(failure.activity for failure in failures)
        return failures

    def _apply_groups(self, groups: Sequence[Group]) -> Iterator[FailedActivity]:
        balances = self._balances_ahead(groups)
        for together in in_transactions(groups):
            if balances:
                try:
                    yield from self._apply_together(together, balances)
                except Exception:  # noqa: BLE001 - whoever it is about meets it again alone
                    # What is in the way here may be in the way of the next as well.
                    self.sharing.note_refused()
                    balances = {}
                else:
                    continue
            for group in together:
                yield from self._apply_group(group)

    def _balances_ahead(self, groups: Sequence[Group]) -> Mapping[Place, Balance]:
        """The balances to start from, if there are several that may share and all can be read.

        One may have moved before it is written: then nothing of its transaction is.
        """
        if len(groups) == 1 or not self.sharing.may_share():
            return {}
        places = [group.place for group in groups]
        try:
            return dict(zip(places, self.book.find_balances(places), strict=True))
        except Exception:  # noqa: BLE001 - whoever it is about meets it again alone
            return {}

    def _apply_together(
        self, groups: Sequence[Group], balances: Mapping[Place, Balance]
    ) -> list[FailedActivity]:
        """Apply groups in one transaction, or raise with nothing applied, unless its answer was
        lost.
        """
        changes: list[BalanceChange] = []
        all_failures: list[FailedActivity] = []
        for group in groups:
            balance = balances[group.place]
            find_traits = self._traits_finder(group)
            decided, failures = self._fold(group.membership, group.activities, balance, find_traits)
            all_failures += failures
            if decided:
                changes.append(BalanceChange(decided, balance.sequence))
        if changes:
            self.book.post_all(changes)
            rows = chain.from_iterable(group.activities for group in groups)
            self._note_written(rows, chain.from_iterable(change.entries for change in changes))
        return all_failures

    def _note_written(self, rows: Iterable[Activity], entries: Iterable[Entry]) -> frozenset[str]:
        """Note the lags of those rows that have their entries now; the ids that these are of."""
        written = frozenset(entry.posting.activity_id for entry in entries)
        self.lags.note_written((row for row in rows if row.activity_id in written), self.now())
        return written

    def _settle(self, activity: Activity) -> Iterable[FailedActivity]:
        assert activity.settled_outcome is not None
        outcome = SettledOutcome(
            network_id=activity.network_id,
            activity_id=activity.activity_id,
            activity_hash=activity.content_hash,
            outcome=activity.settled_outcome,
            recorded_at=activity.recorded_at,
            settled_at=self.now(),
        )
        try:
            if self.book.settle(outcome):
                self.lags.note_written([activity], self.now())
        except Exception as error:  # noqa: BLE001 - reported by the caller
            yield FailedActivity(activity, error)

    def _is_posted_already(self, row: Activity) -> bool:
        """Rows of other kinds come with their postings, in one transaction.

        They are there unless balances were lost, or restored as of an earlier time: then these rows
        are applied again as activities are, and refused if what they spend is not there yet.
        """
        if row.kind is Kind.ACTIVITY:
            return False
        return self.book.find_postings(row).keys() == concerned_memberships(row).keys()

    def _apply_group(self, group: Group) -> Iterator[FailedActivity]:
        for chunk in batched(group.activities, self.book.max_postings_per_write, strict=False):
            try:
                yield from self._apply_chunk(group, chunk)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                yield from (FailedActivity(activity, error) for activity in chunk)

    def _apply_chunk(self, group: Group, chunk: Sequence[Activity]) -> list[FailedActivity]:
        posted: frozenset[str] = frozenset()
        find_traits = self._traits_finder(group)
        for _ in range(MAX_ROUNDS):
            remaining = [a for a in chunk if a.activity_id not in posted]
            balance = self.book.find_balance(group.network_id, group.membership)
            decided, failures = self._fold(group.membership, remaining, balance, find_traits)
            if not decided:
                return failures
            fitting = decided[: self.book.how_many_fit(decided)]
            try:
                self.book.post(fitting, balance.sequence)
            except AlreadyPostedError as race:
                posted |= race.activity_ids
            except BalanceMovedError:
                continue
            else:
                posted |= self._note_written(chunk, fitting)
                if len(fitting) == len(decided):
                    return failures
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _fold(
        self,
        membership: MembershipRef,
        activities: Iterable[Activity],
        balance: Balance,
        find_traits: TraitsFinder,
    ) -> tuple[list[Entry], list[FailedActivity]]:
        """What is to be posted for them, and what could not be decided."""
        decided: list[Entry] = []
        failures: list[FailedActivity] = []
        for activity in activities:
            try:
                entries = self._folder.fold(activity, membership, balance, find_traits)
            except Exception as error:  # noqa: BLE001 - reported by the caller
                failures.append(FailedActivity(activity, error))
            else:
                decided += entries
                balance = entries[-1].balance
        return decided, failures

    def bring_up(self, occasion: Occasion) -> int:
        """Post what fell due of a membership up to the occasion; how many rows that took.

        May be called any number of times, by several callers at once.
        """
        for _ in range(MAX_ROUNDS):
            balance = self.book.find_balance(occasion.network_id, occasion.membership)
            entries = self._folder.bring_up(occasion, balance)
            if not entries:
                self._keep_due_at(occasion, balance)
                return 0
            # Somebody else's write came first: perhaps it was this one.
            with suppress(AlreadyPostedError, BalanceMovedError):
                self.book.post(entries, balance.sequence)
                return len(entries)
        raise BalanceMovedError(f"{MAX_ROUNDS} times in a row")

    def _keep_due_at(self, occasion: Occasion, balance: Balance) -> None:
        """What was to fall due may not under a newer version, or came to nothing: it must not be
        found for ever.
        """
        if balance.due_at is None or balance.due_at > occasion.moment:
            return
        anew = self._folder.due_at_anew(occasion, balance)
        # Whoever moved it kept it too.
        with suppress(BalanceMovedError):
            self.book.keep_due_at(occasion.network_id, occasion.membership, anew)

    @property
    def _folder(self) -> Folder:
        # Asked for each time: what falls due is dated when it is written, however long a run takes.
        return Folder(self.catalog, self.now(), self.book)

    def _traits_finder(self, group: Group) -> TraitsFinder:
        """The traits of the membership's user as they are now: for one fold the same."""
        user_id = participant_with(group.activities[0], group.membership).user_id
        return cache(lambda: self.catalog.find_traits(group.network_id, user_id))


def in_transactions(groups: Iterable[Group]) -> Iterator[Sequence[Group]]:
    """The groups, as many at a time as share a transaction: one at least."""
    together: list[Group] = []
    items = 0
    for group in groups:
        needed = len(group.activities) + 1
        if together and items + needed > MAX_ITEMS_TOGETHER:
            yield together
            together, items = [], 0
        together.append(group)
        items += needed
    if together:
        yield together
